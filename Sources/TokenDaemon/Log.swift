// What the daemon tells the person who runs it: one line on standard error each, never a token.

private import Linux

/// Lines on standard error.
package enum Log {
  package static func info(_ line: String) { System.write("tokend: \(line)\n", to: 2) }
  package static func error(_ line: String) { System.write("tokend: error: \(line)\n", to: 2) }
}
