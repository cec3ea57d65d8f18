// How a Swift message and protoc-c's structure correspond: stated once, field by field, used in both directions.

internal import CTokendProto

/// The layout of message `M` as libprotobuf-c has it.
///
/// It is safe because it only ever applies its fields to the structure that they were made for: `init` ties them.
@safe struct MessageLayout<M>: Sendable {
  let structure: ObjectIdentifier
  let bytes: Int
  let prepare: @Sendable (UnsafeMutableRawPointer) -> Void
  let load: @Sendable (inout M, UnsafeRawPointer) -> Void
  let store: @Sendable (M, UnsafeMutableRawPointer, Memory) -> Void

  /// - Parameter initialize: protoc-c's `…__init`, which makes a structure an empty message.
  init<Raw>(_ initialize: @escaping @Sendable (UnsafeMutablePointer<Raw>?) -> Void, _ fields: [Field<M, Raw>]) {
    structure = ObjectIdentifier(Raw.self)
    bytes = MemoryLayout<Raw>.stride
    unsafe prepare = { unsafe initialize($0.bindMemory(to: Raw.self, capacity: 1)) }
    unsafe load = { message, raw in
      unsafe withUnsafeMutablePointer(to: &message) { message in
        for field in fields { unsafe field.load(message, raw.assumingMemoryBound(to: Raw.self)) }
      }
    }
    unsafe store = { message, raw, memory in
      unsafe withUnsafePointer(to: message) { message in
        for field in fields { unsafe field.store(message, raw.assumingMemoryBound(to: Raw.self), memory) }
      }
    }
  }
}

/// Where a stored property lies in its structure: found once, as following a key path takes longer than what is done with
/// the value.
@safe private struct Place<Root, Value>: Sendable {
  private let offset: Int

  init(_ path: any KeyPath<Root, Value> & Sendable) {
    guard let offset = MemoryLayout<Root>.offset(of: path) else { preconditionFailure("\(path) is computed") }
    self.offset = offset
  }

  func `in`(_ root: UnsafePointer<Root>) -> UnsafePointer<Value> {
    unsafe (UnsafeRawPointer(root) + offset).assumingMemoryBound(to: Value.self)
  }

  func `in`(_ root: UnsafeMutablePointer<Root>) -> UnsafeMutablePointer<Value> {
    unsafe (UnsafeMutableRawPointer(root) + offset).assumingMemoryBound(to: Value.self)
  }
}

/// One field of message `M`, and of the structure `Raw`.
@safe struct Field<M, Raw>: Sendable {
  typealias Text = UnsafeMutablePointer<CChar>
  typealias Path<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

  let load: @Sendable (UnsafeMutablePointer<M>, UnsafePointer<Raw>) -> Void
  let store: @Sendable (UnsafePointer<M>, UnsafeMutablePointer<Raw>, Memory) -> Void

  /// A field of one property here and one there.
  private init<Own, Other>(
    _ own: Path<M, Own>, _ raw: Path<Raw, Other>, load: @escaping @Sendable (inout Own, Other) -> Void,
    store: @escaping @Sendable (Own, inout Other, Memory) -> Void
  ) {
    let own = Place(own)
    let raw = Place(raw)
    unsafe self.load = { unsafe load(&own.in($0).pointee, raw.in($1).pointee) }
    unsafe self.store = { unsafe store(own.in($0).pointee, &raw.in($1).pointee, $2) }
  }

  /// A field of one property here, and of one there that says how many there are of what another points to.
  private init<Own, Other>(
    _ own: Path<M, [Own]>, _ raw: Path<Raw, UnsafeMutablePointer<Other>?>, _ count: Path<Raw, Int>,
    load: @escaping @Sendable (UnsafeBufferPointer<Other>) -> [Own],
    store: @escaping @Sendable ([Own], Memory) -> UnsafeMutablePointer<Other>
  ) {
    let own = Place(own)
    let raw = unsafe Place(raw)
    let count = Place(count)
    unsafe self.load = {
      let found = unsafe raw.in($1).pointee
      let bound = unsafe found == nil ? 0 : count.in($1).pointee
      unsafe own.in($0).pointee = unsafe load(UnsafeBufferPointer(start: found, count: bound))
    }
    unsafe self.store = {
      let values = unsafe own.in($0).pointee
      // An empty one is what it was prepared to be.
      guard !values.isEmpty else { return }
      unsafe raw.in($1).pointee = unsafe store(values, $2)
      unsafe count.in($1).pointee = values.count
    }
  }

  /// A string.
  static func text(_ own: Path<M, String>, _ raw: Path<Raw, Text?>) -> Field {
    unsafe Field(
      own, raw, load: { $0 = unsafe Wire.text($1) },
      // An empty one is what it was prepared to be.
      store: { if !$0.isEmpty { unsafe $1 = unsafe $2.text($0) } })
  }

  /// A repeated string.
  static func texts(
    _ own: Path<M, [String]>, _ raw: Path<Raw, UnsafeMutablePointer<Text?>?>, _ count: Path<Raw, Int>
  ) -> Field {
    unsafe Field(
      own, raw, count, load: { unsafe $0.map { unsafe Wire.text($0) } }, store: { unsafe $1.texts($0) })
  }

  /// Bytes, such as a secret, which whoever reads the message can wipe.
  static func bytes(_ own: Path<M, [UInt8]>, _ raw: Path<Raw, ProtobufCBinaryData>) -> Field {
    unsafe Field(own, raw, load: { $0 = unsafe Wire.bytes($1) }, store: { unsafe $1 = unsafe $2.bytes($0) })
  }

  /// Repeated bytes.
  static func manyBytes(
    _ own: Path<M, [[UInt8]]>, _ raw: Path<Raw, UnsafeMutablePointer<ProtobufCBinaryData>?>, _ count: Path<Raw, Int>
  ) -> Field {
    unsafe Field(
      own, raw, count, load: { unsafe $0.map { unsafe Wire.bytes($0) } }, store: { unsafe $1.manyBytes($0) })
  }

  /// A number whose type is the same on both sides.
  static func number<N: FixedWidthInteger & SendableMetatype>(_ own: Path<M, N>, _ raw: Path<Raw, N>) -> Field {
    Field(own, raw, load: { $0 = $1 }, store: { own, raw, _ in raw = own })
  }

  /// A yes or no, which C has as an int.
  static func flag(_ own: Path<M, Bool>, _ raw: Path<Raw, Int32>) -> Field {
    Field(own, raw, load: { $0 = $1 != 0 }, store: { own, raw, _ in raw = own ? 1 : 0 })
  }

  /// A value of an enumeration, as a number: a newer peer may send one that is not known here.
  static func choice<E: RawRepresentable & SendableMetatype>(
    _ own: Path<M, UInt32>, _ raw: Path<Raw, E>
  ) -> Field where E.RawValue == UInt32 {
    Field(own, raw, load: { $0 = $1.rawValue }, store: { own, raw, _ in raw = E(rawValue: own) ?? raw })
  }

  /// A message.
  static func message<Inner: CMessage, InnerRaw>(
    _ own: Path<M, Inner>, _ raw: Path<Raw, UnsafeMutablePointer<InnerRaw>?>
  ) -> Field {
    precondition(Inner.layout.structure == ObjectIdentifier(InnerRaw.self))
    return unsafe Field(
      own, raw, load: { if let inner = unsafe $1 { $0 = unsafe Inner(UnsafeRawPointer(inner)) } },
      store: { unsafe $1 = unsafe $2.message($0).assumingMemoryBound(to: InnerRaw.self) })
  }

  /// A repeated message.
  static func messages<Inner: CMessage, InnerRaw>(
    _ own: Path<M, [Inner]>, _ raw: Path<Raw, UnsafeMutablePointer<UnsafeMutablePointer<InnerRaw>?>?>,
    _ count: Path<Raw, Int>
  ) -> Field {
    precondition(Inner.layout.structure == ObjectIdentifier(InnerRaw.self))
    return unsafe Field(
      own, raw, count,
      load: { unsafe $0.compactMap { unsafe $0.map { unsafe Inner(UnsafeRawPointer($0)) } } },
      store: { messages, memory in
        unsafe memory.array(messages.map { unsafe memory.message($0).assumingMemoryBound(to: InnerRaw.self) })
      })
  }
}
