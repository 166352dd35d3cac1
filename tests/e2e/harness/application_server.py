"""The application's program: `application_server.py NAME FD` serves the listening socket FD.

    /                 a line of text: who answers
    /slow?seconds=S   the same, in pieces over S seconds
    /headers          the request's headers as JSON

SIGTERM: no new connections, requests under way are finished, then exit 0. One thread a connection,
plain sockets: it must start in some tens of milliseconds, ten at a time.
"""

import json
import os
import signal
import socket
import sys
import threading
import time

SLOW_PIECES = 50


class _Server:
    def __init__(self, name, listener):
        self._name = name
        self._listener = listener
        self._busy = 0
        self._changed = threading.Condition()
        self._leaving = False

    def accept_forever(self):
        while not self._leaving:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def leave(self):
        """Closes the door and waits for the requests inside, at most 10 s."""
        self._leaving = True
        self._listener.shutdown(socket.SHUT_RDWR)  # Wakes accept(), which close() would not.
        self._listener.close()
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, timeout=10)

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile("rb") as stream:
                while not self._leaving:
                    request = _read_request(stream)
                    if request is None:
                        return
                    self._count(+1)
                    try:
                        self._answer(connection, *request)
                    finally:
                        self._count(-1)
        except (OSError, ValueError):
            pass  # The peer went away or spoke nonsense; others are served on.

    def _count(self, change):
        with self._changed:
            self._busy += change
            self._changed.notify_all()

    def _answer(self, connection, path, headers):
        kind = "text/plain"
        body = f"answered by {self._name}\n".encode()
        if path == "/headers":
            kind, body = "application/json", json.dumps(headers).encode()
        seconds = float(path.partition("seconds=")[2] or 1) if path.startswith("/slow") else 0.0
        if seconds:
            body *= SLOW_PIECES
        head = (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                f"X-Backend: {self._name}\r\n\r\n").encode()
        if not seconds:
            connection.sendall(head + body)
            return
        connection.sendall(head)
        step = len(body) // SLOW_PIECES
        for start in range(0, len(body), step):
            time.sleep(seconds / SLOW_PIECES)
            connection.sendall(body[start:start + step])


def _read_request(stream):
    """(path, headers), or nothing at the end of the connection."""
    line = stream.readline(8192)
    if not line.strip():
        return None
    path = line.split()[1].decode("latin-1")
    headers = {}
    while True:
        line = stream.readline(8192)
        if line in (b"\r\n", b"\n", b""):
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    if length:
        stream.read(length)
    return path, headers


def _main():
    name, descriptor = sys.argv[1], int(sys.argv[2])
    server = _Server(name, socket.socket(fileno=descriptor))
    asked_to_leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_leave.set())
    threading.Thread(target=server.accept_forever, daemon=True).start()
    asked_to_leave.wait()
    server.leave()
    os._exit(0)  # Idle keep-alive connections close with the process.


if __name__ == "__main__":
    _main()
