"""One scrimplb process, its configuration file and its log."""

import json
import os
import signal
import subprocess

from .process import ROOT, Process
from .wait import wait_until

SCRIMPLB = os.path.abspath(
    os.environ.get("SCRIMPLB", os.path.join(ROOT, "build", "release", "scrimplb")))


def application(name, port, application_port, domains=None, protocol="http"):
    """An application as configuration files and announcements spell it, ports as strings."""
    return {"name": name, "listen-port": str(port), "application-port": str(application_port),
            "protocol": protocol, "domains": domains or [f"{name}.scrimp.test"]}


class Node:
    """`config` is the configuration file's object; it may be changed between starts."""

    def __init__(self, name, directory, config):
        self.name = name
        self.config = config
        self.config_path = os.path.join(directory, f"{name}.json")
        self.log_path = os.path.join(directory, f"{name}.log")
        self._process = None

    @property
    def address(self):
        return self.config["bind-address"]

    @property
    def port(self):
        return int(self.config["port"])

    def write_config(self):
        """A backend that finds no balancer to ask as it stops leaves at once, unless the test has
        another wait: balancers of a test are stopped in any order."""
        if "backend-config" in self.config:
            self.config["backend-config"].setdefault("drain-wait", "0s")
        with open(self.config_path, "w", encoding="utf-8") as file:
            json.dump(self.config, file, indent=4)

    def start(self, **environment):
        """`environment` goes into the process's, over what we have."""
        self.write_config()
        self._process = Process([SCRIMPLB, "-config-file", self.config_path], self.log_path,
                                env={**os.environ, **environment})
        return self

    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process is not None and self._process.alive

    @property
    def exit_code(self):
        return self._process.exit_code

    def kill(self):
        return self._process.kill()

    def stop(self, seconds=10):
        """SIGTERM; the exit code."""
        return self._process.stop(seconds)

    def reload(self):
        """SIGHUP: it reads its configuration again."""
        self._process.signal(signal.SIGHUP)

    def terminate(self):
        """SIGTERM without waiting."""
        self._process.signal(signal.SIGTERM)

    def wait(self, seconds=10):
        return self._process.wait(seconds)

    def resident_kb(self):
        """Resident memory, as `ps` shows it."""
        return self._process.status("VmRSS")

    def memory_kb(self):
        """Resident memory now, and the most it ever was."""
        return self.resident_kb(), self._process.status("VmHWM")

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def log_lines(self, *parts):
        """The log lines that contain every one of `parts`."""
        return [line for line in self.log().splitlines() if all(part in line for part in parts)]

    def wait_log(self, *parts, seconds=10):
        return wait_until(lambda: self.log_lines(*parts), seconds,
                          f"{self.name} logs {' … '.join(parts)}")


def scrimplb(*arguments, seconds=30, **options):
    """Runs the binary to its end; a subprocess.CompletedProcess with text output."""
    return subprocess.run([SCRIMPLB, *arguments], capture_output=True, text=True, timeout=seconds,
                          check=False, **options)
