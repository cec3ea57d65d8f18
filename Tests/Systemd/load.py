#!/usr/bin/env python3
"""Keeps one Validate in flight on each of many connections, and counts what is lost.

load.py SOCKET TOKEN-FILE ORG TENANT CONNECTIONS is told what to do on standard input, a word a line, and says what it
has done on standard output:

  (at first)  ready            all connections are open, and each has been answered
  hold        held N           on each fourth connection, N of them, half of a request is sent and the rest is kept back
  go          gone N           the other halves are sent; N connections are still there to take theirs
  finish      answered=N ...   what is in flight is awaited, the figures are printed, and it ends

Speaks the protocol of proto/PROTOCOL.md with nothing but the standard library, so that it is not tokend's own client.
"""

import resource
import selectors
import socket
import struct
import sys
import time

SERVICE = b"tokend.v1.Validation"
HEADER = struct.Struct(">IIBB")
REQUEST, RESPONSE = 1, 2
ALLOWED = 1
# How long replies are awaited after the last request.
PATIENCE_SECONDS = 5
# Of so many connections, one sends halves when it is told to.
HALVED = 4


def varint(value):
    """The value in groups of seven bits, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(field, value):
    """A protobuf field of bytes."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def fields(data):
    """The (number, value) pairs of a protobuf message: integers for varints, bytes for what has a length."""
    place = 0

    def read():
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while place < len(data):
        key = read()
        if key & 7 == 0:
            yield key >> 3, read()
        elif key & 7 == 2:
            size = read()
            yield key >> 3, bytes(data[place : place + size])
            place += size
        else:
            raise ValueError(f"wire type {key & 7}")


def asking(token, org, tenant):
    """What is in a frame that asks about a token."""
    payload = text(1, token) + text(2, org) + text(3, tenant)
    return text(1, SERVICE) + text(2, b"Validate") + text(3, payload)


def is_allowed(reply):
    """Whether the reply is a verdict, and the verdict is that the token is allowed."""
    envelope = dict(fields(reply))
    if dict(fields(envelope.get(1, b""))).get(1, 0) != 0:
        return False
    return dict(fields(envelope.get(2, b""))).get(1) == ALLOWED


class Connection:
    """One connection, with at most one request in flight."""

    def __init__(self, path, question):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.question = question
        self.stream = 1
        self.received = bytearray()
        # When the request in flight was sent, or None.
        self.sent = None
        # What is kept back of a request that was sent by half.
        self.rest = b""
        self.is_halved = False

    def frame(self):
        return HEADER.pack(len(self.question), self.stream, REQUEST, 0) + self.question

    def ask(self):
        frame = self.frame()
        self.sent = time.monotonic()
        if self.is_halved:
            # Whoever reads the halves apart must put them together again, so they part in the middle of the token.
            middle = len(frame) // 2
            self.rest = frame[middle:]
            frame = frame[:middle]
        self.send(frame)

    def send(self, data):
        # A frame is much smaller than a socket's buffer, and only one is in it.
        if self.socket.send(data) != len(data):
            raise OSError("the socket's buffer is full")

    def send_rest(self):
        # The time during which it was kept back is not the daemon's.
        self.sent = time.monotonic()
        rest, self.rest, self.is_halved = self.rest, b"", False
        self.send(rest)

    def replies(self):
        """The replies that have arrived whole. Raises ConnectionError if the peer has hung up."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError("hung up")
        self.received += data
        while len(self.received) >= HEADER.size:
            size, stream, kind, _ = HEADER.unpack_from(self.received)
            if len(self.received) < HEADER.size + size:
                return
            body = bytes(self.received[HEADER.size : HEADER.size + size])
            del self.received[: HEADER.size + size]
            yield stream, kind, body


class Load:
    """All connections, and what has become of their requests."""

    def __init__(self, path, question, count):
        self.answered = self.refused = self.connections_lost = self.requests_lost = self.straddled = 0
        self.worst = 0.0
        self.holding = self.finishing = False
        # Connections that were given half of a request and are still open.
        self.held = []
        self.selector = selectors.DefaultSelector()
        self.connections = [Connection(path, question) for _ in range(count)]
        for connection in self.connections:
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.open = set(self.connections)

    def lose(self, connection):
        self.connections_lost += 1
        if connection.sent is not None:
            self.requests_lost += 1
            connection.sent = None
        self.open.discard(connection)
        self.selector.unregister(connection.socket)
        connection.socket.close()

    def ask(self, connection):
        try:
            connection.ask()
        except OSError:
            self.lose(connection)

    def read(self, connection):
        try:
            for stream, kind, body in connection.replies():
                if (stream, kind) != (connection.stream, RESPONSE) or connection.sent is None or connection.rest:
                    raise ConnectionError("a reply that was not asked for")
                self.worst = max(self.worst, time.monotonic() - connection.sent)
                if is_allowed(body):
                    self.answered += 1
                else:
                    self.refused += 1
                connection.sent = None
                connection.stream += 2
        except BlockingIOError:
            pass
        except OSError:
            return self.lose(connection)
        if connection.sent is None and not self.finishing:
            if self.holding and connection.is_halved:
                self.held.append(connection)
            self.ask(connection)

    def turn(self, seconds):
        """Waits for events once, and returns the words that were read."""
        words = []
        for key, _ in self.selector.select(seconds):
            if key.data is None:
                line = sys.stdin.readline()
                words.append(line.strip() if line else "finish")
            else:
                self.read(key.data)
        return words

    def run(self):
        for connection in list(self.open):
            self.ask(connection)
        while self.answered + self.refused < len(self.connections) and self.open:
            self.turn(1)
        print("ready", flush=True)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        while not self.finishing:
            for word in self.turn(1):
                self.obey(word)
        end = time.monotonic() + PATIENCE_SECONDS
        while any(connection.sent for connection in self.open) and time.monotonic() < end:
            self.turn(0.1)
        self.requests_lost += sum(1 for connection in self.open if connection.sent is not None)
        print(
            f"answered={self.answered} refused={self.refused} connections_lost={self.connections_lost}"
            f" requests_lost={self.requests_lost} straddled={self.straddled} worst_ms={self.worst * 1000:.0f}",
            flush=True,
        )

    def obey(self, word):
        if word == "hold":
            halved = [connection for connection in self.connections[::HALVED] if connection in self.open]
            for connection in halved:
                connection.is_halved = True
            self.held = []
            self.holding = True
            while any(not connection.rest and connection in self.open for connection in halved):
                self.turn(1)
            self.holding = False
            print(f"held {len(self.held)}", flush=True)
        elif word == "go":
            alive = [connection for connection in self.held if connection in self.open]
            for connection in alive:
                try:
                    connection.send_rest()
                    self.straddled += 1
                except OSError:
                    self.lose(connection)
            print(f"gone {len(alive)}", flush=True)
        elif word == "finish":
            for connection in self.held:
                if connection.rest and connection in self.open:
                    connection.send_rest()
            self.finishing = True


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    path, token_file, org, tenant, count = sys.argv[1:]
    with open(token_file, "rb") as file:
        token = file.read().strip()
    Load(path, asking(token, org.encode(), tenant.encode()), int(count)).run()


if __name__ == "__main__":
    main()
