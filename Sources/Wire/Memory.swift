// The memory that C messages point into, with an owner and a bound.

internal import CTokendProto
private import Glibc

/// What a message being packed points to. All of it is wiped and freed when the value goes: it may bear a secret.
@safe final class Memory {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  deinit {
    unsafe blocks.forEach { unsafe Block.wipeAndFree($0) }
  }

  private func allocate<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
    let bytes = max(1, count * MemoryLayout<T>.stride)
    guard let block = unsafe Block.allocate(bytes) else { fatalError("no memory for a reply") }
    unsafe blocks.append(block)
    return unsafe block.bindMemory(to: T.self, capacity: max(1, count))
  }

  /// A copy of `text` with a final zero.
  func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    var text = text
    return text.withUTF8 { bytes in
      let copy = unsafe allocate(bytes.count + 1, of: CChar.self)
      for unsafe(index, byte) in unsafe bytes.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
      unsafe copy[bytes.count] = 0
      return unsafe copy
    }
  }

  /// An array of copies of `texts`.
  func texts(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    unsafe array(texts.map { unsafe text($0) })
  }

  /// A copy of `bytes`.
  func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    let copy = unsafe allocate(bytes.count, of: UInt8.self)
    unsafe bytes.withUnsafeBufferPointer {
      if let start = $0.baseAddress { unsafe copy.initialize(from: start, count: $0.count) }
    }
    return unsafe ProtobufCBinaryData(len: bytes.count, data: copy)
  }

  /// An array of copies of `all`.
  func manyBytes(_ all: [[UInt8]]) -> UnsafeMutablePointer<ProtobufCBinaryData> {
    let array = unsafe allocate(all.count, of: ProtobufCBinaryData.self)
    for (index, one) in all.enumerated() { unsafe (array + index).initialize(to: bytes(one)) }
    return unsafe array
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
        return unsafe budget.take(bytes) ? Block.allocate(bytes) : nil
      },
      free: { _, block in unsafe Block.wipeAndFree(block) },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
  }
}

/// Memory of malloc's that knows its size, so that it can be wiped.
private enum Block {
  /// What stands before the bytes: their number, and padding that keeps them aligned.
  private static let header = 16

  static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard bytes >= 0, bytes < .max - header, let block = unsafe malloc(bytes + header) else { return nil }
    unsafe block.storeBytes(of: bytes, as: Int.self)
    return unsafe block + header
  }

  /// The call is explicit_bzero(3).
  static func wipeAndFree(_ bytes: UnsafeMutableRawPointer?) {
    guard let bytes = unsafe bytes else { return }
    unsafe explicit_bzero(bytes, (bytes - header).load(as: Int.self))
    unsafe free(bytes - header)
  }
}
