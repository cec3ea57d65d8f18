// The memory that C messages point into, with an owner and a bound.

internal import CTokendProto
private import Glibc

/// What a message being packed points to. All of it is freed when the value goes.
@safe final class Memory {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  deinit {
    unsafe blocks.forEach { unsafe free($0) }
  }

  private func allocate<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
    let bytes = max(1, count * MemoryLayout<T>.stride)
    guard let block = unsafe malloc(bytes) else { fatalError("no memory for a reply") }
    unsafe blocks.append(block)
    return unsafe block.bindMemory(to: T.self, capacity: max(1, count))
  }

  /// A copy of `text` with a final zero.
  func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    let bytes = Array(text.utf8)
    let copy = unsafe allocate(bytes.count + 1, of: CChar.self)
    for (index, byte) in bytes.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
    unsafe copy[bytes.count] = 0
    return unsafe copy
  }

  /// An array of copies of `texts`.
  func texts(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    unsafe array(texts.map { unsafe text($0) })
  }

  /// A structure filled with `message`.
  func message<M: CMessage>(_ message: M) -> UnsafeMutableRawPointer {
    let raw = unsafe UnsafeMutableRawPointer(allocate(M.layout.bytes, of: UInt8.self))
    unsafe M.layout.prepare(raw)
    unsafe M.layout.store(message, raw, self)
    return unsafe raw
  }

  /// A copy of `elements`.
  func array<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element?> {
    let array = unsafe allocate(elements.count, of: Element?.self)
    for (index, element) in elements.enumerated() { unsafe (array + index).initialize(to: element) }
    return unsafe array
  }
}

/// A bound on what unpacking one message may allocate: a few bytes on the wire can ask for many in memory.
final class Budget {
  private var left: Int
  private(set) var isExhausted = false

  init(bytes: Int) { left = bytes }

  private func take(_ bytes: Int) -> Bool {
    // A block costs its header too.
    guard bytes + 32 <= left else {
      isExhausted = true
      return false
    }
    left -= bytes + 32
    return true
  }

  /// An allocator that charges this budget, which must outlive it.
  var allocator: ProtobufCAllocator {
    unsafe ProtobufCAllocator(
      alloc: { context, bytes in
        guard let context = unsafe context else { return nil }
        let budget = unsafe Unmanaged<Budget>.fromOpaque(context).takeUnretainedValue()
        return unsafe budget.take(bytes) ? malloc(bytes) : nil
      },
      free: { _, block in unsafe Glibc.free(block) },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
  }
}
