"""Everything is killed and started again in any order, the seed store among it: whatever the order,
the cluster is whole again within a minute of the last start."""

import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
import unittest

from harness import gossip
from harness.network import Addresses, free_port
from harness.node import Node, application
from harness.radosgw import RadosGateway
from harness.wait import wait_until

ORDERS = 20
WHOLE_SECONDS = 60
"""What users were promised; it takes some seconds, and a figure is printed at the end."""
LONG_LIST = 40
"""Applications that do not fit into metadata: they must find their way by the exchange."""


class Restarts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="scrimp-restarts-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.store = cls.enterClassContext(RadosGateway())
        cls.store.create_bucket("seeds")
        os.environ.update(AWS_ACCESS_KEY_ID=cls.store.access_key,
                          AWS_SECRET_ACCESS_KEY=cls.store.secret_key)
        cls.addClassCleanup(lambda: [os.environ.pop(key) for key in (
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")])

    def setUp(self):
        addresses = Addresses()
        self.nodes = {name: self.make_node(name, addresses.take(), config) for name, config in (
            ("lb1", self.balancer_config("lb1")), ("lb2", self.balancer_config("lb2")),
            ("b1", backend_config("b1", 1)), ("b2", backend_config("b2", 2)),
            ("b3", backend_config("b3", LONG_LIST)))}

    def make_node(self, name, address, config):
        node = Node(name, self.directory, {
            "node-name": name, "bind-address": address, "port": str(free_port(address)),
            "state-dir": self.path(f"{name}.state"),
            "provider": "s3",
            "provider-config": {"bucket": "seeds", "region": "default",
                                "endpoint": self.store.endpoint, "timeout": "5s"},
            **config})
        self.addCleanup(lambda: node.alive and node.kill())
        return node

    def balancer_config(self, name):
        return {"lb": True, "load-balancer-config": {
            "push-period": "1s", "jitter": "100ms", "generator": "nginx",
            "generator-target": self.path(f"{name}.conf"),
            # What is generated is read here, not served: nginx has its own suites.
            "check-command": [], "reload-command": []}}

    def path(self, name):
        return os.path.join(self.directory, name)

    def end(self, name, chance, replaced):
        """Killed or told to stop; `replaced` is the chance that the machine is replaced by one that
        remembers nothing."""
        if name == "store":
            return self.store.stop_gateway()
        node = self.nodes[name]
        if node.alive:
            node.kill() if chance.random() < 0.5 else node.stop()
        if os.path.exists(self.path(f"{name}.conf")):
            os.remove(self.path(f"{name}.conf"))
        if chance.random() < replaced:
            shutil.rmtree(self.path(f"{name}.state"), ignore_errors=True)
        return None

    def begin(self, name):
        self.store.start_gateway() if name == "store" else self.nodes[name].start()

    def what_is_missing(self):
        """Nothing when everybody sees everybody and both balancers route every application."""
        for name, node in self.nodes.items():
            seen = gossip.alive_members(node.address, node.port)
            if seen != sorted(self.nodes):
                return f"{name} sees {seen}"
        for name in ("lb1", "lb2"):
            with open(self.path(f"{name}.conf"), encoding="utf-8") as file:
                text = file.read()
            routes = {f"{b}-app{i}.scrimp.test" for b, count in (
                ("b1", 1), ("b2", 2), ("b3", LONG_LIST)) for i in range(count)}
            absent = sorted(routes.difference(re.findall(r"[\w.-]+\.scrimp\.test", text)))
            if absent:
                return f"{name} does not route {len(absent)} applications, {absent[0]} among them"
        return None

    def test_the_cluster_is_whole_again_whatever_the_order(self):
        for node in self.nodes.values():
            node.start()
        wait_until(lambda: self.what_is_missing() is None, WHOLE_SECONDS, "the cluster is whole")
        times = []
        for number in range(ORDERS):
            chance = random.Random(f"order {number}")
            everything = [*self.nodes, "store"]
            with self.subTest(order=number):
                # Every fifth time nobody remembers anybody: then only the store can help.
                replaced = 1.0 if number % 5 == 4 else 0.3
                for name in chance.sample(everything, len(everything)):
                    self.end(name, chance, replaced)
                order = chance.sample(everything, len(everything))
                for name in order:
                    self.begin(name)
                    time.sleep(chance.choice((0, 0.05, 0.3)))
                started = time.monotonic()
                self.wait_whole(order)
                times.append(time.monotonic() - started)
        print(f"whole after the last start: median {statistics.median(times):.1f} s, "
              f"longest {max(times):.1f} s, {len(times)} orders", file=sys.stderr)

    def wait_whole(self, order):
        try:
            wait_until(lambda: self.what_is_missing() is None, WHOLE_SECONDS,
                       f"whole after {' '.join(order)}", every=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.what_is_missing()}") from error


def backend_config(name, count):
    return {"backend-config": {"applications": [
        application(f"{name}-app{i}", 443, 8080 + i) for i in range(count)]}}


if __name__ == "__main__":
    unittest.main()
