"""Machines of their own on one machine: each has a network, a host name and an /etc of its own, so
that several nodes can run with configurations that name the same port and the same files."""

import os
import shutil
import subprocess

from .process import Process

BRIDGE = "10.0.0.254/24"
"""Our own place in the network of the machines: what they all reach, a seed store say."""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def make_network():
    """A switch in this process's network namespace, which must be one of its own."""
    run("ip", "link", "add", "machines", "type", "bridge")
    run("ip", "addr", "add", BRIDGE, "dev", "machines")
    run("ip", "link", "set", "machines", "up")


class Machine:
    """`addresses` are literals, IPv4 in 10.0.0.0/24. `etc` is its /etc, a folder of this machine
    that begins as a copy of what programs need."""

    copied = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "ssl", "nginx")

    def __init__(self, name, directory, addresses):
        self.name = name
        self.etc = os.path.join(directory, f"{name}.etc")
        self.log_path = os.path.join(directory, f"{name}.log")
        self._network = f"scrimp-{os.getpid()}-{name}"
        os.mkdir(self.etc)
        for entry in self.copied:
            source = os.path.join("/etc", entry)
            if os.path.isdir(source):
                shutil.copytree(source, os.path.join(self.etc, entry), symlinks=True)
            elif os.path.exists(source):
                shutil.copy(source, self.etc)
        with open(os.path.join(self.etc, "hosts"), "w", encoding="ascii") as hosts:
            hosts.write("127.0.0.1 localhost\n")
        run("ip", "netns", "add", self._network)
        link = f"m-{name}"[:15]
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0",
            "netns", self._network)
        run("ip", "link", "set", link, "master", "machines", "up")
        for address in addresses:
            family = ["/64", "nodad"] if ":" in address else ["/24"]
            run("ip", "-n", self._network, "addr", "add", address + family[0], "dev", "eth0",
                *family[1:])
        for device in ("eth0", "lo"):
            run("ip", "-n", self._network, "link", "set", device, "up")

    def start(self, *command, cwd=None, **environment):
        """A Process on this machine."""
        script = 'hostname "$1" && mount --bind "$2" /etc && shift 2 && exec "$@"'
        return Process(
            ["ip", "netns", "exec", self._network, "unshare", "--mount", "--uts", "sh", "-c",
             script, "sh", self.name, self.etc, *command],
            self.log_path, env={**os.environ, **environment}, cwd=cwd)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def remove(self):
        """Its processes must have ended."""
        run("ip", "netns", "del", self._network)
