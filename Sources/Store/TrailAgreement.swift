// Whether the tokens are as the audit trail tells.

extension TokenStore {
  /// What the trail tells of the tokens that is not so; nil if there is nothing. Pages that each are whole may be of two
  /// moments, in a database that was copied while it was written, or has another's log: a token that was revoked may be
  /// valid there. It takes as long as there are events.
  ///
  /// Tenants, grants and scopes are not looked at.
  package func disagreementWithTrail() throws(SQLiteError) -> String? {
    let (tokens, made) = (try count("tokens"), try count("audit WHERE action IN (\(Self.making))"))
    guard tokens == made else { return "it has \(tokens) tokens, and its audit trail tells of \(made) that were made" }
    let (revoked, told) = (try count("tokens WHERE state = 3"), try count("audit WHERE action = 'token.revoke'"))
    guard revoked == told else {
      return "\(revoked) of its tokens are revoked, and its audit trail tells of \(told)"
    }
    let row = try database.statement(Self.untrue)
    defer { row.reset() }
    return try row.step() ? "its token \(row.text(0)) is not as \(row.text(1)) of its audit trail has left it" : nil
  }

  private static let making = "'token.create', 'token.import', 'token.rotate'"

  /// The first event about the life of a token that the token does not show. None that is revoked is ever anything else
  /// again; of the others' states the last event counts.
  private static let untrue = """
    SELECT event.target, event.action FROM audit AS event LEFT JOIN tokens ON tokens.id = event.target
    WHERE event.action IN ('token.revoke', 'token.rotate', 'token.disable', 'token.enable')
      AND NOT coalesce(
        CASE event.action
          WHEN 'token.revoke' THEN tokens.state = 3
          WHEN 'token.rotate' THEN tokens.successor IS NOT NULL
          ELSE tokens.state IN (3, iif(event.action = 'token.disable', 2, 1))
            OR EXISTS (
              SELECT * FROM audit AS later
              WHERE later.target = event.target AND later.revision > event.revision
                AND later.action IN ('token.disable', 'token.enable'))
        END, FALSE)
    LIMIT 1
    """

  private func count(_ rows: String) throws(SQLiteError) -> Int {
    let row = try database.statement("SELECT count(*) FROM \(rows)")
    defer { row.reset() }
    return try row.step() ? Int(row.integer(0)) : 0
  }
}
