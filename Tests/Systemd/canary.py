#!/usr/bin/env python3
"""canary SOCKET ORG TENANT: has tokens made, and sends them to tokend.service in every way there is. Then it looks for
each of their secrets in the service's memory, files, journal and metrics. One that is in half a request must be found,
or the search is worth nothing. Prints "tokens=N half=N memory=N files=N journal=N metrics=N". As root."""

import json
import os
import subprocess
import sys

import load
import memory

TOKENS = 60


def client(*words, given=b""):
    """What tokend-client prints."""
    done = subprocess.run(["tokend-client", *words], input=given, capture_output=True, check=False)
    # 1: what was asked is not so, as that no token has leaked.
    if done.returncode > 1:
        sys.exit(f"tokend-client {words}: {done.stderr.decode()}")
    return done.stdout.strip()


def ask(token, realm=None, times=1):
    """Asks about it, several times at once."""
    peer = load.Connection(path, load.asking(token, (realm or org).encode(), tenant.encode()))
    peer.socket.setblocking(True)
    peer.socket.sendall(peer.frame() * times)
    seen = 0
    while seen < times:
        seen += sum(1 for _ in peer.replies())
    peer.socket.close()


def piece(token):
    return token.split(b"_")[-1][20:36]


path, org, tenant = sys.argv[1:]
os.environ.update(TOKEND_ORG=org, TOKEND_TENANT=tenant)
tokens = [client("token", "create", f"canary-{number}", "--scope", "pipeline:read") for number in range(TOKENS)]
identities = [entry["id"] for entry in json.loads(client("--json", "token", "list", "--limit", "500"))["tokens"]
              if entry["name"].startswith("canary-")]
for number, token in enumerate(tokens):
    ask(token, times=1 + number % 20)
    ask(token, realm="elsewhere")
tokens.append(client("token", "rotate", identities[0], "--grace", "1h"))
client("token", "surrender", given=tokens[1])
client("token", "explain", given=tokens[2])
client("token", "leak-check", given=b"\n".join(tokens[3:20]))
made = [client("token", "create", "unsent", "--scope", "pipeline:read")]
# Half of a request, and its peer goes; half of another, whose peer stays.
for is_staying in False, True:
    made.append(client("token", "create", f"half-{is_staying}", "--scope", "pipeline:read"))
    half = load.Connection(path, load.asking(made[-1], org.encode(), tenant.encode()))
    half.socket.setblocking(True)
    half.socket.sendall(half.frame()[:-1])
    if not is_staying:
        half.socket.close()
tokens += made[:2]
# What comes last of others is in no buffer that is still to be used.
for _ in range(40):
    ask(b"tokend_" + b"x" * 48)

# A piece of each, in the middle of what is secret: no part of it is to stay either.
secrets = {piece(token) for token in tokens if token}


def among(text):
    return sum(1 for secret in secrets if secret in text)


def files():
    for place in "/var/lib/tokend", "/run/tokend", "/etc/tokend", "/tmp":
        for directory, _, names in os.walk(place):
            for name in names:
                if os.path.isfile(os.path.join(directory, name)):
                    with open(os.path.join(directory, name), "rb") as file:
                        yield file.read()


process = memory.main_process()
journal = subprocess.run(["journalctl", "-o", "export", "-u", "tokend.service"], capture_output=True, check=True).stdout
print(
    f"tokens={len(secrets)} half={memory.found(process, piece(made[2]))}"
    f" memory={sum(1 for secret in secrets if memory.found(process, secret))}"
    f" files={sum(among(text) for text in files())} journal={among(journal)} metrics={among(client('metrics'))}"
)
