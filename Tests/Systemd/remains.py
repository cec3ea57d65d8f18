#!/usr/bin/env python3
"""remains SOCKET TOKEN-FILE ORG TENANT: keeps back the last byte of a request while tokend.service is restarted, and
prints how often the token's secret is in the new daemon's memory before it has been sent, and after it was answered. As
root."""

import sys

import load
import memory


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
memory.systemctl("restart", "tokend.service")
process = memory.main_process()
before = memory.found(process, secret)
connection.socket.sendall(frame[-1:])
allowed = any(load.is_allowed(body) for _, _, body in connection.replies())
print(f"allowed={allowed} before={before} after={memory.found(process, secret)}")
