// status, metrics.

import Linux
import Options
import Tokens
import Wire

enum StatusCommands {
  static let all = [
    Command(
      "status", summary: "show how the daemon is: since when, how busy, whether changes can be written",
      details: """
        Operators only, as it tells of all tenants. What is counted is counted since the daemon's start; p50 and p99 are the
        bounds of a histogram that half and 99 % of the verdicts kept within. The exit status is 0 if the daemon answers.
        """,
      examples: ["tokend-client status"], run: show),
    Command(
      "metrics", summary: "print all counters in the text that Prometheus reads",
      details: """
        With --output the text goes to a file, all at once, for the textfile collector of Prometheus's node exporter; the
        name should end in .prom. Tenants and peers are the hundred busiest of each.
        """,
      options: [Option(name: "output", argument: "FILE", help: "write to a file for all to read (or -)")],
      examples: [
        "tokend-client metrics", "tokend-client metrics --output /var/lib/prometheus/node-exporter/tokend.prom",
      ],
      run: metrics),
  ]

  private static func metrics(_ invocation: Invocation) throws(Failure) {
    if invocation.isJSON { throw Failure(.usage, "metrics has no JSON: take tokend-client status --json") }
    let text = Exposition(try invocation.administer(Methods.getStatus, GetStatusRequest())).text
    guard let path = invocation.value("output"), path != "-" else { return Terminal.write(text) }
    do throws(Errno) { try File.replace(path, with: text, mode: 0o644) } catch {
      throw Failure(
        .outputFailed,
        "--output is '\(path)': \(error.text): name a regular file, or a new one, in a directory that is there")
    }
  }

  private static func show(_ invocation: Invocation) throws(Failure) {
    let status = try invocation.administer(Methods.getStatus, GetStatusRequest())
    if invocation.isJSON { return Terminal.write(json(status).text + "\n") }
    let verdicts = status.verdicts.reduce(0) { $0 + $1.count }
    let allowed = status.verdicts.first { $0.name == "ALLOWED" }?.count ?? 0
    let denials = status.verdicts.filter { $0.name != "ALLOWED" && $0.count > 0 }
    func sum(_ path: KeyPath<WorkerStatus, UInt64>) -> UInt64 { status.workers.reduce(0) { $0 + $1[keyPath: path] } }
    var fields: [(label: String, value: String)] = [
      ("tokend", "\(status.version), serving since \(formatInstant(status.startedAt))"),
      ("tokens", "\(status.tokens)"),
      ("memory", "\(format(bytes: status.residentBytes)), the index has room for \(format(bytes: status.indexBytes))"),
      (
        "connections",
        "\(sum(\.validationConnections)) of \(sum(\.mostValidationConnections)) to validate, "
          + "\(sum(\.administrationConnections)) of \(sum(\.mostAdministrationConnections)) to administer"
      ),
      ("workers", "\(status.workers.count)"),
      ("verdicts", "\(verdicts), \(allowed) allowed"),
    ]
    if !denials.isEmpty {
      fields.append(("denied", denials.map { "\($0.count) \($0.name)" }.joined(separator: ", ")))
    }
    if let p50 = status.validations.atMost(share: 0.5), let p99 = status.validations.atMost(share: 0.99) {
      fields.append(("validate", "p50 within \(format(nanoseconds: p50)), p99 within \(format(nanoseconds: p99))"))
    }
    if sum(\.turnedAway) > 0 { fields.append(("turned away", "\(sum(\.turnedAway)) connections, for want of room")) }
    fields.append(
      (
        "changes",
        status.trouble ?? "\(status.revision) made, \(status.waitingCalls) calls wait"
      ))
    Terminal.writeFields(fields)
  }

  private static func json(_ status: GetStatusResponse) -> JSON {
    func number(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }
    func counts(_ counts: [NamedCount]) -> JSON { .object(counts.map { ($0.name, number($0.count)) }) }
    func sum(_ path: KeyPath<WorkerStatus, UInt64>) -> JSON {
      number(status.workers.reduce(0) { $0 + $1[keyPath: path] })
    }
    return .object([
      ("version", .string(status.version)), ("started_at", .integer(status.startedAt)),
      ("revision", number(status.revision)), ("tokens", number(status.tokens)),
      ("index_bytes", number(status.indexBytes)), ("resident_bytes", number(status.residentBytes)),
      ("cpu_nanoseconds", number(status.cpuNanoseconds)), ("waiting_calls", number(status.waitingCalls)),
      ("changes_fail", .bool(status.changesFail)), ("database_damaged", .bool(status.databaseDamaged)),
      ("database_unreadable", .bool(status.databaseUnreadable)), ("disk_full", .bool(status.diskFull)),
      ("workers", .integer(Int64(status.workers.count))),
      ("validation_connections", sum(\.validationConnections)),
      ("administration_connections", sum(\.administrationConnections)), ("turned_away", sum(\.turnedAway)),
      ("verdicts", counts(status.verdicts)), ("refusals", counts(status.refusals)),
    ])
  }
}
