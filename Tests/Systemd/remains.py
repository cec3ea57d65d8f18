#!/usr/bin/env python3
"""remains SOCKET TOKEN-FILE ORG TENANT: keeps back the last byte of a request while tokend.service is restarted, and
prints how often the token's secret is in the new daemon's memory before it has been sent, and after it was answered. As
root."""

import importlib.machinery
import importlib.util
import subprocess
import sys

loader = importlib.machinery.SourceFileLoader("load", "/usr/lib/tokend-tests/load.py")
load = importlib.util.module_from_spec(importlib.util.spec_from_loader("load", loader))
loader.exec_module(load)


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True).stdout.strip()


def found(secret):
    """How often it stands in the memory of the service's main process."""
    process = systemctl("show", "-p", "MainPID", "--value", "tokend.service")
    count = 0
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw") or "[v" in line:
                continue
            start, end = (int(place, 16) for place in span.split("-"))
            memory.seek(start)
            try:
                count += memory.read(end - start).count(secret)
            except OSError:
                pass
    return count


path, token_file, org, tenant = sys.argv[1:]
with open(token_file, "rb") as file:
    token = file.read().strip()
secret = token.split(b"_")[-1]
connection = load.Connection(path, load.asking(token, org.encode(), tenant.encode()))
connection.socket.setblocking(True)
frame = connection.frame()
connection.socket.sendall(frame[:-1])
# Another is answered behind it, so the daemon has read both.
other = load.Connection(path, connection.question)
other.socket.setblocking(True)
other.socket.sendall(other.frame())
next(other.replies())
systemctl("restart", "tokend.service")
before = found(secret)
connection.socket.sendall(frame[-1:])
allowed = any(load.is_allowed(body) for _, _, body in connection.replies())
print(f"allowed={allowed} before={before} after={found(secret)}")
