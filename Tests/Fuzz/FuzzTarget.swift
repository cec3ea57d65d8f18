// What is given inputs.

/// A reader of what others send. Whatever it is given, it must come back, and what it says must be right.
protocol FuzzTarget: SendableMetatype {
  /// What it is called on the command line; its corpus has the same name.
  static var name: String { get }
  /// Called once, before all inputs.
  static func prepare()
  /// Reads an input. Ends the process if something is wrong.
  static func play(_ input: [UInt8])
}

extension FuzzTarget {
  static func prepare() {}
}
