"""A small HTTP application that says who it is, in a process of its own (application_server.py).

We bind its socket and hand it down: the port is the kernel's choice, and connections wait in the
backlog while the program starts.
"""

import http.client
import os
import sys

from .network import listen_on
from .process import Process

_SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "application_server.py")


class Application:
    """An application in a process of its own; `port` 0 lets the kernel choose."""

    def __init__(self, name, address, directory, port=0):
        self.name = name
        self.address = address
        self._log_path = os.path.join(directory, f"application-{name}.log")
        self._process = None
        self.port = port
        self.start()

    def start(self):
        with listen_on(self.address, self.port) as listener:
            self.port = listener.getsockname()[1]
            listener.set_inheritable(True)
            self._process = Process(
                [sys.executable, "-S", "-E", _SERVER, self.name, str(listener.fileno())],
                self._log_path, pass_fds=(listener.fileno(),))

    def answers(self):
        """Whether it has come up: one request, straight to it."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    @property
    def alive(self):
        return self._process.alive

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        return self._process.kill()

    def stop(self):
        return self._process.stop()

    def signal(self, number):
        self._process.signal(number)
