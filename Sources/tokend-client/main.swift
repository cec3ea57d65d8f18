// tokend-client: finds the command that was meant, runs it, and turns its failures into messages and exit codes.

import Linux
import Options

// So that libsmartcols knows which characters can be shown, and how wide they are.
System.adoptLocale()
System.occupyStandardStreams()
System.ignoreBrokenPipes()
let words = System.arguments
let arguments = words.compactMap { $0 }
do throws(Failure) {
  // Repaired, it would name something else.
  if let wrong = words.firstIndex(of: nil) { throw Failure(.usage, "argument \(wrong + 1) is not UTF-8 text") }
  if arguments.first == Completion.word {
    Completion.answer(Array(arguments.dropFirst()))
  } else if arguments.first == ManPage.word {
    Terminal.write(ManPage.text)
  } else {
    try Invocation(arguments).run()
  }
} catch {
  error.end(isJSON: arguments.contains("--json"))
}
