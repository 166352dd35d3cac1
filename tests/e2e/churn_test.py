"""A day of churn in minutes, on a machine of 512 MB: ten thousand changes as fast as the balancer
takes them, with WebSockets open that keep old workers of nginx alive. The memory of the daemon stays
flat and the number of old workers bounded; both are printed as they go.

    ./dev e2e churn     10,000 changes

SCRIMP_CHANGES says how many, SCRIMP_TALKS how many WebSockets. Daemon and nginx share a control group
with a limit on memory (version 1 or 2). Where none can be made the table says so, and only their
resident memory is watched; at full size, run by root on a machine that has such groups, that is a
failure.
"""

import contextlib
import os
import time
import unittest

from harness import gossip
from harness.node import application
from harness.size import WHOLE, load_text, size
from harness.traffic_case import TrafficCase
from harness.wait import wait_until

CHANGES = size("CHANGES", small=200, whole=10_000)
TALKS = size("TALKS", small=10, whole=100)
LIMIT_MB = 512

PEERS = 20
"""They announce, in turn, that they serve something else."""

EVERY = 0.01
"""Seconds between two changes: far more than any rate of reloads."""

LOOKS = 20
"""Lines of the printed table."""

GROWTH_KB_MAX = 1024
"""What the daemon's memory may grow by from the second look to the last: noise of its allocator."""

GENERATIONS_MAX = 9
"""Of old workers: twice old-workers-max, at which even what cannot wait does, and one more."""

WORKERS = 2


class MemoryGroup:
    """A control group with a limit on memory for some processes and their children; `path` is None
    where none can be made, and `why_none` says why."""

    def __init__(self, megabytes):
        self.path = None
        self.why_none = "this machine has no control groups of memory"
        name = f"scrimp-churn-{os.getpid()}"
        for top, limit, used in (
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
                ("/sys/fs/cgroup", "memory.max", "memory.current")):
            if not self._manages_memory(top):
                continue
            path = os.path.join(top, name)
            try:
                os.mkdir(path)
                try:
                    self._write(os.path.join(path, limit), megabytes << 20)
                except OSError:
                    os.rmdir(path)
                    raise
            except OSError as error:
                self.why_none = str(error)
                continue
            self.path, self._used = path, os.path.join(path, used)
            self.why_none = None
            return

    @staticmethod
    def _manages_memory(top):
        """Of version 1 a tree of its own, of version 2 one that says so."""
        if os.path.exists(os.path.join(top, "memory.limit_in_bytes")):
            return True
        with contextlib.suppress(OSError):
            with open(os.path.join(top, "cgroup.controllers"), encoding="ascii") as file:
                return "memory" in file.read().split()
        return False

    @classmethod
    def exists_here(cls):
        return any(map(cls._manages_memory, ("/sys/fs/cgroup/memory", "/sys/fs/cgroup")))

    @property
    def text(self):
        return self.path or f"NONE, SO NO LIMIT ON MEMORY: {self.why_none}"

    @staticmethod
    def _write(path, value):
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))

    def take(self, *pids):
        for pid in pids:
            if self.path:
                self._write(os.path.join(self.path, "cgroup.procs"), pid)

    def used_text(self):
        """Megabytes."""
        if not self.path:
            return "no limit"
        with open(self._used, encoding="ascii") as file:
            return f"{int(file.read()) / (1 << 20):.1f}"

    def remove(self):
        """Its processes must have ended."""
        if self.path:
            wait_until(lambda: os.rmdir(self.path) or True, 20, "the control group is empty")


class Churn(TrafficCase):
    load = {"rate": size("RATE", small=50, whole=100), "talks": TALKS}
    quiet = 1

    def setUp(self):
        self.group = MemoryGroup(LIMIT_MB)
        self.addCleanup(self.group.remove)  # After the cluster has ended.
        if WHOLE and not self.group.path and os.geteuid() == 0 and MemoryGroup.exists_here():
            self.fail(f"the control group of {LIMIT_MB} MB could not be made: {self.group.why_none}")
        super().setUp()
        self.group.take(self.nginx.pid, *self.nginx.workers())
        self.cluster.start_balancer()
        self.group.take(self.balancer.pid)
        self.start_all(self.add("standing", 3))
        self.peers = [self.enterContext(gossip.Peer(f"peer-{i}", self.cluster.addresses.take()))
                      for i in range(PEERS)]

    def test_memory_stays_flat_and_old_workers_are_few(self):
        print(f"\ncontrol group of {LIMIT_MB} MB: {self.group.text}")
        print(" changes | reloads | daemon MB | old workers of nginx | nginx MB | group MB")
        looks = []
        with self.row("changes", CHANGES):
            for number in range(CHANGES):
                self.change(number)
                if number % (CHANGES // LOOKS) == 0:
                    looks.append(self.look(number))
                time.sleep(EVERY)
            last = (CHANGES - 1) // PEERS
            wanted = {"web"} | {f"peer{i}-{last % 2}" for i in range(PEERS)}
            wait_until(lambda: set(self.nginx.routes()) == wanted, 120, "the last change is routed",
                       every=0.1)
            looks.append(self.look(CHANGES))
        self.print_rows()
        self.assert_nothing_lost()
        daemon, old = zip(*looks)
        print(f"daemon {min(daemon) / 1024:.1f} to {max(daemon) / 1024:.1f} MB, at most {max(old)} "
              f"old workers; control group: {self.group.text}; {load_text()}")
        self.assertLessEqual(daemon[-1] - daemon[1], GROWTH_KB_MAX)
        self.assertLessEqual(max(old), GENERATIONS_MAX * WORKERS)

    def change(self, number):
        turn, which = divmod(number, PEERS)
        serves = application(f"peer{which}-{turn % 2}", self.nginx.https_port, 8000)
        self.peers[which].announce(gossip.backend_metadata(serves),
                                   (self.balancer.address, self.balancer.port))

    def look(self, changes):
        """(daemon's resident kB, old workers), printed as well."""
        workers = self.nginx.workers()
        old = [pid for pid in workers if "shutting down" in command_of(pid)]
        nginx = sum(resident_kb(pid) for pid in [self.nginx.pid, *workers])
        daemon = self.balancer.resident_kb()
        print(f"{changes:8,} | {self.nginx.reloads():7} | {daemon / 1024:9.1f} | {len(old):20} | "
              f"{nginx / 1024:8.1f} | {self.group.used_text():>8}", flush=True)
        return daemon, len(old)


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="latin-1") as file:
            return file.read()
    except OSError:
        return ""


def resident_kb(pid):
    """Of a process; what it shares with its parent counts with both."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        return 0


if __name__ == "__main__":
    unittest.main()
