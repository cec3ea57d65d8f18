// Whether the tokens are as the audit trail tells.

extension TokenStore {
  /// What the trail tells of the tokens that is not so; nil if there is nothing. Pages that each are whole may be of two
  /// moments, in a database that was copied while it was written, or has another's log: a token that was revoked may be
  /// valid there. It takes as long as there are events and tokens.
  ///
  /// That a token is revoked and the trail does not tell takes nothing from anybody's safety: it is let pass. Tenants,
  /// grants and scopes are not looked at, nor what a token was made with.
  package func disagreementWithTrail() throws(SQLiteError) -> String? {
    let counts = try database.statement(
      """
      SELECT count(*), (SELECT count(*) FROM audit WHERE action IN ('token.create', 'token.import', 'token.rotate'))
      FROM tokens
      """)
    defer { counts.reset() }
    if try counts.step(), counts.integer(0) != counts.integer(1) {
      return "it has \(counts.integer(0)) tokens, and its audit trail tells of \(counts.integer(1)) that were made"
    }
    let row = try database.statement(Self.unshown)
    defer { row.reset() }
    guard try row.step() else { return nil }
    let (token, action) = (row.text(0), row.text(1))
    let isRepeatable = ["token.revoke", "token.disable", "token.enable"].contains(action)
    return "token \(token) is not as its audit trail tells: \(action)\(isRepeatable ? ", which may be done again" : "")"
  }

  /// The first event about the life of a token that the token does not show. None that is revoked is ever anything else
  /// again; of the others' states the last event counts.
  private static let unshown = """
    SELECT event.target, event.action FROM audit AS event LEFT JOIN tokens ON tokens.id = event.target
    WHERE NOT coalesce(
      CASE event.action
        WHEN 'token.create' THEN tokens.id IS NOT NULL
        WHEN 'token.import' THEN tokens.id IS NOT NULL
        WHEN 'token.revoke' THEN tokens.state = 3
        WHEN 'token.rotate' THEN instr(event.detail, ' -> ' || tokens.successor || ' grace ') > 0
          AND EXISTS (SELECT * FROM tokens AS next WHERE next.id = tokens.successor) OR \(isOutdated("'token.rotate'"))
        WHEN 'token.disable' THEN tokens.state IN (2, 3) OR \(isOutdated("'token.disable', 'token.enable'"))
        WHEN 'token.enable' THEN tokens.state IN (1, 3) OR \(isOutdated("'token.disable', 'token.enable'"))
        ELSE TRUE
      END, FALSE)
    LIMIT 1
    """

  /// Whether one of these was done to the token later.
  private static func isOutdated(_ actions: String) -> String {
    """
    EXISTS (
      SELECT * FROM audit AS later WHERE later.target = event.target AND later.revision > event.revision
        AND later.action IN (\(actions)))
    """
  }
}
