// Whole calls, envelope and request, to the hot decoder and to libprotobuf-c (Tests/Reference).

import ProtobufReference
import Seeded
import Testing
import Wire

@Suite struct DifferentialTests {
  // MARK: Calls in every shape that an encoder may give them

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  private static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  private static func number(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }

  /// A field that nobody knows, of each wire type but groups, which libprotobuf-c does not read.
  private static func unknown(_ random: inout SeededRandom, from least: UInt64) -> [UInt8] {
    let name = least + (random.below(3) == 0 ? random.next() >> 36 : UInt64(random.below(20)))
    switch random.below(4) {
    case 0: return number(name, random.next() >> UInt64(random.below(64)))
    case 1: return varint(name << 3 | 1) + random.bytes(8)
    case 2: return field(name, random.bytes(random.below(2) == 0 ? random.below(10) : random.below(400)))
    default: return varint(name << 3 | 5) + random.bytes(4)
    }
  }

  /// A length on one side or the other of where it takes one byte more.
  private static func length(_ random: inout SeededRandom) -> Int {
    [0, 1, 11, 55, 127, 128, 129, 300][random.below(8)]
  }

  /// A ValidateRequest whose fields come in any order, or twice, among others.
  private static func request(_ random: inout SeededRandom) -> [UInt8] {
    var fields: [[UInt8]] = []
    for number in 1...3 as ClosedRange<UInt64> {
      for _ in 0..<[0, 1, 1, 1, 2][random.below(5)] { fields.append(field(number, random.text(length(&random)))) }
    }
    for _ in 0..<random.below(5) { fields.append(field(4, random.text(length(&random)))) }
    for _ in 0..<random.below(3) { fields.append(number(5, random.next() >> UInt64(random.below(64)))) }
    for _ in 0..<random.below(3) { fields.append(unknown(&random, from: 6)) }
    return ordered(fields, &random)
  }

  /// An envelope around it, of a call of Validate more often than not.
  private static func call(_ random: inout SeededRandom) -> [UInt8] {
    var fields: [[UInt8]] = []
    if random.below(4) > 0 {
      fields = [field(1, "tokend.v1.Validation"), field(2, "Validate")]
      // Another after it takes its place, and the decoder's short way must notice.
      if random.below(4) == 0 { fields.append(field(UInt64(1 + random.below(2)), random.text(random.below(30)))) }
    } else {
      fields = [field(1, random.text(length(&random))), field(2, random.text(length(&random)))]
    }
    for _ in 0..<[0, 1, 1, 1, 2][random.below(5)] { fields.append(field(3, request(&random))) }
    for _ in 0..<random.below(3) { fields.append(number(4, random.next() >> UInt64(random.below(64)))) }
    for _ in 0..<random.below(2) {
      fields.append(field(5, field(1, random.text(random.below(9))) + field(2, random.text(random.below(200)))))
    }
    for _ in 0..<random.below(3) { fields.append(unknown(&random, from: 6)) }
    return ordered(fields, &random)
  }

  /// As most encoders have them, or in any order.
  private static func ordered(_ fields: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
    random.below(2) == 0 ? fields.flatMap { $0 } : fields.shuffled(using: &random).flatMap { $0 }
  }

  @Test func `calls whose fields come in any order, twice or among unknown ones are read the same`() throws {
    var shortWays = 0
    for seed in 0..<3_000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let bytes = Self.call(&random)
      let envelope = try #require(Reference.unpackEnvelope(bytes), "seed \(seed)")
      #expect(Differential.envelope(bytes) == envelope, "seed \(seed)")
      #expect(Differential.request(envelope.payload) == Reference.unpackRequest(envelope.payload), "seed \(seed)")
      shortWays += try Self.checkShortWay(bytes, envelope, seed) ? 1 : 0
    }
    #expect((500...2_500).contains(shortWays), "both ways through the envelope must be taken: \(shortWays)")
  }

  /// Holds what the decoder says of a call of Validate against the names that libprotobuf-c reads.
  private static func checkShortWay(_ bytes: [UInt8], _ envelope: Reference.Envelope, _ seed: UInt64) throws -> Bool {
    let isValidate = try RequestEnvelope(in: bytes.span, 0..<bytes.count).isValidate
    if isValidate {
      #expect(envelope.service == "tokend.v1.Validation" && envelope.method == "Validate", "seed \(seed)")
    }
    return isValidate
  }

  // MARK: Calls that something has happened to

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    for _ in 0...random.below(3) where !bytes.isEmpty {
      let place = random.below(bytes.count)
      switch random.below(6) {
      case 0: bytes[place] = UInt8(random.below(256))
      case 1: bytes[place] ^= 1 << UInt8(random.below(8))
      case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(12)))
      case 3: bytes.insert(UInt8(random.below(256)), at: place)
      case 4:
        bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + random.below(40))], at: random.below(place + 1))
      default: bytes.removeLast(random.below(bytes.count))
      }
    }
  }

  @Test func `mutated calls are refused by both, or read the same by both`() {
    var (both, neither) = (0, 0)
    for seed in 0..<6_000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var bytes = Self.call(&random)
      Self.mutate(&bytes, &random)
      switch Self.compareEnvelopes(bytes, seed) {
      case .some(let payload):
        both += 1
        Self.compareRequests(payload, seed)
      case nil: neither += 1
      }
      // The request too, whatever has become of its envelope.
      var payload = Self.request(&random)
      Self.mutate(&payload, &random)
      Self.compareRequests(payload, seed)
    }
    #expect(both > 500 && neither > 500, "\(both) were read, \(neither) refused")
  }

  /// - Returns: the payload, if both have read the envelope.
  private static func compareEnvelopes(_ bytes: [UInt8], _ seed: UInt64) -> [UInt8]? {
    let problem = Differential.problem(ofEnvelope: bytes)
    #expect(problem == nil, "seed \(seed): \(bytes)")
    return Differential.envelope(bytes) == nil ? nil : Reference.unpackEnvelope(bytes)?.payload
  }

  private static func compareRequests(_ bytes: [UInt8], _ seed: UInt64) {
    let problem = Differential.problem(ofRequest: bytes)
    #expect(problem == nil, "seed \(seed): \(bytes)")
  }

  @Test func `a call that ends at any of its bytes is refused by both, or read the same by both`() {
    for seed in 0..<10 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let bytes = Self.call(&random)
      for count in 0..<bytes.count {
        if let payload = Self.compareEnvelopes(Array(bytes.prefix(count)), seed) { Self.compareRequests(payload, seed) }
      }
      let request = Self.request(&random)
      for count in 0..<request.count { Self.compareRequests(Array(request.prefix(count)), seed) }
    }
  }

  /// Behind the payload, where the decoder's short way ends.
  @Test(arguments: [0, 1, 127, 128, 5_000_000_000, .max, -1, .min] as [Int64])
  func `a call of Validate with this time-out and nothing else is read the same by both, on the short way too`(
    timeout: Int64
  ) {
    let bytes =
      Self.field(1, "tokend.v1.Validation") + Self.field(2, "Validate") + Self.field(3, Array("payload".utf8))
      + Self.number(4, UInt64(bitPattern: timeout))
    #expect(Differential.problem(ofEnvelope: bytes) == nil)
    #expect((RequestEnvelope.validatePayload(in: bytes.span, 0..<bytes.count) != nil) == (timeout >= 0))
    for count in 0..<bytes.count { #expect(Differential.problem(ofEnvelope: Array(bytes.prefix(count))) == nil) }
    #expect(Differential.problem(ofEnvelope: bytes + [0x80]) == nil)
  }

  @Test(
    arguments: [[], [0x30, 0x30], [0x32, 0], [0x1A, 0], [0x20, 1], [0x1A, 1, 0x78], [0x32, 1, 0x78]] as [[UInt8]])
  func `a call of Validate that ends within three bytes of its address is read the same by both`(rest: [UInt8]) {
    let bytes = Self.field(1, "tokend.v1.Validation") + Self.field(2, "Validate") + rest
    for count in 0...bytes.count { #expect(Differential.problem(ofEnvelope: Array(bytes.prefix(count))) == nil) }
  }

  @Test(arguments: [127, 128, 129, 16_383, 16_384, 100_000])
  func `a text of many bytes is read whole in every field`(count: Int) throws {
    let text = String(repeating: "x", count: count)
    for request in [
      Reference.Request(token: text), .init(org: text), .init(tenant: text), .init(scopes: [text, "a", text]),
    ] {
      let bytes = Reference.pack(request)
      #expect(Differential.request(bytes) == request)
      for envelope in [
        Reference.Envelope(service: text), .init(method: text), .init(payload: bytes),
        .init(service: "tokend.v1.Validation", method: "Validate", payload: bytes, timeout: 1),
      ] {
        let data = Array(EnvelopeTests.frame(envelope).dropFirst(FrameHeader.bytes))
        #expect(Differential.envelope(data) == envelope && Reference.unpackEnvelope(data) == envelope)
      }
    }
  }
}
