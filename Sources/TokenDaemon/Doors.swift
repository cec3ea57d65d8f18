// Where new connections come in, as one worker waits for them.

internal import Linux

/// The doors of one worker. While there is no descriptor to be had for a new connection they are shut: without a pause the
/// poller would say at once that the same peer still waits.
struct Doors: ~Copyable {
  private let listeners: Listeners
  /// Whether new connections are waited for.
  private(set) var isOpen = false
  private var reopening = ContinuousClock.now

  init(_ listeners: Listeners) { self.listeners = listeners }

  /// Whether doors that were shut for a moment are to be opened again.
  var isDue: Bool { !isOpen && ContinuousClock.now >= reopening }

  /// Begins to wait for connections; events bear the words that are given.
  mutating func open(_ poller: borrowing Poller, words: (validation: UInt64, administration: UInt64)) throws(Errno) {
    try poller.add(listeners.validation.fd, for: [.readable, .exclusive], word: words.validation)
    try poller.add(listeners.administration.fd, for: [.readable, .exclusive], word: words.administration)
    isOpen = true
  }

  /// Ends that.
  mutating func close(_ poller: borrowing Poller) throws(Errno) {
    guard isOpen else { return }
    isOpen = false
    try poller.remove(listeners.validation.fd)
    try poller.remove(listeners.administration.fd)
  }

  /// Shuts them for `Limits.acceptPauseMilliseconds`.
  mutating func pause(_ poller: borrowing Poller) throws(Errno) {
    try close(poller)
    reopening = .now + .milliseconds(Int(Limits.acceptPauseMilliseconds))
  }

  /// The next connection that waits; nil if there is none.
  func accept(_ entrance: Entrance) throws(Errno) -> Descriptor? {
    switch entrance {
    case .validation: try listeners.validation.accept()
    case .administration: try listeners.administration.accept()
    }
  }
}
