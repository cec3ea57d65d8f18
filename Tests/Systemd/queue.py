#!/usr/bin/env python3
"""Fills the journal's queue with calls that each take it long, and prints "asked" once all are sent.

queue questions   2,000 times ListEvents of nobody's, each of which looks through 5,000 events
queue changes     2,048 times RevokeTokens of 10,000 tokens, as a trial, which is a change all the same

Ends with its standard input. Nobody waits for the answers.
"""

import hashlib
import socket
import sys

from load import HEADER, REQUEST, text, varint

TOKENS = b"tokend.v1.Tokens"


def call(service, method, payload, stream):
    """A request's frame."""
    body = text(1, service) + text(2, method) + text(3, payload)
    return HEADER.pack(len(body), stream, REQUEST, 0) + body


def connect():
    """A connection to administer."""
    peer = socket.socket(socket.AF_UNIX)
    peer.connect("/run/tokend/admin.sock")
    return peer


def have_done(calls):
    """Sends calls of one connection and awaits their answers."""
    peer = connect()
    replies = peer.makefile("rb")
    for first in range(0, len(calls), 25):
        some = calls[first : first + 25]
        peer.sendall(b"".join(call(*what, 2 * place + 1) for place, what in enumerate(some)))
        for _ in some:
            replies.read(HEADER.unpack(replies.read(HEADER.size))[0])


def fill(peers, each, what):
    """Sends each of so many connections the same call so many times."""
    asking = [connect() for _ in range(peers)]
    for peer in asking:
        peer.sendall(b"".join(call(*what, 2 * number + 1) for number in range(each)))
    print("asked", flush=True)
    sys.stdin.read()


def item(number):
    """A token to be imported: its name, set, id, and a digest that nobody has the token of."""
    digest = hashlib.sha256(b"%d" % number).hexdigest().encode()
    return (
        text(1, b"queue-%d" % number) + text(4, b"read-only") + varint(5 << 3) + varint(4_000_000_000)
        + text(8, digest) + text(10, b"q%010d" % number)
    )


if sys.argv[1] == "questions":
    have_done([(b"tokend.v1.Tenants", b"AddTenant", text(1, b"asked") + text(2, b"t%d" % n)) for n in range(5000)])
    fill(80, 25, (b"tokend.v1.Audit", b"ListEvents", text(1, b"nobody")))
else:
    place = text(1, b"acme") + text(2, b"prod")
    have_done([
        (TOKENS, b"ImportTokens", place + b"".join(text(3, item(n)) for n in range(first, first + 500)))
        for first in range(0, 10000, 500)
    ])
    trial = varint(7 << 3) + varint(1)
    fill(64, 32, (TOKENS, b"RevokeTokens", place + text(4, text(2, b"queue-")) + text(5, b"key_compromise") + trial))
