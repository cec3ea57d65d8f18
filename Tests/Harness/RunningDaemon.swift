// A real tokend, in a directory of its own, with real sockets.

package import Foundation
private import Linux
package import TokenClient
package import Wire

/// Starts the built `tokend` and stops it when the value goes.
package final class RunningDaemon {
  package let home: String
  private let child: Child
  /// What it has written until it was ready.
  package let firstWords: String
  private let log: Pipe

  package static let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()
    .path

  package var validationSocket: String { home + "/v.sock" }
  package var adminSocket: String { home + "/a.sock" }
  package var pid: Int32 { child.id }

  /// Why tokend did not become ready: what it wrote.
  package struct DidNotStart: Error {
    package let status: Int32
    package let output: String
  }

  /// What tokend says when it refuses to start in `home`; "started" if it does not.
  package static func refusal(in home: String) throws -> String {
    do {
      _ = try RunningDaemon(home: home)
      return "started"
    } catch let refusal as DidNotStart {
      return refusal.status == 1 ? refusal.output : "ended with \(refusal.status): \(refusal.output)"
    }
  }

  /// Two listening sockets to pass in, as systemd would, and their names.
  package struct Activation {
    let first: FileHandle
    let second: FileHandle
    let names: String

    package init(first: FileHandle, second: FileHandle, names: String) {
      (self.first, self.second, self.names) = (first, second, names)
    }
  }

  /// - Parameter home: the directory of a daemon before; nil for a new one.
  /// - Parameter environment: variables that it has.
  /// - Parameter descriptors: how many it may have open; nil for as many as the test.
  package init(
    home: String? = nil, _ arguments: [String] = [], activation: Activation? = nil, descriptors: Int? = nil,
    environment: [String: String] = [:]
  ) throws {
    self.home = try home ?? Self.makeHome()
    var program = Self.programs + "/tokend"
    // One of its own, so that what is installed on the machine changes nothing here; another one in `arguments` wins.
    let file = self.home + "/tokend.conf"
    if !FileManager.default.fileExists(atPath: file) { try Self.writeConfiguration("", to: file) }
    var words = ["--state-dir", self.home + "/state"]
    if activation == nil { words += ["--listen", self.home + "/v.sock", "--admin-listen", self.home + "/a.sock"] }
    words += ["--config", file] + arguments
    if let activation {
      // They come as standard input and output, and are moved to where the protocol has them (sd_listen_fds(3)).
      let script = """
        exec 3<&0 4<&1 0</dev/null 1>/dev/null
        LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=\(activation.names) exec "$0" "$@"
        """
      (program, words) = ("/bin/sh", ["-c", script, program] + words)
    }
    if let descriptors {
      words = ["--nofile=\(descriptors):\(descriptors)", program] + words
      program = "/usr/bin/prlimit"
    }
    log = Pipe()
    child = try Child(
      program, words, environment: environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { first, _ in first },
      input: activation?.first, output: activation?.second, errors: log.fileHandleForWriting)
    try log.fileHandleForWriting.close()
    // Blocks until the line that says so, or until tokend has ended.
    let (output, isReady) = log.fileHandleForReading.read(until: "ready:")
    if !isReady {
      throw DidNotStart(status: child.wait().status, output: output)
    }
    firstWords = output
  }

  deinit {
    // A test may have ended while it stood still.
    resume()
    _ = stop()
  }

  /// Connects to the validation socket that many times and says nothing. Some may have been closed at once.
  package func openSilently(_ count: Int) throws -> [Int32] {
    try (0..<count).map { _ in try UnixStream(connectingTo: validationSocket).released().release() }
  }

  package static func makeHome() throws -> String {
    let home = NSTemporaryDirectory() + "tokend-test-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    return home
  }

  /// Writes a file that tokend trusts, whatever the umask of the tests is. The directory is made if need be.
  package static func writeConfiguration(_ text: String, to path: String) throws {
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o755]
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: attributes)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
  }

  /// SIGTERM, and the exit status.
  package func stop() -> Int32 {
    child.send(SIGTERM)
    return wait()
  }

  /// Waits until it has ended by itself; its exit status.
  package func wait() -> Int32 {
    child.wait().status
  }

  package var isRunning: Bool { child.isRunning }

  /// How a daemon that is not running any more ended: "exit 1", or "signal 9".
  package var ending: String { "\(child.wait())" }

  /// SIGKILL.
  package func kill() {
    child.send(SIGKILL)
    _ = child.wait()
  }

  /// SIGSTOP, and waits until every thread has stopped: until then one of them may still answer.
  package func pause() {
    child.send(SIGSTOP)
    child.waitForStop()
  }

  /// SIGCONT.
  package func resume() {
    child.send(SIGCONT)
  }

  /// What it has written since it was ready, up to its end.
  package func lastWords() -> String {
    String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  // MARK: Clients

  package var administrator: Administrator { Administrator(socket: adminSocket, timeout: .seconds(20)) }
  package var validator: TokenClient { TokenClient(socket: validationSocket, timeout: .seconds(20)) }

  package func addTenant(_ org: String = "acme", _ tenant: String = "prod") throws {
    var request = AddTenantRequest()
    request.org = org
    request.tenant = tenant
    _ = try administrator.call(Methods.addTenant, request)
  }

  package func create(
    _ name: String, tenant: String = "prod", scopes: [String] = ["pipeline:read"], set: String = "",
    expiresAt: Int64 = 0
  ) throws(Channel.Failure) -> CreateTokenResponse {
    var request = CreateTokenRequest()
    request.org = "acme"
    request.tenant = tenant
    request.name = name
    request.scopes = scopes
    request.permissionSet = set
    request.expiresAt = expiresAt
    return try administrator.call(Methods.createToken, request)
  }

  package func revoke(_ id: String) throws {
    var request = RevokeTokenRequest()
    request.id = id
    _ = try administrator.call(Methods.revokeToken, request)
  }

  package func reason(_ token: String, _ org: String = "acme", _ tenant: String = "prod", _ scopes: [String] = [])
    throws
    -> String
  {
    try validator.validate(token, org: org, tenant: tenant, requiring: scopes).reason
  }
}

extension RunningDaemon {
  /// tokend-client against this daemon.
  package func client(_ arguments: String..., input: String = "", context: Bool = true) throws -> Run {
    try run(arguments, input: input, context: context)
  }

  /// The same, of a command that is put together.
  package func run(_ arguments: [String], input: String = "", context: Bool = true) throws -> Run {
    var environment = ["TOKEND_SOCKET": validationSocket, "TOKEND_ADMIN_SOCKET": adminSocket]
    if context { environment.merge(["TOKEND_ORG": "acme", "TOKEND_TENANT": "prod"]) { first, _ in first } }
    return try Run(Self.programs + "/tokend-client", arguments, input: input, environment: environment)
  }
}
