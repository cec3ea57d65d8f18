// All that is counted, as an administrator is told it.

internal import Index
internal import Linux
internal import Tokens
internal import Wire

/// Puts `tokend.v1.Status/GetStatus` together, from counters that the threads go on raising. Each worker has one.
struct StatusReport: Sendable {
  let ports: [WorkerPort]
  let journal: JournalCounters
  let waiting: @Sendable () -> Int
  let bounds: ConnectionBounds
  let started: Instant

  /// Adds up what all workers have counted.
  /// - Parameter reader: of the index, which knows the tenants' names.
  func reply(_ reader: borrowing IndexReader) -> GetStatusResponse {
    var reply = GetStatusResponse()
    reply.version = Version.text
    reply.startedAt = started.seconds
    reply.revision = reader.revision
    reply.tokens = UInt64(clamping: journal.tokens)
    reply.indexBytes = UInt64(reader.mappedBytes)
    reply.residentBytes = UInt64(System.residentBytes())
    reply.cpuNanoseconds = UInt64(System.processorNanoseconds())
    reply.waitingCalls = UInt64(waiting())
    let trouble = journal.trouble
    reply.changesFail = !trouble.isEmpty
    reply.databaseDamaged = trouble.contains(.databaseDamaged)
    reply.databaseUnreadable = trouble.contains(.databaseUnreadable)
    reply.diskFull = trouble.contains(.diskFull)
    reply.workers = ports.map(worker)
    reply.verdicts = Reason.allCases.map { reason in
      named(reason.name, ports.reduce(0) { $0 + $1.counters.count(of: reason) })
    }
    reply.refusals = Status.Code.allCases.map { code in
      named(code.name, ports.reduce(0) { $0 + $1.counters.count(of: code) })
    }
    for port in ports { port.counters.validations.add(to: &reply.validations) }
    journal.commits.add(to: &reply.commits)
    reply.calls = journal.all.map { call, count in
      var message = CallCount()
      (message.service, message.method, message.code, message.count) = (call.service, call.method, call.code, count)
      return message
    }.sorted { ($0.service, $0.method, $0.code) < ($1.service, $1.method, $1.code) }
    reply.tenants = tenants(reader)
    reply.peers = peers()
    return reply
  }

  private func worker(_ port: WorkerPort) -> WorkerStatus {
    var status = WorkerStatus()
    status.validationConnections = UInt64(clamping: port.count(through: .validation))
    status.administrationConnections = UInt64(clamping: port.count(through: .administration))
    status.mostValidationConnections = UInt64(bounds.most(through: .validation))
    status.mostAdministrationConnections = UInt64(bounds.most(through: .administration))
    status.turnedAway = port.counters.turnedAway
    return status
  }

  private func named(_ name: String, _ count: UInt64) -> NamedCount {
    var message = NamedCount()
    (message.name, message.count) = (name, count)
    return message
  }

  private func tenants(_ reader: borrowing IndexReader) -> [TenantCount] {
    var busy: [(binding: Int, allowed: UInt64, denied: UInt64)] = []
    for binding in 0..<reader.bindings {
      var sum: (allowed: UInt64, denied: UInt64) = (0, 0)
      for port in ports {
        let counted = port.counters.tenants[binding]
        sum = (sum.allowed + counted.allowed, sum.denied + counted.denied)
      }
      if sum.allowed + sum.denied > 0 { busy.append((binding, sum.allowed, sum.denied)) }
    }
    busy.sort { $0.allowed + $0.denied > $1.allowed + $1.denied }
    return busy.prefix(GetStatusResponse.busiest).map { binding, allowed, denied in
      var message = TenantCount()
      (message.org, message.tenant) = reader.tenant(binding)
      (message.allowed, message.denied) = (allowed, denied)
      return message
    }
  }

  private func peers() -> [PeerCount] {
    var users: [UInt32: UInt64] = [:]
    for port in ports { for (uid, calls) in port.counters.peers.all { users[uid, default: 0] += calls } }
    var messages = users.filter { $0.value > 0 }.map { uid, calls in
      var message = PeerCount()
      (message.uid, message.calls) = (uid, calls)
      return message
    }.sorted { ($0.calls, $1.uid) > ($1.calls, $0.uid) }
    var others = PeerCount()
    others.others = true
    others.calls =
      ports.reduce(0) { $0 + $1.counters.peers.others.calls }
      + messages.dropFirst(GetStatusResponse.busiest).reduce(0) { $0 + $1.calls }
    messages = Array(messages.prefix(GetStatusResponse.busiest))
    return others.calls > 0 ? messages + [others] : messages
  }
}
