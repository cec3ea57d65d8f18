// Why a database is not opened: each says what to do.

private import Tokens

/// A refusal to start.
package enum StartFailure: Error, Equatable, CustomStringConvertible {
  /// The file was written by a newer tokend.
  case newer(found: Int64, known: Int64)
  /// The file is some other program's database.
  case foreign
  /// Another process has the file open.
  case busy
  /// The file is gone, which something beside it tells: what, and what to do.
  case missing(String)
  /// Something that was to be done before it may be opened has not come to its end: what, and what to do.
  case unfinished(String)
  /// The file is damaged.
  case damaged(String)
  /// Somebody has altered its schema: what is otherwise, and what mends it, which is for a person to do.
  case altered(String, remedy: String)
  /// Its owner or its mode does not let it be opened to be written: what SQLite says.
  case denied(String)
  /// There is no room on the disk for what an open has to write.
  case full
  /// SQLite or the system refused.
  case system(String)

  /// Whether it is for what the file holds, not for how the system fared with it.
  package var isOfContent: Bool {
    switch self {
    case .newer, .foreign, .damaged, .altered: true
    case .busy, .missing, .unfinished, .denied, .full, .system: false
    }
  }

  package init(_ error: SQLiteError) {
    if error.isReadFault {
      self = .system("the disk could not read it (\(Self.shown(error.message)))")
    } else if error.isCorrupt || error.isOfStatement {
      self = .damaged(error.message)
    } else if error.isFull {
      self = .full
    } else if error.isBusy {
      self = .busy
    } else if error.isDenied {
      self = .denied(error.message)
    } else {
      self = .system(error.description)
    }
  }

  /// A token's scopes are not as they were written.
  package static func unsoundScopes(ofToken id: Span<UInt8>) -> StartFailure {
    .damaged(
      "token \(String(decoding: id.indices.map { id[$0] }, as: UTF8.self)) has no scopes, or one that was never registered"
    )
  }

  /// It may have names that are in the file.
  static func shown(_ why: String) -> String { PrintableText.shown(why, mostBytes: 300) }

  /// What is wrong, without what to do.
  package var finding: String {
    switch self {
    case .newer(let found, let known):
      "was written by a newer tokend (schema \(found), this one knows \(known))"
    case .foreign: "is the database of another program"
    case .damaged(let why): "is damaged (\(Self.shown(why)))"
    case .altered(let what, _): "is not as tokend makes it (\(what))"
    case .busy, .missing, .unfinished, .denied, .full, .system: description
    }
  }

  package var description: String {
    switch self {
    case .newer: "\(finding): install that version again, or restore a backup made before it"
    case .foreign: "\(finding): restore a backup if tokens were here, or choose another state directory"
    case .busy: "is open in another process: stop that one first"
    case .missing(let what): "is missing, \(what)"
    case .unfinished(let what): "is not to be opened: \(what)"
    case .damaged: "\(finding): restore a backup; the file has been kept"
    case .altered(_, let remedy): "\(finding): \(remedy)"
    case .denied(let why):
      "can't be opened to be written (\(why)): have it, and what is beside it, belong to the daemon's user, with mode 600, in a file system that may be written"
    case .full: "can't be opened: the disk is full: make room in its file system"
    case .system(let why): "can't be opened: \(why)"
    }
  }
}
