"""gRPC without its library: a backend that answers each call in capitals, in HTTP/2 frames of its
own, and calls of it with curl."""

import socket
import struct
import subprocess
import tempfile
import threading

HEADERS, SETTINGS, PING, DATA = 1, 4, 6, 0
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def _frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + \
        struct.pack(">I", stream) + payload


def _literal(name, value):
    """A header that stands for itself, in HPACK."""
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


class GrpcBackend:
    """Its headers are "200" and the type; its trailers say that all is well."""

    def __init__(self, address="127.0.0.1"):
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        self.endpoint = f"{address}:{self.port}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        bodies = {}
        with connection, connection.makefile("rb") as stream:
            if not stream.read(24).startswith(b"PRI * HTTP/2.0"):
                return
            connection.sendall(_frame(SETTINGS, 0, 0))
            while len(head := stream.read(9)) == 9:
                length = int.from_bytes(head[:3], "big")
                kind, flags, number = head[3], head[4], int.from_bytes(head[5:], "big")
                payload = stream.read(length)
                if kind == SETTINGS and not flags & ACK:
                    connection.sendall(_frame(SETTINGS, ACK, 0))
                elif kind == PING and not flags & ACK:
                    connection.sendall(_frame(PING, ACK, 0, payload))
                elif kind == DATA:
                    bodies[number] = bodies.get(number, b"") + payload
                if kind in (HEADERS, DATA) and flags & END_STREAM:
                    self._answer(connection, number, bodies.pop(number, b""))

    @staticmethod
    def _answer(connection, number, message):
        connection.sendall(
            _frame(HEADERS, END_HEADERS, number,
                   b"\x88" + _literal(b"content-type", b"application/grpc")) +
            _frame(DATA, 0, number, message[:5] + message[5:].upper()) +
            _frame(HEADERS, END_HEADERS | END_STREAM, number, _literal(b"grpc-status", b"0")))

    def kill(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # Wakes accept(), which close() would not.
        self.thread.join()
        self.listener.close()


def call(port, host, path, message):
    """What curl says of a call by TLS on loopback: headers, body and trailers as text."""
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"\0" + struct.pack(">I", len(message)) + message)
        body.flush()
        done = subprocess.run(
            ["curl", "-sk", "--http2", "-i", "--max-time", "5", "--connect-to",
             f"{host}:443:127.0.0.1:{port}", "-H", "content-type: application/grpc", "-H",
             "te: trailers", "--data-binary", f"@{body.name}", f"https://{host}{path}"],
            capture_output=True, check=False)
    return done.stdout.decode("latin-1") + done.stderr.decode("latin-1")
