// backup create, restore.

import Linux
import Options
import TokenClient
import Wire

enum BackupCommands {
  static let all = [
    Command(
      "backup", "create", operands: "FILE",
      summary: "write a copy of the database to a new file, while the daemon serves",
      details: """
        It holds everything but secrets, which are nowhere: keep it as you keep the state directory. Until it is whole it is
        called FILE.partial-PID.
        """,
      examples: ["tokend-client backup create /var/backups/tokend.db"], mostOperands: 1, run: create),
    Command(
      "backup", "restore", operands: "FILE", summary: "put a copy in the place of the database, while no daemon runs",
      details: """
        It runs tokend --restore, which verifies the copy, refuses if a daemon runs on the state directory, and keeps the
        database that was there under another name. What was changed after the copy was made is undone: tokens revoked
        since are valid again. It runs as the daemon's user, to whom the state directory belongs, and who must be able to
        read the copy, which backup create leaves to its maker alone.
        """,
      options: [
        Option(
          name: "state-dir", argument: "DIR",
          help: "the daemon's state directory (default TOKEND_STATE_DIR, or /var/lib/tokend)"),
        Shared.yes,
      ],
      examples: [
        "install -o tokend -m 600 /var/backups/tokend.db /var/lib/tokend/copy.db",
        "runuser -u tokend -- tokend-client backup restore /var/lib/tokend/copy.db",
      ], mostOperands: 1,
      run: restore),
  ]

  private static func create(_ invocation: Invocation) throws(Failure) {
    guard let path = invocation.operands.first else {
      throw Failure(.usage, "say which file, as in backup create tokend.db")
    }
    // Whatever ends this before it is whole, even a kill, leaves nothing that is taken for a backup.
    let partial = "\(path).partial-\(System.processNumber)"
    let interruption: Interruption
    do throws(Errno) {
      interruption = try Interruption(
        telling: Failure(.outputFailed, "\(path): interrupted before it was whole"), isJSON: invocation.isJSON)
    } catch {
      throw Failure(.unavailable, "\(error): nothing was begun")
    }
    let file: Descriptor
    var isThere = false
    do throws(Errno) {
      isThere = try System.isFile(at: path)
      guard !isThere else { throw Errno.alreadyThere }
      file = try interruption.begin(undo: { System.remove(partial) }) { () throws(Errno) in try File.new(partial) }
    } catch {
      // One with the same process number may have been killed, as in a container.
      let named = error == .alreadyThere && !isThere ? partial : path
      throw Failure(.outputFailed, "\(named): \(error.text): name a new file in a directory that may be written")
    }
    let bytes: UInt64
    do throws(Failure) {
      bytes = try copy(to: file, path, invocation, interruption)
      do throws(Errno) {
        try interruption.conclude(
          telling: Failure(.outputFailed, "\(path): is whole; interrupted while that was said")
        ) { () throws(Errno) in try System.move(partial, to: path) }
      } catch {
        throw Failure(.outputFailed, "\(path): \(error.text): name a new file")
      }
    } catch {
      try? interruption.conclude(telling: error) { System.remove(partial) }
      throw error
    }
    do throws(Errno) {
      try System.sync(directory: path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
    } catch {
      // Where it may not be opened, its name reaches the disk when the system sees fit.
      guard error.isPermission else {
        throw Failure(.outputFailed, "\(path): \(error.text): it is whole, but perhaps not on the disk")
      }
    }
    if invocation.isJSON {
      return Terminal.write(
        JSON.object([("file", .string(path)), ("bytes", .integer(Int64(clamping: bytes)))]).text + "\n")
    }
    Terminal.writeLine("\(path): \(bytes) bytes")
  }

  private static func copy(
    to file: borrowing Descriptor, _ path: String, _ invocation: Invocation, _ interruption: Interruption
  ) throws(Failure) -> UInt64 {
    var end = EndBackupRequest()
    end.id = try invocation.administer(Methods.beginBackup, BeginBackupRequest()).id
    // Another can be made then; what went wrong matters more than whether that could be said.
    let forget = { @Sendable [end, socket = invocation.administrationSocket] in
      _ = try? Administrator(socket: socket, timeout: .seconds(1)).call(Methods.endBackup, end)
    }
    interruption.undo(forget)
    let copied: UInt64
    do throws(Failure) { copied = try read(end.id, to: file, path, invocation) } catch {
      forget()
      throw error
    }
    // It is whole, whatever becomes of the daemon.
    _ = try? invocation.administer(Methods.endBackup, end)
    return copied
  }

  private static func read(
    _ id: UInt64, to file: borrowing Descriptor, _ path: String, _ invocation: Invocation
  ) throws(Failure) -> UInt64 {
    var request = ReadBackupRequest()
    request.id = id
    var size: UInt64 = 0
    let copying = Progress("pages left before it is checked")
    while true {
      let reply = try invocation.administer(Methods.readBackup, request)
      guard reply.ready else {
        copying.reached(Int(clamping: reply.pagesLeft))
        System.pause(milliseconds: 20)
        continue
      }
      size = reply.size
      if reply.bytes.isEmpty { break }
      do throws(Errno) { try File.write(reply.bytes.span, to: file) } catch {
        throw Failure(.outputFailed, "\(path): \(error.text): what there was of it is gone again")
      }
      request.offset += UInt64(reply.bytes.count)
    }
    copying.end()
    guard request.offset == size else {
      throw Failure(.unavailable, "\(path): the daemon has sent \(request.offset) bytes of \(size): try again")
    }
    do throws(Errno) { try File.sync(file) } catch { throw Failure(.outputFailed, "\(path): \(error.text)") }
    return request.offset
  }

  private static func restore(_ invocation: Invocation) throws(Failure) {
    guard let path = invocation.operands.first else { throw Failure(.usage, "say which file is to be restored") }
    let directory = invocation.value("state-dir") ?? System.variable("TOKEND_STATE_DIR") ?? "/var/lib/tokend"
    try Confirmation.demand(
      invocation, "Put \(path) in the place of the database in \(directory)? Tokens revoked since are valid again then."
    )
    // Beside this program, or wherever the shell would find it.
    let program = System.ownProgram.map { $0.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/tokend" }
    let arguments = ["--restore", path, "--state-dir", directory]
    if let program { _ = System.become(program, arguments) }
    throw Failure(.unavailable, "tokend can't be run: \(System.become("tokend", arguments).text)")
  }
}
