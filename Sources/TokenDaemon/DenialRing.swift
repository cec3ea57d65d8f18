// Who was refused for want of rights, lately. Whoever is refused must not be able to fill the disk by it.

internal import Synchronization
internal import Tokens

/// A call that was refused as its caller has not the rights.
struct Denial: Sendable {
  let at: Instant
  let caller: Caller
  /// Service and method.
  let method: String
  let code: String
  let message: String
}

/// The last denials, so many of a second and so many in all. Workers and the journal note them.
final class DenialRing: Sendable {
  fileprivate struct Kept {
    var denials: [Denial] = []
    var next = 0
    /// How many have come in the second of the newest.
    var inSecond = 0
    var dropped: UInt64 = 0
  }

  private let kept = Mutex(Kept())

  /// Keeps a denial in the place of the oldest; `false` if too many have come in this second.
  func add(_ denial: Denial) -> Bool { kept.withLock { $0.add(denial) } }

  /// Keeps a denial, and logs it, unless too many have come in this second.
  func note(_ denial: Denial) {
    guard add(denial) else { return }
    Log.write(
      .notPermitted, "not permitted: \(denial.caller.name) \(denial.method): \(denial.code)",
      [.uid: "\(denial.caller.uid)", .method: denial.method, .code: denial.code])
  }

  /// All that are kept, newest first, and how many were not, as too many came in a second.
  var all: (denials: [Denial], dropped: UInt64) {
    kept.withLock { kept in
      let isFull = kept.denials.count == Limits.denials
      let inOrder = isFull ? kept.denials[kept.next...] + kept.denials[..<kept.next] : kept.denials[...]
      return (inOrder.reversed(), kept.dropped)
    }
  }
}

extension DenialRing.Kept {
  /// - Returns: whether it is kept.
  fileprivate mutating func add(_ denial: Denial) -> Bool {
    let newest = denials.isEmpty ? nil : denials[(next + denials.count - 1) % denials.count]
    inSecond = newest?.at == denial.at ? inSecond + 1 : 1
    guard inSecond <= Limits.denialsPerSecond else {
      dropped += 1
      return false
    }
    if denials.count < Limits.denials { denials.append(denial) } else { denials[next] = denial }
    next = (next + 1) % Limits.denials
    return true
  }
}
