// How descriptors are shared.

import Testing

@testable import TokenDaemon

@Suite struct ConnectionBoundsTests {
  @Test(arguments: [
    (256, 1, 147, 21), (1024, 1, 819, 117), (1024, 4, 189, 27), (1 << 20, 1, 16_384, 2048), (10, 64, 1, 1),
  ])
  func `workers share descriptors, and an eighth is for administration`(
    descriptors: Int, workers: Int, validation: Int, administration: Int
  ) {
    let bounds = ConnectionBounds(descriptors: descriptors, workers: workers)
    #expect(bounds.validation == validation && bounds.administration == administration)
  }
}
