"""The traffic of the zero-loss tests: a steady load of every kind of request, and many applications
behind it. Both are the Go program in tests/e2e/traffic, each in a process of its own.

Every request that failed is told one by one (class Failure); who was to blame is found out here: by
the host that answered or had it in its hands, and by what nginx says of the number in its URL.
"""

import atexit
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request
from typing import NamedTuple

from .process import ROOT

_SOURCES = os.path.join(ROOT, "tests", "e2e", "traffic")

FINISH_SECONDS_MAX = 60
"""Above the longest that one request may take."""

NUMBERS_EACH = 100_000_000
"""Requests of two loads never have the same number; a load of a day has fewer."""

_program = None


def traffic_program():
    """Builds the program once; its path. Debian's packages carry the sources, so nothing is
    fetched."""
    global _program
    if not _program:
        directory = tempfile.mkdtemp(prefix="scrimp-traffic-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        _program = os.path.join(directory, "traffic")
        environment = {"GOCACHE": os.path.join(directory, "cache"), **os.environ,
                       "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
        subprocess.run(["go", "build", "-o", _program, "."], cwd=_SOURCES, env=environment,
                       check=True)
    return _program


class Hosts:
    """A process with many applications, each on an address of its own."""

    def __init__(self):
        self._child = subprocess.Popen([traffic_program(), "hosts"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._door = self._child.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.kill()
        self._child.wait()
        self._child.stdin.close()
        self._child.stdout.close()

    def ask(self, verb, **query):
        url = f"http://{self._door}/{verb}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=FINISH_SECONDS_MAX) as answer:
            return json.loads(answer.read())

    def saw(self, number):
        """Which of them ever got the POST of this number, or nothing."""
        return self.ask("saw", number=number)["by"]

    def application(self, name, address, _directory, port=0):
        """As Application, to be given to Cluster."""
        return HostedApplication(self, name, address, port)


class HostedApplication:
    """An application among Hosts. `lost` are the numbers of the requests that it had in its hands
    when it died."""

    def __init__(self, hosts, name, address, port):
        self.name = name
        self.address = address
        self.port = port
        self.alive = False
        self.lost = set()
        self._hosts = hosts
        self.start()

    def start(self):
        self.port = self._hosts.ask("open", name=self.name, address=self.address,
                                    port=self.port)["port"]
        self.alive = True

    def answers(self):
        return self.alive

    def kill(self):
        """As SIGKILL: what is under way is lost."""
        if self.alive:
            self.lost.update(self._hosts.ask("kill", name=self.name)["busy"])
        self.alive = False

    def vanish(self):
        """To be called when its address was cut off: what it has in its hands now is lost."""
        self.lost.update(self._hosts.ask("busy", name=self.name)["busy"])

    def stop(self):
        """As SIGTERM: what is under way is answered; whether all of it was."""
        self.alive = False
        return self._hosts.ask("end", name=self.name)["whole"]

    def be_healthy(self, healthy):
        """What it answers to /health."""
        self._hosts.ask("health", name=self.name, healthy=str(healthy).lower())


class Failure(NamedTuple):
    number: int
    kind: str
    protocol: str
    kept: bool
    idempotent: bool
    begun: bool
    backend: str
    began: float
    """Comparable with time.time()."""
    seconds: float
    reason: str

    @property
    def ended(self):
        return self.began + self.seconds

    @property
    def text(self):
        return (f"{self.kind} {self.number} over {'kept' if self.kept else 'new'} {self.protocol}: "
                f"{self.reason}, after {self.seconds:.2f} s, backend {self.backend or 'unknown'}")


class Traffic:
    """Use as a context manager; what came of it is there after the block.

    `rate` short requests a second, so many WebSockets open, and `slow` uploads and downloads under
    way at any time, each of which takes `slow_seconds`. `host` may be several, asked in turn.
    """

    _loads = 0

    def __init__(self, certificates, host, port, rate, talks=0, slow=0, slow_seconds=3,
                 address="127.0.0.1"):
        hosts = [host] if isinstance(host, str) else list(host)
        self._options = {"Certificates": certificates, "Hosts": hosts, "Address": address,
                         "Port": port, "Rate": rate, "Talks": talks, "Uploads": slow,
                         "Downloads": slow, "SlowSeconds": slow_seconds,
                         "First": Traffic._loads * NUMBERS_EACH}
        Traffic._loads += 1
        self._child = None
        self.report = None
        self.failures = []

    def __enter__(self):
        self._child = subprocess.Popen(
            [traffic_program(), "drive", json.dumps(self._options)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        said = self._child.stdout.readline().strip()
        if said != "ready":
            self._child.kill()
            raise RuntimeError("the first request was not answered as it should")
        return self

    def mark(self, name):
        """Begins a phase, whose times are reported apart."""
        self._child.stdin.write(f"mark {name}\n")
        self._child.stdin.flush()

    def __exit__(self, *_):
        try:
            output, _ = self._child.communicate(timeout=FINISH_SECONDS_MAX)
            self.report = json.loads(output)
        finally:
            self._child.kill()
            self._child.wait()
        self.failures = [
            Failure(each["Number"], each["Kind"], each["Protocol"], each["Kept"],
                    each["Idempotent"], each["Begun"], each["Backend"], each["BeganUnix"],
                    each["Seconds"], each["Reason"]) for each in self.report["Failed"]]

    @property
    def sent(self):
        return sum(self.report["Sent"].values())

    def phase(self, name):
        """Its Sent, P50Ms, P99Ms and SlowestMs; all phases of that name are one in name only."""
        return next(each for each in self.report["Phases"] if each["Name"] == name)


def blamed_upstreams(failed_requests):
    """{number of a request: upstreams that nginx had tried}, of Nginx.failed_requests()"""
    return {int(number): set(re.split(", | : ", upstreams)) for number, upstreams in
            re.findall(r"^\d+ /\w*\?n=(\d+)\S* (.+)$", failed_requests, re.M)}
