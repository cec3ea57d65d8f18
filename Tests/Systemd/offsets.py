#!/usr/bin/env python3
"""Has a restart cut requests at every one of their bytes.

offsets.py SOCKET TOKEN-FILE ORG TENANT opens a connection for each byte of three requests that are sent one behind the
other, and on each sends what comes before that byte. On standard input it is told when to go on, a word a line:

  (at first)  ready N          N connections have sent their parts
  go          answered=N ...   the rest is sent, and all replies are awaited and looked at; further parts are sent then
  finish      finished         it ends

Every second connection says that it sends no more, once it has sent all.
"""

import resource
import socket
import sys

import load

REQUESTS = 3
PATIENCE_SECONDS = 10


def connect(path):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(PATIENCE_SECONDS)
    peer.connect(path)
    return peer


def replies(peer):
    """What has come until the peer has all replies, or closes."""
    data = bytearray()
    found = []
    while len(found) < REQUESTS:
        while len(data) >= load.HEADER.size:
            size, stream, kind, _ = load.HEADER.unpack_from(data)
            if len(data) < load.HEADER.size + size:
                break
            body = bytes(data[load.HEADER.size : load.HEADER.size + size])
            del data[: load.HEADER.size + size]
            found.append((stream, kind == load.RESPONSE and load.is_allowed(body)))
        if len(found) < REQUESTS:
            more = peer.recv(65536)
            if not more:
                break
            data += more
    return found


def main():
    path, file, org, tenant = sys.argv[1:]
    with open(file, "rb") as token:
        question = load.asking(token.read().strip(), org.encode(), tenant.encode())
    frames = b"".join(
        load.HEADER.pack(len(question), 2 * number + 1, load.REQUEST, 0) + question for number in range(REQUESTS)
    )
    wanted = [(2 * number + 1, True) for number in range(REQUESTS)]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    peers = [connect(path) for _ in range(len(frames) + 1)]
    turn = 0

    def begin():
        for number, peer in enumerate(peers):
            peer.sendall(frames[: (number + turn) % len(peers)])

    begin()
    print("ready", len(peers), flush=True)
    for word in sys.stdin:
        if word.strip() == "finish":
            print("finished", flush=True)
            return
        answered = wrong = 0
        for number, peer in enumerate(peers):
            is_last = number % 2 == 1
            try:
                peer.sendall(frames[(number + turn) % len(peers) :])
                if is_last:
                    peer.shutdown(socket.SHUT_WR)
                found = replies(peer)
            except OSError:
                found = []
            answered += len(found)
            wrong += found != wanted
            if is_last or found != wanted:
                peers[number] = connect(path)
        # Each connection is cut at another byte the next time.
        turn += 101
        begin()
        print(f"answered={answered} wrong={wrong} connections={len(peers)}", flush=True)


main()
