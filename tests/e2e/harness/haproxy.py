"""A private HAProxy with the face of the private nginx: own files, own ports, its stats socket in the
cluster's folder, no privileges needed.

It is configured as an operator would for `scrimplb`: one main file with his `global`, and a folder
that is loaded after it, where the generated file goes. Reloads are counted in the master's output.
"""

import os
import re
import socket
import subprocess

from .network import free_port
from .nginx import SHUTDOWN_SECONDS, make_certificate
from .process import Process, children_of
from .wait import wait_until

HAPROXY = os.environ.get("HAPROXY", "/usr/sbin/haproxy")

MAIN = """\
global
    stats socket {socket} mode 600 level admin
    hard-stop-after {shutdown}s
    maxconn {connections}
    nbthread {threads}

defaults operators_own
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
"""


class Haproxy:
    generator = "haproxy"

    def __init__(self, directory, workers, connections=2048):
        self.prefix = os.path.join(directory, "haproxy")
        os.makedirs(os.path.join(self.prefix, "conf.d"))
        self.main = os.path.join(self.prefix, "haproxy.cfg")
        self.folder = os.path.join(self.prefix, "conf.d")
        self.target = os.path.join(self.folder, "scrimplb.cfg")
        self.socket = os.path.join(self.prefix, "admin.sock")
        self.chain, key = make_certificate(directory)
        self.key = self.chain + ".key"
        os.rename(key, self.key)
        self.http_port = free_port()
        self.https_port = free_port()
        self._output = os.path.join(self.prefix, "output.log")
        self._pid_file = os.path.join(self.prefix, "haproxy.pid")
        self._moments = os.path.join(self.prefix, "reload-moments")
        self._process = None
        with open(self.main, "w", encoding="utf-8") as main:
            main.write(MAIN.format(socket=self.socket, shutdown=SHUTDOWN_SECONDS, threads=workers,
                                   connections=connections))

    def start(self):
        """With nothing generated yet it has a socket, and listens nowhere else."""
        self._process = Process([HAPROXY, "-W", "-f", self.main, "-f", self.folder, "-p",
                                 self._pid_file], self._output)
        wait_until(self._has_started, 10, "haproxy is up")

    def _has_started(self):
        if not self._process.alive:
            raise RuntimeError(f"haproxy did not start: {self.log()}")
        return os.path.exists(self.socket) and self.workers()

    def stop(self):
        if self._process:
            self._process.stop()

    @property
    def alive(self):
        return self._process.alive

    @property
    def pid(self):
        """The master's; it stays the same through every reload."""
        return self._process.pid

    def workers(self):
        """Process ids of all workers, those that are finishing old requests included."""
        return children_of(self.pid)

    def settings(self):
        """What load-balancer-config needs for this one alone."""
        return {"runtime-socket": self.socket}

    def reload_command(self):
        """As docs/haproxy.md has it, and its moment is kept: haproxy says none."""
        return ["sh", "-c", f"date +%s >>{self._moments}; kill -USR2 $(head -n 1 {self._pid_file})"]

    def reload(self):
        subprocess.run(self.reload_command(), check=True, capture_output=True)

    def check_command(self):
        """As docs/haproxy.md has it for a private one; `scrimplb` is the running program."""
        return ["scrimplb", "check-haproxy", "--main", self.main, "{candidate}", "{target}"]

    def ask(self, line):
        """What the running process answers on its stats socket."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(5)
            asked.connect(self.socket)
            asked.sendall(line.encode() + b"\n")
            answer = b""
            while chunk := asked.recv(65536):
                answer += chunk
        return answer.decode()

    def running(self, name):
        """The servers of an application that are on in the running process, sorted."""
        fields = [line.split() for line in
                  self.ask(f"show servers state scrimp_{name}").splitlines()[2:] if line]
        return sorted(f"{each[4]}:{each[18]}" for each in fields if not int(each[6]) & 1)

    def log(self):
        try:
            with open(self._output, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def reloads(self):
        """Times the master was told to reconfigure."""
        return len(re.findall(r"Reloading HAProxy", self.log()))

    def reload_moments(self):
        """When, comparable with time.time(), to the second."""
        try:
            with open(self._moments, encoding="ascii") as moments:
                return [float(moment) for moment in moments]
        except FileNotFoundError:
            return []

    def failed_reloads(self):
        """Lines of the master about a configuration that it refused."""
        return re.findall(r".*\[ALERT\].*(?:config|parsing|Failed to load).*", self.log())

    def failed_requests(self):
        """None: haproxy has no log of them here. What a host lost it says itself."""
        return ""

    def test(self):
        """Runs `haproxy -c` on what stands on disk; (accepted, what it said)."""
        result = subprocess.run([HAPROXY, "-c", "-f", self.main, "-f", self.folder],
                                capture_output=True, text=True, check=False)
        return result.returncode == 0, result.stderr

    def text(self):
        """The generated configuration, empty if there is none yet."""
        try:
            with open(self.target, encoding="utf-8") as target:
                return target.read()
        except FileNotFoundError:
            return ""

    def routes(self):
        """{application: sorted servers} as the generated configuration has them."""
        routes = {}
        for name, body in re.findall(r"^backend scrimp_(\S+) .*\n((?:    .*\n)*)", self.text(), re.M):
            routes[name] = sorted(re.findall(r"^    server s\d+ (\S+)", body, re.M))
        return routes

    def servers(self):
        """Every upstream server there is, sorted."""
        return sorted({server for servers in self.routes().values() for server in servers})
