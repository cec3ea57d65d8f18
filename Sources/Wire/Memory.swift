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
    let array = unsafe allocate(texts.count, of: UnsafeMutablePointer<CChar>?.self)
    for (index, text) in texts.enumerated() {
      unsafe (array + index).initialize(to: self.text(text))
    }
    return unsafe array
  }

  func message<M: CMessage>(_ message: M) -> UnsafeMutablePointer<M.Raw> {
    let raw = unsafe allocate(1, of: M.Raw.self)
    unsafe raw.initialize(to: M.empty())
    unsafe message.fill(&raw.pointee, self)
    return unsafe raw
  }

  func messages<M: CMessage>(_ messages: [M]) -> UnsafeMutablePointer<UnsafeMutablePointer<M.Raw>?> {
    let array = unsafe allocate(messages.count, of: UnsafeMutablePointer<M.Raw>?.self)
    for (index, message) in messages.enumerated() {
      unsafe (array + index).initialize(to: self.message(message))
    }
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
