// tokend-client: finds the command that was meant, runs it, and turns its failures into messages and exit codes.

import Linux
import Options

// So that libsmartcols knows which characters can be shown, and how wide they are.
System.adoptLocale()
System.occupyStandardStreams()
System.ignoreBrokenPipes()
do throws(Failure) {
  try Invocation(Array(CommandLine.arguments.dropFirst())).run()
} catch {
  Terminal.writeErrorLine("tokend-client: \(error.message)")
  System.exit(error.exit.rawValue)
}
