// Figures as the reports have them.

/// The middle one; of an even number, the mean of the two in the middle; of none, or with one that is no number, NaN.
func median(_ numbers: [Double]) -> Double {
  guard !numbers.isEmpty, !numbers.contains(where: \.isNaN) else { return .nan }
  let sorted = numbers.sorted()
  let (lower, upper) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
  return lower == upper ? lower : (lower + upper) / 2
}

/// To two decimal places; nil for what is no number, or too large to have any.
func decimal(_ number: Double) -> String? {
  guard number.magnitude < 1e15 else { return nil }
  let hundredths = Int((number.magnitude * 100).rounded())
  let sign = number < 0 && hundredths > 0 ? "-" : ""
  return "\(sign)\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}

/// Rounded to a whole number; nil for what is no number.
func whole(_ number: Double) -> String? {
  guard number.magnitude < 1e15 else { return nil }
  return String(Int(number.rounded()))
}

func microseconds(_ nanoseconds: Double) -> String? { decimal(nanoseconds / 1000).map { "\($0) µs" } }
