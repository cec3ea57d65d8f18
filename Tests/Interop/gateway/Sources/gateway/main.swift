// Asks for a verdict on a token, once a line of standard input, and prints what a gateway would answer.

import TokenClient

let arguments = CommandLine.arguments
guard arguments.count == 5 else { fatalError("usage: gateway SOCKET ORG TENANT SCOPE") }
let client = TokenClient(socket: arguments[1], timeout: .seconds(2))

while let token = readLine() {
  do throws(TokenClient.Failure) {
    let verdict = try client.validate(token, org: arguments[2], tenant: arguments[3], requiring: [arguments[4]])
    print(verdict.httpStatus, verdict.reason, verdict.tokenName)
  } catch {
    switch error {
    case .unavailable, .undecided: print(503, error)
    case .notPermitted(let why): print(503, why)
    }
  }
}
