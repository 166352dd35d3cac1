"""Debian's dnsmasq as a name server that knows what it is told, on a loopback address.

It reads no configuration, no /etc/hosts and asks nobody else: a name it was not told of does not
exist.
"""

import os
import socket

from .network import free_port
from .process import Process
from .wait import wait_until


class DnsServer:
    """Use as a context manager. `stop` and `start(*records)` keep the address.

    Records are dnsmasq's options without dashes: "host-record=NAME,IP", "srv-host=…".
    """

    def __init__(self, address, directory):
        self.address = address
        self.port = free_port(address, udp=True)
        self._directory = directory
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def name(self):
        """As the key `server` wants it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"

    def start(self, *records):
        self.stop()
        self._process = Process(
            ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts",
             "--no-resolv", "--pid-file=", "--user=", "--group=", "--bind-interfaces",
             f"--listen-address={self.address}", f"--port={self.port}",
             # Everything under this is ours, so what is not listed does not exist.
             "--local=/scrimp.test/", *(f"--{record}" for record in records)],
            os.path.join(self._directory, "dnsmasq.log"))
        wait_until(self._accepts, 10, "dnsmasq accepts connections")

    def stop(self):
        if self._process and self._process.alive:
            self._process.stop()

    def signal(self, number):
        self._process.signal(number)

    def _accepts(self):
        socket.create_connection((self.address, self.port), timeout=1).close()
        return True
