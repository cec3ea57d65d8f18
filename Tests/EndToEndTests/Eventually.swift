// What must become so, at a time that a test does not choose.

import Linux
import Testing

/// Looks again and again until it is so, and at least once. If it is not so after `patience`, that is recorded as a failure
/// of the test, which goes on: no test waits for ever for a daemon that is broken.
func eventually(
  within patience: Duration, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) rethrows {
  let end = ContinuousClock.now + patience
  while try !condition() {
    guard ContinuousClock.now < end else {
      Issue.record("not within \(patience): \(what)", sourceLocation: sourceLocation)
      return
    }
    // Whoever is waited for needs the processor too.
    System.pause(milliseconds: 1)
  }
}
