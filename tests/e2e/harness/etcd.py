"""Debian's etcd on a loopback address, one member, its data in a directory of the test."""

import base64
import json
import os
import subprocess
import urllib.request

from .network import free_port
from .process import Process
from .wait import wait_until


class Etcd:
    """Use as a context manager. `stop` and `start` keep data and address."""

    def __init__(self, address, directory):
        self.url = f"http://{address}:{free_port(address)}"
        self._peer_url = f"http://{address}:{free_port(address)}"
        os.makedirs(directory, exist_ok=True)
        self._directory = os.path.join(directory, "etcd")
        self._log_path = os.path.join(directory, "etcd.log")
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._process = Process(
            ["etcd", "--name", "one", "--data-dir", self._directory,
             "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
             "--listen-peer-urls", self._peer_url,
             "--initial-advertise-peer-urls", self._peer_url,
             "--initial-cluster", f"one={self._peer_url}",
             # Nothing here is worth waiting for a disk.
             "--unsafe-no-fsync",
             # A lone member elects itself within ten of its heartbeats.
             "--heartbeat-interval", "20", "--election-timeout", "200"],
            self._log_path)
        wait_until(self._is_healthy, 20, "etcd is healthy")
        return self

    def stop(self):
        if self._process and self._process.alive:
            self._process.stop()

    def signal(self, number):
        self._process.signal(number)

    def _is_healthy(self):
        with urllib.request.urlopen(self.url + "/health", timeout=2) as answer:
            return json.load(answer)["health"] == "true"

    def call(self, path, **fields):
        """One request to the gateway, as nobody in particular."""
        with urllib.request.urlopen(self.url + path, json.dumps(fields).encode(),
                                    timeout=10) as answer:
            return json.load(answer)

    def put(self, key, value):
        self.call("/v3/kv/put", key=_encode(key), value=_encode(value))

    def keys(self, prefix=""):
        """{key: (value, lease's number or None)} of all below prefix."""
        start = _encode(prefix or "\0")
        found = self.call("/v3/kv/range", key=start, range_end=_encode("\0")).get("kvs", [])
        pairs = {_decode(each["key"]): (_decode(each["value"]), each.get("lease"))
                 for each in found}
        return {key: pair for key, pair in pairs.items() if key.startswith(prefix)}

    def leases(self):
        """The numbers of those that live."""
        return [each["ID"] for each in self.call("/v3/lease/leases").get("leases", [])]

    def time_to_live(self, lease):
        """What is left of it, in seconds."""
        return int(self.call("/v3/lease/timetolive", ID=lease)["TTL"])

    def ctl(self, *arguments):
        """etcdctl, as root once authentication is enabled; its output."""
        return subprocess.run(
            ["etcdctl", "--endpoints", self.url, *arguments], capture_output=True, text=True,
            check=True, timeout=30, env={"PATH": os.environ["PATH"], "ETCDCTL_API": "3"}).stdout


def _encode(text):
    return base64.b64encode(text.encode()).decode()


def _decode(text):
    return base64.b64decode(text).decode()
