// The bounded queue between threads.

import Linux
import Testing

@testable import TokenDaemon

@Suite struct MailboxTests {
  @Test func `elements come out in order, a batch at a time, and the bell rings while some are left`() throws {
    let box = try Mailbox<Int>(capacity: 5)
    for number in 0..<5 { #expect(box.put(number)) }
    #expect(!box.put(5))
    #expect(box.take(most: 3) == [0, 1, 2])
    try box.wakeup.wait(nil)
    #expect(box.take(most: 3) == [3, 4])
    #expect(box.take(most: 3) == [])
  }

  @Test func `a wait is rounded up to whole milliseconds`() {
    let waits: [(Duration, Int32)] = [
      (.zero, 0), (.seconds(-3), 0), (.nanoseconds(1), 1), (.milliseconds(900), 900), (.microseconds(900_001), 901),
      (.milliseconds(-5), 0), (.seconds(1 << 40), .max),
    ]
    for (wait, milliseconds) in waits { #expect(wait.wholeMilliseconds == milliseconds, "\(wait)") }
  }

  @Test func `a closed box takes nothing more, and gives what it has`() throws {
    let box = try Mailbox<Int>(capacity: 5)
    #expect(box.put(1))
    box.close()
    #expect(!box.put(2) && !box.isClosedAndEmpty)
    #expect(box.take(most: 9) == [1])
    #expect(box.isClosedAndEmpty)
  }

  @Test func `outcomes are taken above the bound: they answer what was let in`() throws {
    let box = try Mailbox<Int>(capacity: 1)
    box.put(all: [1, 2, 3])
    #expect(box.take(most: .max) == [1, 2, 3])
  }
}
