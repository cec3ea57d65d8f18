// Whether the tokens are as the audit trail tells.

extension TokenStore {
  /// What the trail tells of the tokens that is not so, or what of them it does not tell; nil if there is nothing. Pages
  /// that each are whole may be of two moments, in a database that was copied while it was written, or has another's log: a
  /// token that was revoked may be valid there. It takes as long as there are events and tokens.
  ///
  /// Tenants, grants and scopes are not looked at, nor what a token was made with.
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
    for (query, finding) in [
      (Self.unshown, "is not as its audit trail tells"), (Self.untold, "is as nothing in its audit trail tells"),
    ] {
      let row = try database.statement(query)
      defer { row.reset() }
      if try row.step() { return "token \(row.text(0)) \(finding): \(row.text(1))" }
    }
    return nil
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
        WHEN 'token.rotate' THEN EXISTS (SELECT * FROM tokens AS next WHERE next.id = tokens.successor)
        WHEN 'token.disable' THEN tokens.state IN (2, 3) OR \(isOutdated)
        WHEN 'token.enable' THEN tokens.state IN (1, 3) OR \(isOutdated)
        ELSE TRUE
      END, FALSE)
    LIMIT 1
    """

  private static let isOutdated = """
    EXISTS (
      SELECT * FROM audit AS later WHERE later.target = event.target AND later.revision > event.revision
        AND later.action IN ('token.disable', 'token.enable'))
    """

  /// The first token that shows what no event has done.
  private static let untold = """
    SELECT id, CASE WHEN state = 3 THEN 'revoked' WHEN state = 2 THEN 'disabled' ELSE 'rotated' END FROM tokens
    WHERE state = 3 AND NOT EXISTS (SELECT * FROM audit WHERE target = id AND action = 'token.revoke')
      OR state = 2 AND NOT EXISTS (SELECT * FROM audit WHERE target = id AND action = 'token.disable')
      OR successor IS NOT NULL AND NOT EXISTS (SELECT * FROM audit WHERE target = id AND action = 'token.rotate')
    LIMIT 1
    """
}
