// Output for programs.
// This file is the one import site of jansson.

private import CJansson
private import Glibc

/// A JSON value to print. Members of an object keep their order.
indirect enum JSON: Sendable {
  case string(String)
  case integer(Int64)
  case bool(Bool)
  case null
  case array([JSON])
  case object([(String, JSON)])

  static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
  /// Null for an empty text.
  static func orNull(_ text: String) -> JSON { text.isEmpty ? .null : .string(text) }
  /// Null for a moment that is none.
  static func orNull(_ seconds: Int64) -> JSON { seconds == 0 ? .null : .integer(seconds) }

  /// The value on indented lines, in ASCII, without a final newline. No text in it can steer a terminal.
  ///
  /// The call is json_dumps(3).
  // JSON_INDENT(2) is 2: Swift does not see that macro.
  var text: String { dumped(2) }

  /// The value on one line, in ASCII, without a newline.
  var line: String { dumped(Int(JSON_COMPACT)) }

  private func dumped(_ layout: Int) -> String {
    let value = unsafe encoded()
    defer { unsafe json_decref(value) }
    let flags = layout | Int(JSON_ENSURE_ASCII) | Int(JSON_ENCODE_ANY)
    guard let text = unsafe json_dumps(value, flags) else { fatalError("out of memory") }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }

  /// Reads one value.
  /// - Returns: nil if `bytes` are none, or hold numbers that are no integers. The call is json_loadb(3).
  init?(parsing bytes: [UInt8]) {
    let value = unsafe bytes.withUnsafeBytes { raw in
      unsafe json_loadb(
        raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count, Int(JSON_REJECT_DUPLICATES), nil)
    }
    guard let value = unsafe value else { return nil }
    defer { unsafe json_decref(value) }
    guard let decoded = unsafe JSON(decoding: value) else { return nil }
    self = decoded
  }

  private init?(decoding value: UnsafeMutablePointer<json_t>) {
    switch unsafe value.pointee.type {
    case JSON_STRING: self = unsafe .string(String(cString: json_string_value(value)))
    case JSON_INTEGER: self = unsafe .integer(Int64(json_integer_value(value)))
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    case JSON_NULL: self = .null
    case JSON_ARRAY:
      var elements: [JSON] = []
      let count = unsafe json_array_size(value)
      for index in 0..<count {
        guard let element = unsafe json_array_get(value, index), let decoded = unsafe JSON(decoding: element) else {
          return nil
        }
        elements.append(decoded)
      }
      self = .array(elements)
    case JSON_OBJECT:
      var members: [(String, JSON)] = []
      var iterator = unsafe json_object_iter(value)
      while let member = unsafe iterator {
        guard let inner = unsafe json_object_iter_value(member), let decoded = unsafe JSON(decoding: inner) else {
          return nil
        }
        unsafe members.append((String(cString: json_object_iter_key(member)), decoded))
        unsafe iterator = json_object_iter_next(value, member)
      }
      self = .object(members)
    default: return nil
    }
  }

  /// A new reference, which the caller releases or gives to an array or object.
  private func encoded() -> UnsafeMutablePointer<json_t> {
    let value =
      switch self {
      case .string(let text): unsafe json_stringn(text, text.utf8.count)
      case .integer(let number): unsafe json_integer(number)
      case .bool(let flag): unsafe flag ? json_true() : json_false()
      case .null: unsafe json_null()
      case .array: unsafe json_array()
      case .object: unsafe json_object()
      }
    // Swift's text is always valid UTF-8, so nothing but memory can be lacking; and that ends the program, as it does
    // with Swift's own allocations.
    guard let value = unsafe value else { fatalError("out of memory") }
    switch self {
    case .array(let elements):
      for element in elements {
        guard unsafe json_array_append_new(value, element.encoded()) == 0 else { fatalError("out of memory") }
      }
    case .object(let members):
      for (name, member) in members {
        guard unsafe json_object_set_new(value, name, member.encoded()) == 0 else { fatalError("out of memory") }
      }
    case .string, .integer, .bool, .null: break
    }
    return unsafe value
  }
}
