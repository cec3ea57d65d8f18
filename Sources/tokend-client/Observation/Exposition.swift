// The daemon's counters in the text that Prometheus reads.

import Wire

/// Writes the text exposition format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
struct Exposition {
  private(set) var text = ""

  /// What a metric is to Prometheus.
  enum Kind: String {
    case counter, gauge, histogram
  }

  typealias Labels = [(name: String, value: String)]

  /// Everything that `status` tells.
  init(_ status: GetStatusResponse) {
    about("build_info", .gauge, "The version that runs.")
    add("build_info", [("version", status.version)], "1")
    single("start_time_seconds", .gauge, "When the daemon was started, since the epoch.", "\(status.startedAt)")
    single("revision", .gauge, "The last change that verdicts go by.", "\(status.revision)")
    single("tokens", .gauge, "Tokens in the index, whatever their state.", "\(status.tokens)")
    single("index_bytes", .gauge, "Memory that the index may take.", "\(status.indexBytes)")
    single("resident_memory_bytes", .gauge, "Memory that the process has.", "\(status.residentBytes)")
    single("cpu_seconds_total", .counter, "Processor time of all threads.", Self.seconds(status.cpuNanoseconds))
    single("waiting_calls", .gauge, "Administration calls that wait for the database.", "\(status.waitingCalls)")
    single(
      "changes_failing", .gauge,
      "1 if the database was found damaged or unreadable since the start, or the disk is full, so that little else than what takes rights away is carried out; "
        + "verdicts are given all the same.",
      status.changesFail ? "1" : "0")
    addConnections(status.workers)

    about("verdicts_total", .counter, "Verdicts by reason.")
    for verdict in status.verdicts { add("verdicts_total", [("reason", verdict.name)], "\(verdict.count)") }
    about("refused_calls_total", .counter, "Calls that workers refused undecided, by status.")
    for refusal in status.refusals { add("refused_calls_total", [("status", refusal.name)], "\(refusal.count)") }
    histogram(
      "validate_duration_seconds", "From learning of a request until its verdict is about to be sent.",
      status.validations)
    histogram("commit_duration_seconds", "Transactions, until they are on the disk.", status.commits)
    about("administration_calls_total", .counter, "Administration calls that were answered, by method and code.")
    for call in status.calls {
      add(
        "administration_calls_total", [("service", call.service), ("method", call.method), ("code", call.code)],
        "\(call.count)")
    }
    about("tenant_verdicts_total", .counter, "Verdicts on tokens of the hundred busiest tenants.")
    for tenant in status.tenants {
      let labels: Labels = [("org", tenant.org), ("tenant", tenant.tenant)]
      add("tenant_verdicts_total", labels + [("verdict", "allowed")], "\(tenant.allowed)")
      add("tenant_verdicts_total", labels + [("verdict", "denied")], "\(tenant.denied)")
    }
    about("peer_calls_total", .counter, "Calls of the hundred busiest users.")
    for peer in status.peers {
      add("peer_calls_total", [("uid", peer.others ? "others" : "\(peer.uid)")], "\(peer.calls)")
    }
  }

  private mutating func addConnections(_ workers: [WorkerStatus]) {
    func labels(_ worker: Int, _ socket: String) -> Labels { [("worker", "\(worker)"), ("socket", socket)] }
    about("connections", .gauge, "Connections by worker and socket.")
    for (number, worker) in workers.enumerated() {
      add("connections", labels(number, "validate"), "\(worker.validationConnections)")
      add("connections", labels(number, "admin"), "\(worker.administrationConnections)")
    }
    about("connections_limit", .gauge, "How many connections a worker may have through a socket.")
    for (number, worker) in workers.enumerated() {
      add("connections_limit", labels(number, "validate"), "\(worker.mostValidationConnections)")
      add("connections_limit", labels(number, "admin"), "\(worker.mostAdministrationConnections)")
    }
    about("connections_turned_away_total", .counter, "Connections that were closed at once for want of room.")
    for (number, worker) in workers.enumerated() {
      add("connections_turned_away_total", [("worker", "\(number)")], "\(worker.turnedAway)")
    }
  }

  private mutating func about(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP tokend_\(name) \(help)\n# TYPE tokend_\(name) \(kind.rawValue)\n"
  }

  private mutating func add(_ name: String, _ labels: Labels, _ value: String) {
    let inner = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    text += "tokend_\(name)\(inner.isEmpty ? "" : "{\(inner)}") \(value)\n"
  }

  private mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: String) {
    about(name, kind, help)
    add(name, [], value)
  }

  /// Prometheus wants each bound's count to include those of the bounds before it.
  private mutating func histogram(_ name: String, _ help: String, _ durations: Durations) {
    about(name, .histogram, help)
    var sum: UInt64 = 0
    for count in durations.counts {
      sum += count.count
      let bound = count.mostNanoseconds == 0 ? "+Inf" : Self.seconds(count.mostNanoseconds)
      add("\(name)_bucket", [("le", bound)], "\(sum)")
    }
    add("\(name)_sum", [], Self.seconds(durations.sumNanoseconds))
    add("\(name)_count", [], "\(sum)")
  }

  /// All nine digits, so that nothing is lost.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let fraction = String(nanoseconds % 1_000_000_000)
    return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
