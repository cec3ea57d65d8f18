// A block of memory that several threads, or processes, map at the same time, and atomics on it.

private import CLinux
private import Glibc

/// A zeroed memfd(2), mapped for reading and writing and unmapped when the last reference goes. Every access is checked
/// against the size; words are read and written atomically, so that readers never need a lock.
///
/// It is Sendable because it has no state but the memory, which is only touched atomically or, before it is published
/// through an atomic word, by its one writer.
package final class SharedRegion: Sendable {
  package let bytes: Int
  private let descriptor: Descriptor
  private let base: Int

  /// The system calls are memfd_create(2), ftruncate(2) and mmap(2).
  /// - Throws: ENOMEM if there is no room.
  package init(bytes: Int) throws(Errno) {
    precondition(bytes > 0)
    let memory = try Descriptor(owning: check("memfd_create") { unsafe clinux_memfd("tokend-index") })
    try check("ftruncate") { ftruncate(memory.fd, bytes) }
    let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0)
    guard let address = unsafe address, Int(bitPattern: address) != -1 else { throw .last(in: "mmap") }
    base = Int(bitPattern: address)
    descriptor = memory
    self.bytes = bytes
  }

  deinit {
    _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: base), bytes)
  }

  /// The address of `count` bytes at `offset`, which are within the mapping.
  @inline(__always)
  private func at(_ offset: Int, _ count: Int) -> UnsafeMutableRawPointer {
    precondition(offset >= 0 && offset <= bytes - count)
    return unsafe UnsafeMutableRawPointer(bitPattern: base &+ offset).unsafelyUnwrapped
  }

  // Relaxed, acquiring and releasing words. Offsets are multiples of the word's size.

  @inline(__always) package func load32(_ offset: Int) -> UInt32 { unsafe clinux_load32(at(offset, 4)) }
  @inline(__always) package func load64(_ offset: Int) -> UInt64 { unsafe clinux_load64(at(offset, 8)) }
  @inline(__always) package func acquire32(_ offset: Int) -> UInt32 { unsafe clinux_acquire32(at(offset, 4)) }
  @inline(__always) package func acquire64(_ offset: Int) -> UInt64 { unsafe clinux_acquire64(at(offset, 8)) }
  @inline(__always) package func store32(_ offset: Int, _ value: UInt32) { unsafe clinux_store32(at(offset, 4), value) }
  @inline(__always) package func store64(_ offset: Int, _ value: UInt64) { unsafe clinux_store64(at(offset, 8), value) }
  @inline(__always) package func release32(_ offset: Int, _ value: UInt32) {
    unsafe clinux_release32(at(offset, 4), value)
  }
  @inline(__always) package func release64(_ offset: Int, _ value: UInt64) {
    unsafe clinux_release64(at(offset, 8), value)
  }
  /// Loads before this stay before the loads and stores after it.
  @inline(__always) package func fenceAcquire() { clinux_fence_acquire() }
  /// Stores after this stay after the loads and stores before it.
  @inline(__always) package func fenceRelease() { clinux_fence_release() }

  /// Lends `range` to `body`. The bytes must not be changed while it runs: only text that is written once, before it
  /// is referred to, may be read so.
  @inline(__always)
  package func withBytes<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let pointer = unsafe at(range.lowerBound, range.count).assumingMemoryBound(to: UInt8.self)
    return try body(unsafe Span(_unsafeStart: pointer, count: range.count))
  }

  /// Writes `source` at `offset`, where no reader looks yet.
  package func write(_ source: Span<UInt8>, at offset: Int) {
    let target = unsafe at(offset, source.count)
    unsafe source.withUnsafeBytes {
      unsafe target.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(target), byteCount: $0.count)
    }
  }

  /// Copies `range` of `source` to `offset`, where no reader looks yet.
  package func copy(_ range: Range<Int>, of source: SharedRegion, to offset: Int) {
    source.withBytes(range) { write($0, at: offset) }
  }
}
