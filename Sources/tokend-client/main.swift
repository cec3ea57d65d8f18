// tokend-client: finds the command that was meant, runs it, and turns its failures into messages and exit codes.

import Linux
import Options

do throws(Failure) {
  try Invocation(Array(CommandLine.arguments.dropFirst())).run()
} catch {
  Terminal.writeError("tokend-client: \(error.message)\n")
  System.exit(error.exit.rawValue)
}
