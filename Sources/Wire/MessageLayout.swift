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
      for field in fields { unsafe field.load(&message, raw.assumingMemoryBound(to: Raw.self)) }
    }
    unsafe store = { message, raw, memory in
      for field in fields { unsafe field.store(message, raw.assumingMemoryBound(to: Raw.self), memory) }
    }
  }
}

/// One field of message `M`, and of the structure `Raw`.
@safe struct Field<M, Raw>: Sendable {
  typealias Text = UnsafeMutablePointer<CChar>
  typealias Path<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

  let load: @Sendable (inout M, UnsafePointer<Raw>) -> Void
  let store: @Sendable (M, UnsafeMutablePointer<Raw>, Memory) -> Void

  /// A string.
  static func text(_ own: Path<M, String>, _ raw: Path<Raw, Text?>) -> Field {
    unsafe Field(
      load: { $0[keyPath: own] = unsafe Wire.text($1.pointee[keyPath: raw]) },
      store: { unsafe $1.pointee[keyPath: raw] = unsafe $2.text($0[keyPath: own]) })
  }

  /// A repeated string.
  static func texts(
    _ own: Path<M, [String]>, _ raw: Path<Raw, UnsafeMutablePointer<Text?>?>, _ count: Path<Raw, Int>
  ) -> Field {
    unsafe Field(
      load: { $0[keyPath: own] = unsafe Wire.texts($1.pointee[keyPath: raw], $1.pointee[keyPath: count]) },
      store: {
        unsafe $1.pointee[keyPath: raw] = unsafe $2.texts($0[keyPath: own])
        unsafe $1.pointee[keyPath: count] = $0[keyPath: own].count
      })
  }

  /// Bytes, such as a secret, which whoever reads the message can wipe.
  static func bytes(_ own: Path<M, [UInt8]>, _ raw: Path<Raw, ProtobufCBinaryData>) -> Field {
    unsafe Field(
      load: { $0[keyPath: own] = unsafe Wire.bytes($1.pointee[keyPath: raw]) },
      store: { unsafe $1.pointee[keyPath: raw] = unsafe $2.bytes($0[keyPath: own]) })
  }

  /// Repeated bytes.
  static func manyBytes(
    _ own: Path<M, [[UInt8]]>, _ raw: Path<Raw, UnsafeMutablePointer<ProtobufCBinaryData>?>, _ count: Path<Raw, Int>
  ) -> Field {
    unsafe Field(
      load: { message, pointer in
        message[keyPath: own] = unsafe (0..<pointer.pointee[keyPath: count]).compactMap { index in
          unsafe pointer.pointee[keyPath: raw].map { unsafe Wire.bytes($0[index]) }
        }
      },
      store: { message, pointer, memory in
        unsafe pointer.pointee[keyPath: raw] = unsafe memory.manyBytes(message[keyPath: own])
        unsafe pointer.pointee[keyPath: count] = message[keyPath: own].count
      })
  }

  /// A number whose type is the same on both sides.
  static func number<N: FixedWidthInteger & SendableMetatype>(_ own: Path<M, N>, _ raw: Path<Raw, N>) -> Field {
    unsafe Field(
      load: { $0[keyPath: own] = unsafe $1.pointee[keyPath: raw] },
      store: { message, pointer, _ in unsafe pointer.pointee[keyPath: raw] = message[keyPath: own] })
  }

  /// A yes or no, which C has as an int.
  static func flag(_ own: Path<M, Bool>, _ raw: Path<Raw, Int32>) -> Field {
    unsafe Field(
      load: { $0[keyPath: own] = unsafe $1.pointee[keyPath: raw] != 0 },
      store: { message, pointer, _ in unsafe pointer.pointee[keyPath: raw] = message[keyPath: own] ? 1 : 0 })
  }

  /// A value of an enumeration, as a number: a newer peer may send one that is not known here.
  static func choice<E: RawRepresentable & SendableMetatype>(
    _ own: Path<M, UInt32>, _ raw: Path<Raw, E>
  ) -> Field where E.RawValue == UInt32 {
    unsafe Field(
      load: { $0[keyPath: own] = unsafe $1.pointee[keyPath: raw].rawValue },
      store: { message, pointer, _ in
        if let value = E(rawValue: message[keyPath: own]) { unsafe pointer.pointee[keyPath: raw] = value }
      })
  }

  /// A message.
  static func message<Inner: CMessage, InnerRaw>(
    _ own: Path<M, Inner>, _ raw: Path<Raw, UnsafeMutablePointer<InnerRaw>?>
  ) -> Field {
    precondition(Inner.layout.structure == ObjectIdentifier(InnerRaw.self))
    return unsafe Field(
      load: {
        if let inner = unsafe $1.pointee[keyPath: raw] { $0[keyPath: own] = unsafe Inner(UnsafeRawPointer(inner)) }
      },
      store: {
        unsafe $1.pointee[keyPath: raw] = unsafe $2.message($0[keyPath: own]).assumingMemoryBound(to: InnerRaw.self)
      })
  }

  /// A repeated message.
  static func messages<Inner: CMessage, InnerRaw>(
    _ own: Path<M, [Inner]>, _ raw: Path<Raw, UnsafeMutablePointer<UnsafeMutablePointer<InnerRaw>?>?>,
    _ count: Path<Raw, Int>
  ) -> Field {
    precondition(Inner.layout.structure == ObjectIdentifier(InnerRaw.self))
    return unsafe Field(
      load: { message, pointer in
        message[keyPath: own] = unsafe (0..<pointer.pointee[keyPath: count]).compactMap { index in
          unsafe pointer.pointee[keyPath: raw]?[index].map { unsafe Inner(UnsafeRawPointer($0)) }
        }
      },
      store: { message, pointer, memory in
        unsafe pointer.pointee[keyPath: raw] = unsafe memory.array(
          message[keyPath: own].map { unsafe memory.message($0).assumingMemoryBound(to: InnerRaw.self) })
        unsafe pointer.pointee[keyPath: count] = message[keyPath: own].count
      })
  }
}
