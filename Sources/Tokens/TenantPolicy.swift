// What a tenant allows of its tokens.

/// Bounds on the tokens that are made in a tenant; those that are there already are left as they are.
package struct TenantPolicy: Sendable, Equatable {
  /// The longest that a token may live, in seconds; nil for no bound.
  package let maxLifetime: Int64?
  /// How long a token lives if its maker does not say, in seconds; nil for as long as may be.
  package let defaultLifetime: Int64?
  /// The most live tokens; nil for no bound.
  package let maxTokens: Int?

  package static let none = TenantPolicy(stored: nil, nil, nil)

  /// Reads the fields of a request; 0 for none.
  package init(maxLifetime: Int64, defaultLifetime: Int64, maxTokens: UInt32) throws(Refusal) {
    for (field, seconds) in [("max_lifetime", maxLifetime), ("default_lifetime", defaultLifetime)] {
      guard (0...Instant.last.seconds).contains(seconds) else {
        throw Refusal(.invalid, "BAD_LIFETIME", field, "\(field) is \(seconds): give seconds, or 0 for none")
      }
    }
    guard maxLifetime == 0 || defaultLifetime <= maxLifetime else {
      throw Refusal(
        .invalid, "DEFAULT_BEYOND_MAX", "default_lifetime",
        "default_lifetime is \(formatDuration(defaultLifetime)) and max_lifetime \(formatDuration(maxLifetime)): "
          + "choose a default within the bound")
    }
    self.init(
      stored: maxLifetime == 0 ? nil : maxLifetime, defaultLifetime == 0 ? nil : defaultLifetime,
      maxTokens == 0 ? nil : Int(maxTokens))
  }

  /// Takes what was checked when it was stored.
  package init(stored maxLifetime: Int64?, _ defaultLifetime: Int64?, _ maxTokens: Int?) {
    self.maxLifetime = maxLifetime
    self.defaultLifetime = defaultLifetime
    self.maxTokens = maxTokens
  }

  /// When a token that is made now expires.
  /// - Throws: a refusal if that is longer than is allowed.
  package func expiry(_ wanted: TokenDraft.Expiry, at now: Instant) throws(Refusal) -> Instant {
    let last = maxLifetime.map(now.advanced)
    switch wanted {
    case .unspecified:
      guard let lifetime = defaultLifetime ?? maxLifetime else { return .never }
      return now.advanced(by: lifetime)
    case .never:
      guard last == nil else { throw beyond("never", last) }
      return .never
    case .at(let expiry):
      guard now < expiry else {
        throw Refusal(.invalid, "EXPIRY_IN_PAST", "expires_at", "expires_at has passed: choose a moment to come")
      }
      if let last, last < expiry { throw beyond(formatInstant(expiry.seconds), last) }
      return expiry
    }
  }

  /// When a token expires that takes the place of one that expires at `inherited`: as that one, if it is allowed now.
  package func expiry(inherited: Instant, at now: Instant) -> Instant {
    maxLifetime.map { min(inherited, now.advanced(by: $0)) } ?? inherited
  }

  private func beyond(_ wanted: String, _ last: Instant?) -> Refusal {
    Refusal(
      .invalid, "EXPIRY_BEYOND_POLICY", "expires_at",
      "expires_at is \(wanted), and the tenant's policy lets a token live \(formatDuration(maxLifetime ?? 0)): "
        + "choose a moment up to \(formatInstant(last?.seconds ?? 0)), or leave it out")
  }
}
