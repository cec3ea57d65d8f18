// What a shell offers when a person presses Tab: words from the commands' descriptions, names from the daemon.

import Linux
import Options
import TokenClient
import Wire

/// Completion: a script for each shell, which asks this program with a hidden first word.
enum Completion {
  /// Followed by the words of the line so far, the last of them unfinished.
  static let word = "__complete"

  static let command = Command(
    "completion", "print", operands: "SHELL", summary: "print a completion script for bash, zsh or fish",
    details: "Token names and tenants are asked of the daemon while a person types.",
    examples: [
      "tokend-client completion print bash > /etc/bash_completion.d/tokend-client",
      "source <(tokend-client completion print zsh)",
      "tokend-client completion print fish > ~/.config/fish/completions/tokend-client.fish",
    ], mostOperands: 1, run: print)

  private static func print(_ invocation: Invocation) throws(Failure) {
    switch invocation.operands.first {
    case "bash": Terminal.write(bash)
    case "zsh": Terminal.write(zsh)
    case "fish": Terminal.write(fish)
    default: throw Failure(.usage, "say which shell: bash, zsh or fish")
    }
  }

  /// Prints the candidates for the last of `words`, one a line. A daemon that can't be asked has none.
  static func answer(_ words: [String]) {
    let last = words.last ?? ""
    for candidate in candidates(Array(words.dropLast()), last) where candidate.hasPrefix(last) {
      Terminal.write(Terminal.plain(candidate) + "\n")
    }
  }

  private static func candidates(_ before: [String], _ last: String) -> [String] {
    let plain = before.filter { !$0.hasPrefix("-") }
    let command = Command.all.first { plain.starts(with: $0.words) }
    let options = Invocation.common + (command?.options ?? [])
    // The value of the option before it.
    if let option = before.last, option.hasPrefix("--"),
      let known = options.first(where: { "--\($0.name)" == option }), known.argument != nil
    {
      return values(of: known.name, before)
    }
    if last.hasPrefix("-") { return options.map { "--\($0.name)" }.sorted() }
    guard let command else {
      guard let noun = plain.first else { return Command.nouns }
      return Command.all.filter { $0.words[0] == noun }.map { $0.words[1] }
    }
    switch command.operands {
    case "ID|NAME", "[ID|NAME]...": return tokens(before)
    case "ORG/TENANT", "[ORG/TENANT]": return tenants(before).map { "\($0.org)/\($0.tenant)" }
    case "SHELL": return ["bash", "zsh", "fish"]
    case "SCOPE", "SCOPE...": return scopes(before)
    case "SET": return sets(before)
    case "ROLE": return ["viewer", "token-admin", "org-admin", "operator"]
    case "WHO ROLE":
      return ["viewer", "token-admin", "org-admin", "operator", "validator", "user:", "group:", "uid:", "gid:"]
    default: return []
    }
  }

  private static func values(of option: String, _ before: [String]) -> [String] {
    switch option {
    case "org": return Set(tenants(before).map(\.org)).sorted()
    case "tenant": return Set(tenants(before).map(\.tenant)).sorted()
    case "scope", "require", "cap": return scopes(before)
    case "permission-set": return sets(before)
    case "state": return ["active", "disabled", "revoked", "expired"]
    case "sort": return ["created", "expires", "last-used", "name", "state"]
    case "columns": return TokenColumn.allCases.map(\.rawValue)
    case "reason-code": return ["leaked", "unused", "superseded", "departed", "policy", "unspecified"]
    case "expires": return ["never", "7d", "30d", "90d", "1y"]
    default: return []
    }
  }

  // MARK: The daemon's names

  /// Asks in the context that the line has so far, within a moment that a person will wait.
  private static func ask<Answer>(
    _ before: [String], _ question: (Invocation) throws(Failure) -> Answer
  ) -> Answer? {
    let kept = ["--org", "--tenant", "--admin-socket"]
    var arguments = ["--timeout", "1"]
    for (option, value) in zip(before, before.dropFirst()) where kept.contains(option) { arguments += [option, value] }
    // Whatever goes wrong, there is nothing to offer.
    return try? question(Invocation(["token", "list"] + arguments))
  }

  private static func tenants(_ before: [String]) -> [TenantMessage] {
    var request = ListTenantsRequest()
    request.pageSize = 500
    return ask(before) { invocation throws(Failure) in
      try invocation.administer(Methods.listTenants, request).tenants
    } ?? []
  }

  private static func tokens(_ before: [String]) -> [String] {
    ask(before) { invocation throws(Failure) in
      var request = ListTokensRequest()
      (request.org, request.tenant) = try invocation.context()
      request.filter.states = ["active", "disabled"]
      request.pageSize = 500
      return try invocation.administer(Methods.listTokens, request).tokens.map(\.name)
    } ?? []
  }

  private static func scopes(_ before: [String]) -> [String] {
    ask(before) { invocation throws(Failure) in
      try invocation.administer(Methods.listPermissions, ListPermissionsRequest()).resources.flatMap(\.scopes)
    } ?? []
  }

  private static func sets(_ before: [String]) -> [String] {
    ask(before) { invocation throws(Failure) in
      try invocation.administer(Methods.listPermissionSets, ListPermissionSetsRequest()).permissionSets.map(\.name)
    } ?? []
  }

  // MARK: Scripts

  private static let bash = """
    # bash completion for tokend-client
    _tokend_client() {
      local words=("${COMP_WORDS[@]:1:COMP_CWORD}") IFS=$'\\n'
      # A colon or an equals sign has split what is one word here.
      local line=${COMP_LINE:0:COMP_POINT} current
      current=${line##* }
      words=()
      IFS=' ' read -r -a words <<<"${line#* }"
      [[ $line == *' ' ]] && words+=('')
      IFS=$'\\n'
      local candidates
      candidates=$(tokend-client __complete "${words[@]}" 2>/dev/null)
      COMPREPLY=($(compgen -W "$candidates" -- "$current"))
      # Readline replaces only what follows the last colon.
      if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local head=${current%"${current##*:}"} index
        for index in "${!COMPREPLY[@]}"; do COMPREPLY[index]=${COMPREPLY[index]#"$head"}; done
      fi
    }
    complete -F _tokend_client tokend-client

    """

  private static let zsh = """
    #compdef tokend-client
    _tokend_client() {
      local -a candidates
      candidates=("${(@f)$(tokend-client __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
      compadd -- $candidates
    }
    if [ "$funcstack[1]" = _tokend_client ]; then _tokend_client "$@"; else compdef _tokend_client tokend-client; fi

    """

  private static let fish = """
    # fish completion for tokend-client
    function __tokend_client_candidates
      set -l words (commandline -opc) (commandline -ct)
      tokend-client __complete $words[2..-1] 2>/dev/null
    end
    complete -c tokend-client -f -a '(__tokend_client_candidates)'

    """
}
