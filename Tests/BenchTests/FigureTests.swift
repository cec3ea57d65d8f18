// What the reports make of numbers.

import Testing

@testable import tokend_bench

@Suite struct FigureTests {
  @Test(arguments: [
    ([3.0], 3.0), ([9, 1, 5], 5), ([4, 1, 2, 9], 3), ([1, 2], 1.5), ([.infinity, .infinity, 1], .infinity),
  ])
  func `a median is the middle one, or the mean of the two in the middle`(numbers: [Double], middle: Double) {
    #expect(median(numbers) == middle)
  }

  @Test func `a median of nothing, or with what is no number, is no number`() {
    #expect(median([]).isNaN)
    #expect(median([1, .nan, 2]).isNaN)
  }

  @Test(arguments: [
    (0, "0.00"), (1.005, "1.00"), (0.996, "1.00"), (12.3, "12.30"), (-0.5, "-0.50"), (-1.25, "-1.25"),
    (-0.001, "0.00"), (1e6, "1000000.00"), (Double.nan, nil), (.infinity, nil), (-.infinity, nil), (1e300, nil),
  ])
  func `a decimal has two places and its sign, and what is no number has none`(number: Double, text: String?) {
    #expect(decimal(number) == text)
  }

  @Test(arguments: [(1.5, "2"), (2.4, "2"), (-1.6, "-2"), (Double.nan, nil), (.infinity, nil)])
  func `a whole number is rounded`(number: Double, text: String?) {
    #expect(whole(number) == text)
  }
}
