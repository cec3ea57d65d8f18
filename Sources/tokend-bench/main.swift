// tokend-bench: figures that the documents claim, taken on a real daemon over its sockets.

import Linux

do {
  let arguments = Array(CommandLine.arguments.dropFirst())
  guard arguments.first == "listing", arguments.count == 3, let tokens = Int(arguments[2]), tokens >= 1000 else {
    System.write(
      "Usage: tokend-bench listing ADMIN-SOCKET TOKENS\n"
        + "Fills the tenant bench/listing of a new daemon with TOKENS tokens, at least 1000, and times pages of it.\n",
      to: 2)
    System.exit(2)
  }
  try ListingBench(socket: arguments[1], tokens: tokens).run()
} catch {
  System.write("tokend-bench: \(error)\n", to: 2)
  System.exit(1)
}
