// Figures as the reports have them.

/// The middle one; of an even number, the upper of the two in the middle.
func median<Number: Comparable>(_ numbers: [Number]) -> Number { numbers.sorted()[numbers.count / 2] }

func microseconds(_ nanoseconds: Double) -> String { "\(decimal(nanoseconds / 1000)) µs" }

/// To two decimal places.
func decimal(_ number: Double) -> String {
  let hundredths = Int((number * 100).rounded())
  return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}
