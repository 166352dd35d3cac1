"""A ClusterCase whose applications all live in one process, and traffic through whatever happens."""

import contextlib
import os
import signal
import threading
import time

from . import loss
from .case import WEB, ClusterCase
from .cluster import Cluster
from .size import load_text
from .traffic import Hosts, Traffic
from .wait import wait_until

PATIENCE = 120
"""Liveness only."""

CONNECTIONS = 8192
"""Of a worker of nginx: a thousand requests a second that wait for seconds must not be refused for
lack of them. Each costs some 300 bytes."""


class TrafficCase(ClusterCase):
    """`load` are Traffic's rate, talks, slow and slow_seconds; `quiet` the seconds before an event, to
    compare with, and after it, for what it left behind."""

    load = {"rate": 1000}
    quiet = 3
    maxDiff = None

    def setUp(self):
        self.rows = []
        self.dead = []
        self.hosts = self.enterContext(Hosts())
        super().setUp()
        self.nginx, self.balancer = self.cluster.nginx, self.cluster.balancer
        self.trusted = self.nginx.chain

    def make_cluster(self):
        return Cluster(make_application=self.hosts.application, connections=CONNECTIONS)

    @contextlib.contextmanager
    def row(self, event, times):
        """Traffic around the block, in which the event takes place `times` times; a loss.Row is
        appended to rows."""
        self.cluster.wait_quiet(0.5)
        failed_before, reloads = len(self.nginx.failed_requests()), self.nginx.reloads()
        traffic = Traffic(self.trusted, WEB, self.nginx.https_port, **self.load)
        with traffic:
            traffic.mark("quiet")
            time.sleep(self.quiet)
            traffic.mark("during")
            began = time.monotonic()
            yield
            seconds = time.monotonic() - began
            traffic.mark("after")
            time.sleep(self.quiet)
        said = loss.account(traffic.failures, self.dead, self.nginx, failed_before,
                            self.hosts.saw)
        self.rows.append(loss.Row(
            event, times, seconds, traffic.sent, *said, traffic.report["Resent"],
            traffic.report["TalksMoved"], traffic.phase("quiet"), traffic.phase("during"),
            self.nginx.reloads() - reloads))

    def print_rows(self):
        print("\n" + ", ".join(f"{key} {value}" for key, value in self.load.items()) +
              f"; milliseconds; {time.strftime('%F %H:%M')}, {load_text()}")
        print(loss.table(self.rows), flush=True)

    def assert_nothing_lost(self):
        for row in self.rows:
            with self.subTest(row.event):
                self.assertEqual([failure.text for failure in row.failures[:20]], [])
        self.assertEqual(self.nginx.failed_reloads(), [])
        self.assertNotIn("worker_connections are not enough", self.nginx.log())

    def add(self, prefix, count):
        """Backends whose applications run and whose nodes are not started."""
        return [self.cluster.add_backend(f"{prefix}{i}") for i in range(count)]

    def start_all(self, backends):
        for backend in backends:
            backend.start()
        self.cluster.wait_routed(*backends, seconds=PATIENCE)
        names = [backend.name for backend in self.cluster.backends.values()]
        wait_until(lambda: self.cluster.is_answered_by(WEB, names), 20, "an answer")

    def kill(self, *backends):
        """Their hosts are gone, all in the same moment."""
        self.dead.extend(backends)
        for backend in backends:
            os.kill(backend.node.pid, signal.SIGKILL)
            backend.server.kill()
        for backend in backends:
            backend.kill()  # Waits for what was told.

    def vanish(self, network, backend):
        """As when its host loses its power; the moment at which it did."""
        network.vanish(backend.node.address)
        moment = time.monotonic()
        backend.server.vanish()
        self.dead.append(backend)
        return moment

    def leave(self, backends, pause):
        """As service managers do it: a node is told to go, and once it says that it is safe, the
        application ends."""
        ends = []
        for backend in backends:
            backend.node.terminate()
            ends.append(threading.Thread(target=_end, args=(backend,)))
            ends[-1].start()
            time.sleep(pause)
        for end in ends:
            end.join()

    def forget(self, backends):
        """Their hosts are given up."""
        for backend in backends:
            backend.kill()
            del self.cluster.backends[backend.name]


def _end(backend):
    backend.node.wait(PATIENCE)
    backend.server.stop()
