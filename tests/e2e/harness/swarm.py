"""Many nodes and no proxy: balancers of the generator that generates nothing, and backends.

Each has a loopback address of its own. The first balancer begins the cluster, all others join by
way of it.
"""

import os
import shutil
import tempfile

from .history import History
from .network import Addresses, free_port
from .node import Node, application
from .wait import wait_until


class Swarm:
    """Use as a context manager; `settings` go into every node's configuration."""

    def __init__(self, balancers, backends, **settings):
        self.directory = tempfile.mkdtemp(prefix="scrimp-swarm-")
        self._addresses = Addresses()
        self._settings = settings
        self.nodes = []
        self.balancers = [self._add(f"balancer-{i}", self._balancing()) for i in range(balancers)]
        self.backends = [self._add(f"backend-{i:03}", self._serving()) for i in range(backends)]

    @staticmethod
    def _balancing():
        return {"lb": True, "load-balancer-config": {"generator": "dummy"}}

    @staticmethod
    def _serving():
        return {"backend-config": {"applications": [application("web", 443, 8080)]}}

    def _add(self, name, role):
        address = self._addresses.take()
        state = os.path.join(self.directory, f"state-{name}")
        os.makedirs(state)
        config = {"node-name": name, "bind-address": address,
                  "port": str(free_port(address, udp=True)), "state-dir": state, **role,
                  **self._settings}
        if role.get("lb"):
            config.update({"resolver": "static", "resolver-config": {"address": address}})
        if self.nodes:
            config["provider"] = "manual"
            config["provider-config"] = {"ip": self.nodes[0].address,
                                         "port": str(self.nodes[0].port)}
        else:
            config["provider"] = "dummy"
        node = Node(name, self.directory, config)
        self.nodes.append(node)
        return node

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            if node.alive:
                node.kill()
        if os.environ.get("SCRIMP_KEEP"):
            print(f"kept: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        for node in self.nodes:
            node.start()

    def histories(self):
        """{name: History}"""
        return {node.name: History(node) for node in self.nodes}

    def wait_known(self, histories, seconds):
        """Until each has met all others; {name: the moment at which it had}."""
        met = {}

        def all_met():
            for node in self.nodes:
                if node.name not in met:
                    moments = histories[node.name].first("joined")
                    if len(moments) == len(self.nodes) - 1:
                        met[node.name] = max(moments.values())
            return len(met) == len(self.nodes)
        wait_until(all_met, seconds, f"{len(self.nodes)} know each other", every=0.25)
        return met

    def end(self, seconds=60):
        """SIGTERM for all that live; asserts that each ends well."""
        living = [node for node in self.nodes if node.alive]
        for node in living:
            node.terminate()
        for node in living:
            code = node.wait(seconds)
            assert code == 0, f"{node.name} ended with {code}"
