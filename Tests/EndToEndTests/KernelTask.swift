// Threads of a daemon, as the kernel sees them.

import Harness
import Foundation

/// A thread, as proc(5) shows it.
struct KernelTask {
  let path: String

  var id: Int32 { Int32(path.split(separator: "/").last ?? "") ?? 0 }

  private func read(_ name: String) throws -> String {
    try String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }

  var name: String { get throws { try read("comm") } }

  /// Nanoseconds that it has run.
  func processorTime() throws -> Int { Int(try read("schedstat").split(separator: " ").first ?? "") ?? 0 }

  /// What nice(1) says of it.
  func niceness() throws -> Int {
    // The nineteenth word of the line, of which the name in brackets is the second.
    let words = try read("stat").split(separator: ")").last?.split(separator: " ") ?? []
    return words.count > 16 ? Int(words[16]) ?? 0 : 0
  }

  /// How long the scheduler lets it run at a time, in nanoseconds; nil if proc(5) does not tell.
  func slice() throws -> Int? {
    let line = try read("sched").split(separator: "\n").first { $0.hasPrefix("se.slice ") }
    return line?.split(separator: " ").last.flatMap { Int($0) }
  }

  /// Whether slices are single threads' (from Linux 6.12 on), and told of.
  static var showsSlices: Bool {
    let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    return release.compare("6.12", options: .numeric) != .orderedAscending
      && (try? KernelTask(path: "/proc/thread-self").slice()) != nil
  }

  func isAsleep() throws -> Bool { try read("stat").split(separator: ")").last?.hasPrefix(" S") ?? false }

  /// Whether it is in epoll_wait(2) without a time-out.
  func sleepsUntilWoken() throws -> Bool {
    let words = try read("syscall").split(separator: " ")
    // 232 is epoll_wait on x86-64, 22 is epoll_pwait on arm64; the fourth argument is the time-out.
    return words.count > 4 && ["232", "22"].contains(words[0]) && words[4].hasSuffix("ffffffff")
  }
}

extension RunningDaemon {
  func workers() throws -> [KernelTask] { try threads("tokend-worker") }

  /// The threads whose names begin so.
  func threads(_ prefix: String) throws -> [KernelTask] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").sorted()
      .map { KernelTask(path: "/proc/\(pid)/task/\($0)") }.filter { try $0.name.hasPrefix(prefix) }
  }
}

/// Looks until it is so, often enough for the slowest machine; `false` if it never was.
func becomes(_ condition: () throws -> Bool) throws -> Bool {
  for _ in 0..<200_000 where try condition() { return true }
  return false
}
