// A new token on its one way to the person or program that asked for it.

import Linux
import Options
import Wire

/// Where a secret goes: standard output, or a new file that only its owner may read.
struct SecretDelivery: ~Copyable {
  static let option = Option(
    name: "secret-file", argument: "FILE", help: "write the token to a new file (mode 0600), and print its id instead")

  private let path: String?
  private let file: Descriptor?
  private let isJSON: Bool

  /// Opens the file before anything is asked of the daemon: a token is not made if there is nowhere to put it.
  init(_ invocation: Invocation) throws(Failure) {
    isJSON = invocation.isJSON
    path = invocation.value("secret-file")
    guard let path else {
      file = nil
      return
    }
    // It would be a file of that name: metrics --output takes it for standard output.
    guard path != "-" else { throw Failure(.usage, "--secret-file -: without it the token goes to standard output") }
    do throws(Errno) { file = try File.new(path) } catch {
      throw Failure(
        .usage,
        "--secret-file \(path): \(error.text): nothing was changed; name a new file in a directory that may be written")
    }
  }

  /// Takes the empty file away again, as there is no secret to be had.
  func giveUp() { if let path { System.remove(path) } }

  /// Hands over the secret of `token`.
  /// - Parameters:
  ///   - fields: what the JSON document has besides the token, its secret and the revision.
  ///   - isBoxed: whether a person is watching who has just answered questions.
  func deliver(
    _ secret: String, of token: TokenMessage, revision: UInt64, fields: [(String, JSON)] = [], isBoxed: Bool = false
  ) throws(Failure) {
    let loss =
      "token \(token.id) was made and could not be handed over: revoke it with tokend-client token revoke \(token.id)"
    switch file {
    case .none: break
    case .some(let file):
      do throws(Errno) {
        try File.write(Array((secret + "\n").utf8).span, to: file)
        try File.sync(file)
      } catch {
        throw Failure(.outputFailed, "\(path ?? ""): \(error.text): \(loss)")
      }
    }
    if isJSON {
      let shown: [(String, JSON)] = path == nil ? [("secret", .string(secret))] : [("secret_file", .orNull(path ?? ""))]
      let document: [(String, JSON)] =
        [("token", token.json)] + shown + fields + [("revision", .integer(Int64(clamping: revision)))]
      Terminal.write(JSON.object(document).text + "\n", loss: loss)
    } else if path != nil {
      // A script that has put the secret away still needs a name for the token.
      Terminal.writeLine(token.id)
    } else if isBoxed {
      Terminal.write(Self.box(secret), loss: loss)
    } else {
      Terminal.writeLine(secret, loss: loss)
    }
    guard Terminal.Stream.error.isTerminal else { return }
    if let path {
      Terminal.writeErrorLine("The token is in \(path).")
    } else {
      Terminal.writeErrorLine("This token is shown once: keep it in a secret manager. Its id is \(token.id).")
    }
  }

  private static func box(_ secret: String) -> String {
    let edge = "+" + String(repeating: "-", count: secret.utf8.count + 2) + "+\n"
    return edge + "| \(Terminal.plain(secret)) |\n" + edge
  }
}
