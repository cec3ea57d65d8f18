// The messages of `tokend.v1.Backup`, field by field as in proto/tokend/v1/backup.proto.

internal import CTokendProto

/// `tokend.v1.BeginBackupResponse`.
package struct BeginBackupResponse: CMessage, Equatable {
  package var id: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__begin_backup_response__init,
    [
      .number(\.id, \.id)
    ])
}

/// `tokend.v1.ReadBackupRequest`.
package struct ReadBackupRequest: CMessage, Equatable {
  package var id: UInt64 = 0
  package var offset: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__read_backup_request__init,
    [
      .number(\.id, \.id), .number(\.offset, \.offset),
    ])
}

/// `tokend.v1.ReadBackupResponse`.
package struct ReadBackupResponse: CMessage, Equatable {
  package var ready = false
  package var pagesLeft: UInt64 = 0
  package var pages: UInt64 = 0
  package var size: UInt64 = 0
  package var bytes: [UInt8] = []

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__read_backup_response__init,
    [
      .flag(\.ready, \.ready), .number(\.pagesLeft, \.pages_left), .number(\.pages, \.pages), .number(\.size, \.size),
      .bytes(\.bytes, \.bytes),
    ])
}

/// `tokend.v1.EndBackupRequest`.
package struct EndBackupRequest: CMessage, Equatable {
  package var id: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__end_backup_request__init,
    [
      .number(\.id, \.id)
    ])
}

/// `tokend.v1.BeginBackupRequest`.
package struct BeginBackupRequest: CMessage, Equatable {
  package init() {}

  static let layout = unsafe MessageLayout<Self>(tokend__v1__begin_backup_request__init, [])
}

/// `tokend.v1.EndBackupResponse`.
package struct EndBackupResponse: CMessage, Equatable {
  package init() {}

  static let layout = unsafe MessageLayout<Self>(tokend__v1__end_backup_response__init, [])
}
