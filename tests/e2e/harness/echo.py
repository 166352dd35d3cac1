"""An application in this process that tells what reached it: over HTTP/1.1, TLS, HTTP/2 in its
barest form, or behind a PROXY line."""

import json
import socket
import ssl
import threading

from .network import listen_on

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n"
HEADERS_FRAME, SETTINGS_FRAME = 1, 4


class Echo:
    """`certificate`: (chain, key), and it speaks TLS; `alpn`: what it offers there."""

    def __init__(self, name, address, certificate=None, alpn=(), port=0):
        self.name = name
        self._listener = listen_on(address, port)
        self.port = self._listener.getsockname()[1]
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
            if alpn:
                self._context.set_alpn_protocols(list(alpn))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                connection.settimeout(30)
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                with connection, connection.makefile("rb") as stream:
                    self._speak(connection, stream)
        except (OSError, ValueError, IndexError):
            pass  # The peer went away, spoke nonsense, or did not trust us.

    def _speak(self, connection, stream):
        told = {"name": self.name, "proxied": None, "http": 1}
        start = stream.peek(16)
        if start.startswith(PROXY_V2):
            head = stream.read(16)
            stream.read(int.from_bytes(head[14:16], "big"))
            told["proxied"] = 2
        elif start.startswith(b"PROXY "):
            stream.readline()
            told["proxied"] = 1
        elif start.startswith(b"PRI "):
            return _speak_http2(connection, stream)
        while line := stream.readline():
            told["path"] = line.split()[1].decode()
            told["headers"] = headers = {}
            while (field := stream.readline().strip()):
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            told["bytes"] = len(stream.read(int(headers.get("content-length", 0))))
            connection.sendall(_answer(told))


def _answer(told):
    body = json.dumps(told).encode().ljust(4000)
    return (f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Backend: {told['name']}\r\nX-Secret: s\r\n\r\n").encode() + body


def _speak_http2(connection, stream):
    """Every request gets `:status: 200` and no body."""
    stream.read(len(PREFACE))
    connection.sendall(bytes([0, 0, 0, SETTINGS_FRAME, 0, 0, 0, 0, 0]))
    while head := stream.read(9):
        stream.read(int.from_bytes(head[:3], "big"))
        kind, acknowledges = head[3], head[4] & 1
        if kind == SETTINGS_FRAME and not acknowledges:
            connection.sendall(bytes([0, 0, 0, SETTINGS_FRAME, 1, 0, 0, 0, 0]))
        if kind == HEADERS_FRAME:
            connection.sendall(bytes([0, 0, 1, HEADERS_FRAME, 5]) + head[5:9] + b"\x88")
