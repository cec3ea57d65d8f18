// The command line: popt reads it by a table of options.

private import CPopt
private import Glibc

/// An option that a command accepts.
package struct Option: Sendable {
  /// Its long name, without dashes.
  package let name: String
  /// Its short name, if it has one.
  package let short: Character?
  /// What its value is called in the help, such as "FILE"; nil for a flag, which has no value.
  package let argument: String?
  package let help: String

  package init(name: String, short: Character? = nil, argument: String? = nil, help: String) {
    self.name = name
    self.short = short
    self.argument = argument
    self.help = help
  }
}

/// A command line that can't be followed. The message names the word and the next step.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// What a command line says.
package struct Options: Sendable {
  private var given: [String: [String]] = [:]
  /// The words that are no options, in order.
  package private(set) var operands: [String] = []

  /// All the values of an option, in order.
  package func values(_ name: String) -> [String] { given[name] ?? [] }
  /// The last value of an option.
  package func value(_ name: String) -> String? { given[name]?.last }
  /// Whether an option was given, with or without a value.
  package func has(_ name: String) -> Bool { given[name] != nil }

  /// Reads `arguments`, which begin after the program's name.
  /// - Parameter stopAtFirstOperand: take everything from the first operand on as operands.
  /// - Throws: what is wrong, naming the option, with a suggestion if one is close.
  package static func parse(
    _ arguments: [String], accepting options: [Option], stopAtFirstOperand: Bool
  ) throws(UsageError) -> Options {
    let table = Table(options, arguments)
    guard let context = unsafe table.context(stopAtFirstOperand) else { throw UsageError("no memory") }
    defer { unsafe poptFreeContext(context) }
    var parsed = Options()
    while true {
      let code = unsafe poptGetNextOpt(context)
      if code == -1 { break }
      guard code > 0 else {
        let word =
          unsafe poptBadOption(context, UInt32(POPT_BADOPTION_NOALIAS)).map { unsafe String(cString: $0) } ?? ""
        throw problem(word, code, options)
      }
      let option = options[Int(code) - 1]
      var value = ""
      if let text = unsafe poptGetOptArg(context) {
        value = unsafe String(cString: text)
        unsafe free(text)
      }
      parsed.given[option.name, default: []].append(value)
    }
    if var operand = unsafe poptGetArgs(context) {
      while let text = unsafe operand.pointee {
        unsafe parsed.operands.append(String(cString: text))
        unsafe operand += 1
      }
    }
    return parsed
  }

  private static func problem(_ word: String, _ code: Int32, _ options: [Option]) -> UsageError {
    if code == POPT_ERROR_NOARG {
      let name = word.drop { $0 == "-" }
      let argument = options.first { $0.name == name || $0.short.map(String.init) == String(name) }?.argument ?? "VALUE"
      return UsageError("\(word): needs a value (\(argument))")
    }
    guard code == POPT_ERROR_BADOPT else {
      return UsageError("\(word): \(unsafe String(cString: poptStrerror(code)))")
    }
    let near = suggestion(for: String(word.drop { $0 == "-" }), among: options.map(\.name))
    return UsageError("\(word): unknown option" + (near.map { " (did you mean --\($0)?)" } ?? ""))
  }

  /// Says that an option was given, which is a flag.
  package mutating func give(_ flag: String) { given[flag, default: []].append("") }

  /// An entry for each option, aligned, in at most 80 columns.
  package static func helpText(_ options: [Option]) -> String {
    let heads = options.map { option in
      (option.short.map { "  -\($0), " } ?? "      ") + "--\(option.name)" + (option.argument.map { " \($0)" } ?? "")
    }
    let width = min(30, (heads.map(\.count).max() ?? 0) + 2)
    return zip(heads, options).map { hanging($0, $1.help, at: width) }.joined()
  }

  /// A head, and a text beside it from column `width` on, broken between words so that 80 columns are enough.
  package static func hanging(_ head: String, _ text: String, at width: Int) -> String {
    var lines = [head]
    if head.count > width - 2 { lines.append("") }
    lines[lines.count - 1] += String(repeating: " ", count: width - lines[lines.count - 1].count)
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, lines[lines.count - 1].count + 1 + word.count > 79 {
        lines.append(String(repeating: " ", count: width))
        isEmpty = true
      }
      lines[lines.count - 1] += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The nearest of `words`, if it is near enough to be what was meant.
package func suggestion(for word: String, among words: [String]) -> String? {
  let best = words.map { (word: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
  guard let best, best.distance <= max(1, word.count / 3) else { return nil }
  return best.word
}

/// The fewest insertions, deletions, changes and swaps of neighbours that lead from one word to the other (the optimal
/// string alignment distance, after Damerau).
private func distance(_ left: String, _ right: String) -> Int {
  let (left, right) = (Array(left), Array(right))
  var rows = [Array(0...right.count)]
  for index in left.indices {
    var row = [index + 1]
    for column in right.indices {
      let change = rows[index][column] + (left[index] == right[column] ? 0 : 1)
      var least = min(rows[index][column + 1] + 1, row[column] + 1, change)
      if index > 0, column > 0, left[index] == right[column - 1], left[index - 1] == right[column] {
        least = min(least, rows[index - 1][column - 1] + 1)
      }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[left.count][right.count]
}

/// popt's table and the argument vector, in C's memory for as long as popt may look at them.
@safe private final class Table {
  private let table: UnsafeMutablePointer<CPoptEntry>
  private let words: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private let wordCount: Int
  private var texts: [UnsafeMutablePointer<CChar>] = unsafe []

  init(_ options: [Option], _ arguments: [String]) {
    unsafe table = .allocate(capacity: options.count + 1)
    let words = ["tokend"] + arguments
    wordCount = words.count
    unsafe self.words = .allocate(capacity: words.count + 1)
    for (index, option) in options.enumerated() {
      var entry = unsafe CPoptEntry()
      unsafe entry.longName = UnsafePointer(copy(option.name))
      unsafe entry.shortName = option.short?.asciiValue.map { CChar(bitPattern: $0) } ?? 0
      unsafe entry.argInfo = UInt32(option.argument == nil ? POPT_ARG_NONE : POPT_ARG_STRING)
      unsafe entry.val = Int32(index + 1)
      unsafe (table + index).initialize(to: entry)
    }
    unsafe (table + options.count).initialize(to: CPoptEntry())
    for (index, word) in words.enumerated() { unsafe (self.words + index).initialize(to: UnsafePointer(copy(word))) }
    unsafe (self.words + words.count).initialize(to: nil)
  }

  deinit {
    unsafe table.deallocate()
    unsafe words.deallocate()
    unsafe texts.forEach { unsafe free($0) }
  }

  private func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
    let copy = unsafe strdup(text)
    if let copy = unsafe copy { unsafe texts.append(copy) }
    return unsafe copy
  }

  func context(_ stopAtFirstOperand: Bool) -> poptContext? {
    let flags = stopAtFirstOperand ? UInt32(POPT_CONTEXT_POSIXMEHARDER) : 0
    return unsafe poptGetContext(nil, Int32(wordCount), words, table, flags)
  }
}
