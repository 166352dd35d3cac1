"""One HTTPS request over a connection of its own, verified against the certificate of the test."""

import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Response:
    status: int
    body: str
    headers: dict = field(default_factory=dict)

    @property
    def backend(self):
        """Who answered: our applications say so in a header."""
        return self.headers.get("x-backend", "")


class Client:
    """Asks `address`:port for `host`, whatever the name service says."""

    def __init__(self, certificate, address="127.0.0.1"):
        self._context = ssl.create_default_context(cafile=certificate)
        self._address = address

    def get(self, host, port, path="/", headers=None, seconds=5.0, method="GET", body=None):
        """A Response; OSError (ssl.SSLError and http.client's own included) if there was none."""
        raw = socket.create_connection((self._address, port), timeout=seconds)
        try:
            with self._context.wrap_socket(raw, server_hostname=host) as secure:
                return self._exchange(secure, host, port, path, headers or {}, method, body)
        except http.client.HTTPException as error:
            raise OSError(f"bad answer: {error!r}") from error
        finally:
            raw.close()

    def hold(self, host, port, seconds=60.0):
        """A HeldRequest, begun."""
        raw = socket.create_connection((self._address, port), timeout=seconds)
        return HeldRequest(self._context.wrap_socket(raw, server_hostname=host), host)

    @staticmethod
    def _exchange(secure, host, port, path, headers, method, body):
        connection = http.client.HTTPConnection(host, port)
        connection.sock = secure
        connection.request(method, path, body, {"Connection": "close", **headers})
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, answer.read().decode("utf-8", "replace"), fields)


class HeldRequest:
    """A request whose header's end is kept back: the worker that has it waits as long as we like (by
    nginx's default a minute at most)."""

    def __init__(self, connection, host):
        self._connection = connection
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n".encode())

    def response(self):
        """Lets it go and waits for the answer."""
        with self._connection as connection:
            connection.sendall(b"\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return Response(answer.status, answer.read().decode("utf-8", "replace"))


class SlowRequest(threading.Thread):
    """A request that takes `seconds` to be answered, under way while other things happen."""

    def __init__(self, client, host, port, seconds):
        super().__init__(daemon=True)
        self._ask = lambda: client.get(host, port, f"/slow?seconds={seconds}", seconds=seconds + 10)
        self._outcome = None
        self.start()

    def run(self):
        try:
            self._outcome = self._ask()
        except OSError as error:
            self._outcome = error

    def response(self):
        """Waits for the whole answer; raises what went wrong."""
        self.join()
        if isinstance(self._outcome, OSError):
            raise self._outcome
        return self._outcome
