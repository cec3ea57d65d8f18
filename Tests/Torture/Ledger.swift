// What the daemon has said of each token, and what it has not.

/// The oracle: of every change it knows whether it was acknowledged, refused, sent without an answer, or never sent.
struct Ledger: Sendable {
  /// What became of a token that was asked for.
  enum Creation: Equatable, Sendable {
    /// It was asked for, and no answer came: it may be there.
    case perhaps
    case made(id: String, secret: String)
    /// The daemon said that it made none.
    case refused
  }

  /// What became of the call to revoke it.
  enum Revocation: Sendable { case never, perhaps, done }

  struct Fate: Sendable {
    var creation = Creation.perhaps
    var revocation = Revocation.never
  }

  /// Something that a writer did or was told. As text it is a line, so that it can leave a machine that is about to lose
  /// its power.
  enum Event: Sendable {
    case creating(String)
    case made(String, id: String, secret: String)
    case notMade(String)
    case revoking(String)
    case revoked(String)
    case notRevoked(String)

    /// - Returns: nil for a line that is none.
    init?(_ line: String) {
      let words = line.split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("creating", 2): self = .creating(words[1])
      case ("made", 4): self = .made(words[1], id: words[2], secret: words[3])
      case ("not-made", 2): self = .notMade(words[1])
      case ("revoking", 2): self = .revoking(words[1])
      case ("revoked", 2): self = .revoked(words[1])
      case ("not-revoked", 2): self = .notRevoked(words[1])
      default: return nil
      }
    }

    var line: String {
      switch self {
      case .creating(let name): "creating \(name)"
      case .made(let name, let id, let secret): "made \(name) \(id) \(secret)"
      case .notMade(let name): "not-made \(name)"
      case .revoking(let name): "revoking \(name)"
      case .revoked(let name): "revoked \(name)"
      case .notRevoked(let name): "not-revoked \(name)"
      }
    }
  }

  private(set) var fates: [String: Fate] = [:]
  /// How many changes were acknowledged, and how many of them were revocations.
  private(set) var acknowledged = 0
  private(set) var revocations = 0

  mutating func note(_ event: Event) {
    switch event {
    case .creating(let name): fates[name] = Fate()
    case .made(let name, let id, let secret):
      fates[name, default: Fate()].creation = .made(id: id, secret: secret)
      acknowledged += 1
    case .notMade(let name): fates[name, default: Fate()].creation = .refused
    case .revoking(let name): fates[name]?.revocation = .perhaps
    case .revoked(let name):
      fates[name]?.revocation = .done
      acknowledged += 1
      revocations += 1
    case .notRevoked(let name): fates[name]?.revocation = .never
    }
  }

  /// Whether `name` is the next that its writer would have taken.
  func mayHaveBegun(_ name: String) -> Bool {
    guard let dash = name.lastIndex(of: "-"), let number = Int(name[name.index(after: dash)...]) else { return false }
    return number == 1 || fates[name[...dash] + "\(number - 1)"] != nil
  }

  /// Takes in what another writer knows; names are each writer's own.
  mutating func merge(_ other: Ledger) {
    fates.merge(other.fates) { _, new in new }
    acknowledged += other.acknowledged
    revocations += other.revocations
  }
}
