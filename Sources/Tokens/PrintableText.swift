// What a text that people will read may hold. A terminal, a log and a web page must be able to show it as it is.

/// The rule for names, descriptions and reasons.
package enum PrintableText {
  /// Whether `scalar` shows as itself: it is no control, no invisible mark (such as one that turns the direction of
  /// writing), no blank but the space, no line break, and is assigned at all.
  package static func shows(_ scalar: Unicode.Scalar) -> Bool {
    // Most texts are ASCII, of which no table need be asked.
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
    case .spaceSeparator: scalar == " "
    // U+2800 is Braille without a dot. Default-ignorable ones, such as Hangul fillers, are letters that show nothing.
    default: !scalar.properties.isDefaultIgnorableCodePoint && scalar != "\u{2800}"
    }
  }

  /// Checks a text of a request, which may be empty.
  /// - Throws: a refusal with the code `FIELD_TOO_LONG` or `INVALID_FIELD`, FIELD being the field's name.
  package static func check(_ text: String, field: String, mostBytes: Int) throws(Refusal) {
    guard text.utf8.count <= mostBytes else {
      throw Refusal(
        .invalid, "\(field.uppercased())_TOO_LONG", field,
        "\(field) has \(text.utf8.count) bytes; at most \(mostBytes) are allowed: shorten it")
    }
    guard text.unicodeScalars.allSatisfy(shows), text.unicodeScalars.first != " ", text.unicodeScalars.last != " "
    else {
      throw Refusal(
        .invalid, "INVALID_\(field.uppercased())", field,
        "\(field) holds a control or invisible character, or begins or ends with a space: use printable characters")
    }
  }

  /// A text from elsewhere, so that it can be told: in what shows, and cut to `mostBytes` and a mark that it goes on.
  package static func shown(_ text: String, mostBytes: Int) -> String {
    let clean = String(text.unicodeScalars.map { shows($0) ? Character($0) : "\u{FFFD}" })
    let head = cut(clean, to: mostBytes)
    return head == clean ? clean : head + "…"
  }

  /// The beginning of `text`, of at most `bytes` bytes and whole scalars. A character may have any number of bytes, so
  /// what a peer has sent is cut by bytes.
  package static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: bytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text.unicodeScalars[..<end])
  }
}
