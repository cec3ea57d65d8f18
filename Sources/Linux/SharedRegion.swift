// A block of memory that several threads use at the same time, and atomics on it.

public import CLinux
private import Glibc

/// Zeroed memory, mapped for reading and writing and unmapped when the last reference goes. Every access is checked
/// against the size; words are read and written atomically, so that readers never need a lock.
///
/// What readers do is public, as the compiler inlines calls into C across modules only from what is public, and a call for
/// each word would cost more than the word.
///
/// It is Sendable because it has no state but the memory, which is only touched atomically or, before it is published
/// through an atomic word, by its one writer.
public final class SharedRegion: Sendable {
  public let bytes: Int
  @usableFromInline let base: Int

  /// Address space for `bytes` of memory, in huge pages if the kernel has them: a look-up at random then misses the cache
  /// once, not again for the page's address. Memory is taken when it is first touched, or by `take`.
  ///
  /// The system calls are mmap(2) and madvise(2).
  /// - Parameter inHugePages: false for memory of which little may ever be touched.
  /// - Throws: ENOMEM if there is no room.
  package init(bytes: Int, inHugePages: Bool = true) throws(Errno) {
    precondition(bytes > 0)
    let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address = unsafe address, Int(bitPattern: address) != -1 else { throw .last(in: "mmap") }
    base = Int(bitPattern: address)
    self.bytes = bytes
    // Advice that a kernel does not know changes nothing but the speed.
    if inHugePages { _ = unsafe madvise(address, bytes, Self.hugePages) }
  }

  /// Takes the memory for `range`, so that a shortage is an error here and not the end of the process when it is touched.
  ///
  /// The system call is madvise(2).
  /// - Throws: ENOMEM if there is none.
  package func take(_ range: Range<Int>) throws(Errno) {
    // Whole pages; what was taken before stays as it is.
    let start = range.lowerBound & ~4095
    let end = min(bytes, (range.upperBound + 4095) & ~4095)
    guard start < end else { return }
    if unsafe madvise(at(start, end - start), end - start, Self.populate) != 0, errno != EINVAL {
      throw .last(in: "madvise")
    }
  }

  /// MADV_HUGEPAGE and MADV_POPULATE_WRITE, which the module map of the C library leaves out.
  private static let hugePages: Int32 = 14
  private static let populate: Int32 = 23

  deinit {
    _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: base), bytes)
  }

  /// The address of `count` bytes at `offset`, which are within the mapping.
  @inlinable @inline(__always) func at(_ offset: Int, _ count: Int) -> UnsafeMutableRawPointer {
    precondition(offset >= 0 && offset <= bytes - count)
    return unsafe UnsafeMutableRawPointer(bitPattern: base &+ offset).unsafelyUnwrapped
  }

  // Relaxed, acquiring and releasing words. Offsets are multiples of the word's size.

  @inlinable @inline(__always) public func load32(_ offset: Int) -> UInt32 { unsafe clinux_load32(at(offset, 4)) }
  @inlinable @inline(__always) public func load64(_ offset: Int) -> UInt64 { unsafe clinux_load64(at(offset, 8)) }
  @inlinable @inline(__always) public func acquire32(_ offset: Int) -> UInt32 { unsafe clinux_acquire32(at(offset, 4)) }
  @inlinable @inline(__always) public func acquire64(_ offset: Int) -> UInt64 { unsafe clinux_acquire64(at(offset, 8)) }
  @inlinable @inline(__always) public func store32(_ offset: Int, _ value: UInt32) {
    unsafe clinux_store32(at(offset, 4), value)
  }
  @inlinable @inline(__always) public func store64(_ offset: Int, _ value: UInt64) {
    unsafe clinux_store64(at(offset, 8), value)
  }
  @inlinable @inline(__always) public func release32(_ offset: Int, _ value: UInt32) {
    unsafe clinux_release32(at(offset, 4), value)
  }
  @inlinable @inline(__always) public func release64(_ offset: Int, _ value: UInt64) {
    unsafe clinux_release64(at(offset, 8), value)
  }
  /// Loads before this stay before the loads and stores after it.
  @inlinable @inline(__always) public func fenceAcquire() { clinux_fence_acquire() }
  /// Stores after this stay after the loads and stores before it.
  @inlinable @inline(__always) public func fenceRelease() { clinux_fence_release() }

  /// Exchanges a word for 0; loads and stores of this thread stay on their side of it.
  @inlinable @inline(__always) public func take64(_ offset: Int) -> UInt64 { unsafe clinux_take64(at(offset, 8)) }
  /// Stores a byte, after all that was stored before.
  @inlinable @inline(__always) public func release8(_ offset: Int, _ value: UInt8) {
    unsafe clinux_release8(at(offset, 1), value)
  }
  /// Exchanges a byte for 0, as `take64` does.
  @inlinable @inline(__always) public func take8(_ offset: Int) -> UInt8 { unsafe clinux_take8(at(offset, 1)) }
  /// Says that the line at `offset` will be touched soon.
  @inlinable @inline(__always) public func prefetch(_ offset: Int) { unsafe clinux_prefetch(at(offset, 1)) }

  /// The bytes of `range`, which must not be changed while they are read: only text that is written once, before it is
  /// referred to, may be read so.
  @inlinable
  @inline(__always)
  @_lifetime(borrow self)
  package func text(_ range: Range<Int>) -> Span<UInt8> {
    let pointer = unsafe at(range.lowerBound, range.count).assumingMemoryBound(to: UInt8.self)
    return unsafe _overrideLifetime(Span(_unsafeStart: pointer, count: range.count), borrowing: self)
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
    write(source.text(range), at: offset)
  }
}
