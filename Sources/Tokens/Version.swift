// The one place where the version is written.

/// The version of everything in this package.
package enum Version {
  package static let text = "0.1.0"
}
