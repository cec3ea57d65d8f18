// The index that steps look into. What is called of Index stands here, and nowhere else in tokend-bench.

import Index
import Tokens
import Wire

/// A filled index, and one reader of it, as a worker has.
final class StepIndex {
  let reader: IndexReader

  /// - Parameters:
  ///   - tokens: how many there are in all. Those that are never asked about have digests that were drawn.
  ///   - asked: the digests of those that are asked about.
  init(tokens: Int, asked: [Digest], tenant: TenantName, scopes: ScopeSet, drawing draw: () -> UInt64) throws {
    var writer = try IndexWriter(expecting: tokens, seed: 1)
    for (number, scope) in Catalog.initial.scopes { try writer.register(scope: scope.description, number: number) }
    let every = tokens / max(1, asked.count)
    let (binding, names) = (ValidateParts.binding(tenant), ValidateParts.scopes(Catalog.initial.scopes(in: scopes)))
    let label = ValidateParts.label(id: "8jnzlvdOlga", name: "service-12345")
    for number in 0..<tokens {
      // They are spread over the others.
      let isAsked = number % every == 0 && number / every < asked.count
      let digest = isAsked ? asked[number / every] : Digest(words: SIMD4(draw(), draw(), draw(), draw()))
      let record = IndexWriter.Record(
        digest: digest, ordinal: UInt32(number + 1), tenant: tenant, scopes: scopes, state: .active,
        expiry: Instant(seconds: 1 << 33))
      try writer.insert(record, label: label, binding: { binding }, scopes: { names })
    }
    writer.publish(revision: UInt64(tokens))
    reader = IndexReader(writer.published)
  }

  /// What the daemon does for each of a group: the search is begun, gone on with, and ended.
  @inline(__always)
  func find(_ digest: Digest) -> IndexReader.Entry? {
    var probe = reader.probe(digest)
    reader.approach(&probe)
    return reader[probe]
  }

  /// Where the parts of a reply about `entry` are: for `append`.
  @inline(__always)
  func parts(of entry: IndexReader.Entry) -> (label: Range<Int>, binding: Range<Int>, scopes: Range<Int>) {
    (reader.label(of: entry), reader.binding(of: entry), reader.scopes(of: entry))
  }

  @inline(__always)
  func append(_ part: Range<Int>, to out: inout OutBuffer) {
    reader.append(part, to: &out)
  }
}

extension IndexReader {
  /// Copies a part of a reply, as the daemon does.
  @inline(__always)
  fileprivate func append(_ part: Range<Int>, to out: inout OutBuffer) { out.append(text(part)) }
}
