"""A private Caddy with the face of the private nginx: own files, own ports, its admin API on a Unix
socket in the cluster's folder, no privileges needed.

It starts with the configuration that it needs to be told another. Reloads are counted by a line of
the reload command's, since Caddy's own log tells of each load in many.
"""

import json
import os
import subprocess

from .network import free_port
from .nginx import make_certificate
from .process import Process
from .wait import wait_until

CADDY = os.environ.get("CADDY", "/usr/bin/caddy")


class Caddy:
    generator = "caddy"

    def __init__(self, directory, workers, connections=2048):
        """Caddy is one process with as many threads as there are cores, and its connections are
        limited by the files that it may open: it takes neither word."""
        del workers, connections
        self.prefix = os.path.join(directory, "caddy")
        os.makedirs(self.prefix)
        self.first = os.path.join(self.prefix, "first.json")
        self.target = os.path.join(self.prefix, "scrimplb.json")
        self.socket = os.path.join(self.prefix, "admin.sock")
        self.chain, self.key = make_certificate(directory)
        self.http_port = free_port()
        self.https_port = free_port()
        self._output = os.path.join(self.prefix, "output.log")
        self._moments = os.path.join(self.prefix, "reload-moments")
        self._environment = {**os.environ, "XDG_DATA_HOME": self.prefix,
                             "XDG_CONFIG_HOME": self.prefix}
        self._process = None
        with open(self.first, "w", encoding="utf-8") as first:
            json.dump({"admin": {"listen": f"unix/{self.socket}", "config": {"persist": False}}},
                      first)

    def start(self):
        """With nothing generated yet it has a socket, and listens nowhere else."""
        begin = self.target if os.path.exists(self.target) else self.first
        self._process = Process([CADDY, "run", "--config", begin], self._output,
                                env=self._environment)
        wait_until(self._has_started, 10, "caddy is up")

    def _has_started(self):
        if not self._process.alive:
            raise RuntimeError(f"caddy did not start: {self.log()}")
        return os.path.exists(self.socket)

    def stop(self):
        if self._process:
            self._process.stop()

    @property
    def alive(self):
        return self._process.alive

    @property
    def pid(self):
        """Caddy's only process."""
        return self._process.pid

    def workers(self):
        """It has none: old configurations end inside the one process."""
        return [self.pid]

    def settings(self):
        """What load-balancer-config needs for this one alone."""
        return {"runtime-socket": self.socket}

    def reload_command(self):
        """As docs/caddy.md has it, and its moment is kept."""
        return ["sh", "-c", f"date +%s >>{self._moments}; "
                            f"exec {CADDY} reload --force --config {self.target}"]

    def reload(self):
        subprocess.run(self.reload_command(), check=True, capture_output=True)

    def check_command(self):
        """The generator's own; `scrimplb` is the running program."""
        return ["scrimplb", "check-caddy", "--caddy", CADDY, "{candidate}", "{target}"]

    def log(self):
        try:
            with open(self._output, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def reloads(self):
        """Times Caddy was told to take the target."""
        return len(self.reload_moments())

    def reload_moments(self):
        """When, comparable with time.time(), to the second."""
        try:
            with open(self._moments, encoding="ascii") as moments:
                return [float(moment) for moment in moments]
        except FileNotFoundError:
            return []

    def failed_reloads(self):
        """Lines about a configuration that it refused."""
        return [line for line in self.log().splitlines()
                if '"logger":"admin.api"' in line and '"level":"error"' in line]

    def failed_requests(self):
        """What it says of requests that a backend did not answer, a line each."""
        return "".join(line + "\n" for line in self.log().splitlines()
                       if '"logger":"http.log.error' in line)

    def test(self):
        """Runs `caddy validate` on what stands on disk; (accepted, what it said)."""
        result = subprocess.run([CADDY, "validate", "--config", self.target],
                                capture_output=True, text=True, check=False,
                                env=self._environment)
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
        text = self.text()
        routes = {}
        for route in _objects(json.loads(text) if text else {}):
            name, handlers = route.get("@id", ""), route.get("handle", [])
            if name.startswith("scrimp_") and handlers:
                routes[name.removeprefix("scrimp_")] = sorted(
                    {each["dial"] for each in handlers[-1]["upstreams"]})
        return routes

    def servers(self):
        """Every upstream server there is, sorted."""
        return sorted({server for servers in self.routes().values() for server in servers})


def _objects(value):
    """The value's objects, however deep."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    for each in inner:
        yield from _objects(each)
