// The messages of `tokend.v1.Status`, field by field as in proto/tokend/v1/status.proto.

internal import CTokendProto

/// `tokend.v1.GetStatusResponse`.
package struct GetStatusResponse: CMessage, Equatable {
  /// The most tenants, and the most users, that are told of, as status.proto has it.
  package static let busiest = 100

  package var version = ""
  package var startedAt: Int64 = 0
  package var revision: UInt64 = 0
  package var tokens: UInt64 = 0
  package var indexBytes: UInt64 = 0
  package var residentBytes: UInt64 = 0
  package var cpuNanoseconds: UInt64 = 0
  package var waitingCalls: UInt64 = 0
  package var changesFail = false
  package var workers: [WorkerStatus] = []
  package var verdicts: [NamedCount] = []
  package var validations = Durations()
  package var commits = Durations()
  package var calls: [CallCount] = []
  package var refusals: [NamedCount] = []
  package var tenants: [TenantCount] = []
  package var peers: [PeerCount] = []
  package var databaseDamaged = false
  package var diskFull = false
  package var databaseUnreadable = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_status_response__init,
    [
      .text(\.version, \.version),
      .number(\.startedAt, \.started_at),
      .number(\.revision, \.revision),
      .number(\.tokens, \.tokens),
      .number(\.indexBytes, \.index_bytes),
      .number(\.residentBytes, \.resident_bytes),
      .number(\.cpuNanoseconds, \.cpu_nanoseconds),
      .number(\.waitingCalls, \.waiting_calls),
      .flag(\.changesFail, \.changes_fail),
      .messages(\.workers, \.workers, \.n_workers),
      .messages(\.verdicts, \.verdicts, \.n_verdicts),
      .message(\.validations, \.validations),
      .message(\.commits, \.commits),
      .messages(\.calls, \.calls, \.n_calls),
      .messages(\.refusals, \.refusals, \.n_refusals),
      .messages(\.tenants, \.tenants, \.n_tenants),
      .messages(\.peers, \.peers, \.n_peers),
      .flag(\.databaseDamaged, \.database_damaged),
      .flag(\.diskFull, \.disk_full),
      .flag(\.databaseUnreadable, \.database_unreadable),
    ])
}

/// `tokend.v1.WorkerStatus`.
package struct WorkerStatus: CMessage, Equatable {
  package var validationConnections: UInt64 = 0
  package var administrationConnections: UInt64 = 0
  package var mostValidationConnections: UInt64 = 0
  package var mostAdministrationConnections: UInt64 = 0
  package var turnedAway: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__worker_status__init,
    [
      .number(\.validationConnections, \.validation_connections),
      .number(\.administrationConnections, \.administration_connections),
      .number(\.mostValidationConnections, \.most_validation_connections),
      .number(\.mostAdministrationConnections, \.most_administration_connections),
      .number(\.turnedAway, \.turned_away),
    ])
}

/// `tokend.v1.NamedCount`.
package struct NamedCount: CMessage, Equatable {
  package var name = ""
  package var count: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__named_count__init,
    [
      .text(\.name, \.name),
      .number(\.count, \.count),
    ])
}

/// `tokend.v1.Durations`.
package struct Durations: CMessage, Equatable {
  package var counts: [DurationCount] = []
  package var sumNanoseconds: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__durations__init,
    [
      .messages(\.counts, \.counts, \.n_counts),
      .number(\.sumNanoseconds, \.sum_nanoseconds),
    ])
}

/// `tokend.v1.DurationCount`.
package struct DurationCount: CMessage, Equatable {
  package var mostNanoseconds: UInt64 = 0
  package var count: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__duration_count__init,
    [
      .number(\.mostNanoseconds, \.most_nanoseconds),
      .number(\.count, \.count),
    ])
}

/// `tokend.v1.CallCount`.
package struct CallCount: CMessage, Equatable {
  package var service = ""
  package var method = ""
  package var code = ""
  package var count: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__call_count__init,
    [
      .text(\.service, \.service),
      .text(\.method, \.method),
      .text(\.code, \.code),
      .number(\.count, \.count),
    ])
}

/// `tokend.v1.TenantCount`.
package struct TenantCount: CMessage, Equatable {
  package var org = ""
  package var tenant = ""
  package var allowed: UInt64 = 0
  package var denied: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__tenant_count__init,
    [
      .text(\.org, \.org_id),
      .text(\.tenant, \.tenant_id),
      .number(\.allowed, \.allowed),
      .number(\.denied, \.denied),
    ])
}

/// `tokend.v1.PeerCount`.
package struct PeerCount: CMessage, Equatable {
  package var uid: UInt32 = 0
  package var calls: UInt64 = 0
  package var others = false

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__peer_count__init,
    [
      .number(\.uid, \.uid),
      .number(\.calls, \.calls),
      .flag(\.others, \.others),
    ])
}

/// `tokend.v1.GetStatusRequest`.
package struct GetStatusRequest: CMessage, Equatable {
  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__get_status_request__init,
    [])
}
