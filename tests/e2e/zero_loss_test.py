"""Not one lost request: a steady load of every kind (kept and new connections, HTTP/1.1 and HTTP/2,
WebSockets, slow uploads and downloads) while everything happens that happens to a cluster. Failed
requests that may be repeated: none. Others: those in flight to a host that died, each accounted for.

    ./dev e2e zero-loss     1,000 requests a second through hundreds of events, some ten minutes

Prints a table. SCRIMP_RATE says how many requests a second, SCRIMP_SHARE how many hundredths of the
events, SCRIMP_ROWS (with commas) which rows. In ctest it is small, and has a few rows only.
"""

import base64
import hashlib
import os
import time
import unittest

from harness.client import Client
from harness.network import network_for_module
from harness.nginx import make_certificate
from harness.node import application, scrimplb
from harness.size import WHOLE, size
from harness.traffic_case import PATIENCE, TrafficCase
from harness.wait import wait_until

SHARE = size("SHARE", small=2, whole=100)

SMALL = "joins,graceful leaves,SIGKILLs"
"""Rows of ctest, which has seconds for this."""

STANDING = size("STANDING", small=5, whole=25)
"""Backends that stay: more than die, or the balancer would doubt its own eyes and keep all
(unavailable-share-max)."""

PAUSE = 0.25
"""Seconds between two joins, leaves or changes: about as fast as a deployment goes."""

OLD, NEW = os.urandom(32), os.urandom(32)


def setUpModule():
    global NETWORK
    NETWORK = network_for_module()


def some(count):
    """How many of so many."""
    return max(1, count * SHARE // 100)


class ZeroLoss(TrafficCase):
    load = {"rate": size("RATE", small=200, whole=1000), "talks": size("TALKS", small=5, whole=50),
            "slow": size("SLOW", small=3, whole=20),
            "slow_seconds": size("SLOW_SECONDS", small=1, whole=3)}
    quiet = 3 if WHOLE else 0.3

    def setUp(self):
        super().setUp()
        self.addCleanup(NETWORK.mend)
        self.make_certificates(some(10))
        self.install_key(self.balancer)
        self.cluster.start_balancer()
        self.standing = self.add("standing", STANDING)
        self.start_all(self.standing)

    def test_no_request_is_lost_whatever_happens(self):
        rows = {"nothing": self.nothing, "joins": self.joins, "graceful leaves": self.leaves,
                "metadata changes": self.changes, "SIGKILLs": self.kills,
                "vanished hosts": self.vanished, "certificate renewals": self.renewals,
                "daemon restarts": self.restarts, "daemon SIGKILLs": self.daemon_kills,
                "gossip key rotation": self.rotation}
        chosen = os.environ.get("SCRIMP_ROWS", ",".join(rows) if WHOLE else SMALL).split(",")
        try:
            for event, play in rows.items():
                if event in chosen:
                    play(event)
        finally:
            self.print_rows()
        self.assert_nothing_lost()

    def add(self, prefix, count):
        backends = super().add(prefix, count)
        for backend in backends:
            self.install_key(backend.node)
        return backends

    def nothing(self, event):
        with self.row(event, 0):
            time.sleep(max(self.quiet, some(10)))

    def joins(self, event):
        self.joined = self.add("joined", some(100))
        with self.row(event, len(self.joined)):
            for backend in self.joined:
                backend.start()
                time.sleep(PAUSE)
            self.cluster.wait_routed(*self.joined, seconds=PATIENCE)

    def leaves(self, event):
        leaving = getattr(self, "joined", None) or self.add("leaving", some(100))
        self.start_all([backend for backend in leaving if not backend.node.alive])
        with self.row(event, len(leaving)):
            self.leave(leaving, PAUSE)
        self.forget(leaving)

    def changes(self, event):
        """Each begins to serve something else as well, or ends it."""
        count = some(100)
        with self.row(event, count):
            for number in range(count):
                backend = self.standing[number % STANDING]
                listed = backend.node.config["backend-config"]["applications"]
                if len(listed) > 1:
                    listed.pop()
                else:
                    listed.append(application(f"extra-{backend.name}", self.nginx.https_port,
                                              backend.server.port))
                backend.node.write_config()
                backend.node.reload()
                time.sleep(PAUSE)
            wanted = {"web"} | {f"extra-{backend.name}" for backend in self.standing
                                if len(backend.node.config["backend-config"]["applications"]) > 1}
            wait_until(lambda: set(self.nginx.routes()) == wanted, PATIENCE, f"routes are {wanted}")

    def kills(self, event):
        victims = self.add("killed", some(20))
        self.start_all(victims)
        with self.row(event, len(victims)):
            for backend in victims:
                self.kill(backend)
                time.sleep(2 * PAUSE)
            for backend in victims:
                self.cluster.wait_out(backend, seconds=PATIENCE)
        self.forget(victims)

    def vanished(self, event):
        victims = self.add("vanished", some(5))
        self.start_all(victims)
        with self.row(event, len(victims)):
            for backend in victims:
                self.vanish(NETWORK, backend)
                self.cluster.wait_out(backend, seconds=PATIENCE)
        self.forget(victims)

    def renewals(self, event):
        with self.row(event, len(self.renewed)):
            for chain, key in self.renewed:
                os.replace(chain, self.nginx.chain)
                os.replace(key, self.nginx.key)
                self.nginx.reload()
                time.sleep(2 * PAUSE)

    def restarts(self, event):
        with self.row(event, some(10)):
            for _ in range(some(10)):
                self.assertEqual(self.balancer.stop(PATIENCE), 0)
                self.balance_again()

    def daemon_kills(self, event):
        with self.row(event, some(10)):
            for _ in range(some(10)):
                self.balancer.kill()
                self.balance_again()

    def balance_again(self):
        """The balancer starts, and knows what there is."""
        generations = len(self.balancer.log_lines("joined: standing"))
        self.balancer.start()
        wait_until(lambda: len(self.balancer.log_lines("joined: standing"))
                   >= generations + STANDING, PATIENCE, "the balancer meets the others again")
        time.sleep(2 * PAUSE)

    def rotation(self, event):
        nodes = [self.balancer] + [backend.node for backend in self.standing]
        with self.row(event, 1):
            for verb, key in (("install", NEW), ("use", NEW), ("remove", OLD)):
                for node in nodes:
                    self.change_key(node, verb, key)
                for node in nodes:
                    wanted = self.keyring(node, "list").rpartition(": ")[2]
                    wait_until(lambda n=node, w=wanted: n.log_lines("gossip is ")[-1].endswith(w),
                               PATIENCE, f"{node.name} follows its keyring file")

    def install_key(self, node):
        node.config["gossip-config"] = {
            "keyring-file": os.path.join(self.cluster.directory, f"{node.name}.keyring")}
        self.change_key(node, "install", OLD)

    def change_key(self, node, verb, key):
        if verb == "install":
            self.keyring(node, verb, input=base64.b64encode(key).decode())
        else:
            self.keyring(node, verb, hashlib.sha256(key).hexdigest()[:8])

    @staticmethod
    def keyring(node, verb, *arguments, **options):
        done = scrimplb("keyring", verb, "--file", node.config["gossip-config"]["keyring-file"],
                        *arguments, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def make_certificates(self, count):
        """Those to renew with, and a file of all that clients shall trust."""
        chains = [self.nginx.chain]
        self.renewed = []
        for number in range(count):
            directory = os.path.join(self.cluster.directory, f"certificate-{number}")
            os.mkdir(directory)
            self.renewed.append(make_certificate(directory))
            chains.append(self.renewed[-1][0])
        self.trusted = os.path.join(self.cluster.directory, "trusted.pem")
        with open(self.trusted, "w", encoding="ascii") as trusted:
            for chain in chains:
                with open(chain, encoding="ascii") as text:
                    trusted.write(text.read())
        self.cluster.client = Client(self.trusted)


if __name__ == "__main__":
    unittest.main()
