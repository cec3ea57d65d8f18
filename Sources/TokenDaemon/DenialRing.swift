// Who was refused for want of rights, lately. Whoever is refused must not be able to fill the disk by it.

internal import Tokens

/// A call that was refused as its caller has not the rights.
struct Denial: Sendable {
  let at: Instant
  let actor: String
  let method: String
  let refusal: Refusal
}

/// The last denials, so many of a second and so many in all. Owned by the journal's thread.
final class DenialRing {
  private var denials: [Denial] = []
  private var next = 0
  /// How many have come in the second of the newest.
  private var inSecond = 0
  /// How many were not kept, as too many came in a second.
  private(set) var dropped: UInt64 = 0

  /// Keeps a denial in the place of the oldest; `false` if too many have come in this second.
  func add(_ denial: Denial) -> Bool {
    inSecond = newest?.at == denial.at ? inSecond + 1 : 1
    guard inSecond <= Limits.denialsPerSecond else {
      dropped += 1
      return false
    }
    if denials.count < Limits.denials { denials.append(denial) } else { denials[next] = denial }
    next = (next + 1) % Limits.denials
    return true
  }

  private var newest: Denial? { denials.isEmpty ? nil : denials[(next + denials.count - 1) % denials.count] }

  /// All that are kept, newest first.
  var all: [Denial] {
    let isFull = denials.count == Limits.denials
    return (isFull ? denials[next...] + denials[..<next] : denials[...]).reversed()
  }
}
