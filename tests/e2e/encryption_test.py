"""Sealed gossip in a running cluster: turned on in three steps, keys rotated, and what whoever is
left outside is told. Members are taken from the balancer's log and from what it routes: it answers
no plain question once gossip is sealed."""

import json
import os
import re
import shutil
import tempfile
import unittest

from harness import gossip
from harness.network import Addresses, free_port
from harness.node import Node, application, scrimplb
from harness.wait import holds_for, wait_until

MOMENT = 30
"""Seconds, far above what anything here takes, for machines that are busy."""

NAMES = ("one", "two")


class Encryption(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="scrimp-encryption-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.addresses = Addresses()
        self.nodes = {}

    def path(self, name):
        return os.path.join(self.directory, name)

    def add(self, name, seed=None, **gossip_config):
        """A backend that joins through `seed`, or the balancer; not started."""
        address = self.addresses.take()
        config = {"node-name": name, "bind-address": address, "state-dir": "",
                  "port": str(free_port(address, udp=True)), "provider": "dummy"}
        if gossip_config:
            config["gossip-config"] = gossip_config
        if seed is None:
            config.update({"lb": True, "resolver": "static", "resolver-config": {"address": address},
                           "load-balancer-config": {
                               "generator": "nginx", "generator-target": self.path(f"{name}.conf"),
                               "check-command": [], "reload-command": []}})
        else:
            config["provider"] = "manual"
            config["provider-config"] = {"ip": seed.address, "port": str(seed.port)}
            config["backend-config"] = {"applications": [application("web", 443, 8080)]}
        node = Node(name, self.directory, config)
        self.nodes[name] = node
        self.addCleanup(lambda: node.alive and node.kill())
        return node

    def start_cluster(self, **gossip_config):
        self.balancer = self.add("balancer", **gossip_config).start()
        for name in NAMES:
            self.add(name, self.balancer, **gossip_config).start()
        wait_until(lambda: self.routed() == sorted(NAMES), MOMENT, "both are routed")

    def routed(self):
        """Names of the backends that the balancer's output has."""
        try:
            with open(self.path("balancer.conf"), encoding="utf-8") as file:
                servers = re.findall(r"^\s*server\s+(\S+):8080", file.read(), re.M)
        except FileNotFoundError:
            return []
        return sorted(name for name, node in self.nodes.items() if node.address in servers)

    def configure(self, node, **gossip_config):
        """A new gossip-config, in force when this returns."""
        said = len(node.log_lines("was read again"))
        node.config["gossip-config"] = gossip_config
        node.write_config()
        node.reload()
        wait_until(lambda: len(node.log_lines("was read again")) > said, MOMENT, "it is read")

    def make_keyring(self, name):
        made = scrimplb("keygen", "--output", self.path(name))
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.path(name)

    def assert_nobody_was_lost(self):
        """Each joined each other once, nobody was lost, and all understood all."""
        for name, node in self.nodes.items():
            for change in ("failed", "left"):
                self.assertEqual(node.log_lines(f"member {change}"), [], name)
            for words in ("cannot be opened", "come in plain", "are sealed, it seems"):
                self.assertEqual(node.log_lines(words), [], name)
            for other in self.nodes:
                if other != name:
                    self.assertEqual(len(node.log_lines(f"member joined: {other} ")), 1, name)

    def announce_in_plain(self, name, to):
        """A member by hand that seals nothing tells of itself."""
        with gossip.Peer(name, self.addresses.take()) as peer:
            peer.announce(gossip.backend_metadata(application("web", 443, 8080)),
                          (to.address, to.port))

    def test_encryption_is_turned_on_and_a_key_rotated_under_traffic(self):
        self.start_cluster()
        keyrings = {}
        self.make_keyring("shared.json")
        for name in self.nodes:
            keyrings[name] = self.path(f"{name}-keyring.json")
            shutil.copy(self.path("shared.json"), keyrings[name])
        for flags in ((False, False), (False, True), (True, True)):
            for name, node in self.nodes.items():
                self.configure(node, **{"keyring-file": keyrings[name],
                                        "verify-incoming": flags[0], "verify-outgoing": flags[1]})
                # A probe and gossip between a node that made the step and those that did not.
                holds_for(lambda: self.routed() == sorted(NAMES), 0.7, "both stay routed")
        self.assert_nobody_was_lost()
        for node in self.nodes.values():
            self.assertTrue(node.log_lines("gossip is sealed, plaintext refused, 1 key: "))

        # Now nothing plain is believed, by packet or by stream.
        self.announce_in_plain("intruder", self.balancer)
        self.balancer.wait_log("come in plain, and verify-incoming refuses that")
        with self.assertRaises(OSError):
            gossip.members(self.balancer.address, self.balancer.port)

        old = self.fingerprints(keyrings["one"])[0]
        key = scrimplb("keygen").stdout
        for verb in ("install", "use", "remove"):
            for name, path in keyrings.items():
                node = self.nodes[name]
                said = len(node.log_lines("configuration: gossip is sealed"))
                if verb == "install":
                    done = scrimplb("keyring", verb, "--file", path, input=key)
                else:
                    target = old if verb == "remove" else self.fingerprints(path)[-1]
                    done = scrimplb("keyring", verb, "--file", path, target)
                self.assertEqual(done.returncode, 0, done.stderr)
                wait_until(lambda n=node, s=said: len(n.log_lines(
                    "configuration: gossip is sealed")) > s, MOMENT, "the file is followed")
                holds_for(lambda: self.routed() == sorted(NAMES), 0.3, "both stay routed")
        self.assertEqual(len(self.fingerprints(keyrings["two"])), 1)
        self.assertNotIn(old, self.fingerprints(keyrings["two"]))
        self.assertEqual(self.balancer.log_lines("intruder"), [])
        for node in self.nodes.values():
            for words in ("member failed", "member left", "cannot be opened"):
                self.assertEqual(node.log_lines(words), [], node.name)
            self.assertNotIn(key.strip(), node.log())

    def fingerprints(self, path):
        listed = scrimplb("keyring", "list", "--file", path)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        return re.findall(r"\b[0-9a-f]{8}\b", listed.stdout.rpartition(": ")[2])

    def test_a_wrong_key_and_another_label_are_named_on_both_sides(self):
        ours = self.make_keyring("ours.json")
        self.start_cluster(**{"keyring-file": ours, "label": "blue"})
        wrong = self.add("wrong", self.balancer, **{
            "keyring-file": self.make_keyring("wrong-keyring.json"), "label": "blue"}).start()
        other = self.add("other", self.balancer, **{"keyring-file": ours, "label": "green"}).start()
        self.balancer.wait_log(f"connections from {wrong.address} cannot be opened with any of our "
                               "1 key: ", seconds=MOMENT)
        wrong.wait_log(f"packets from {self.balancer.address}:{self.balancer.port} cannot be opened",
                       seconds=MOMENT)
        self.balancer.wait_log(f"connections from {other.address} do not carry our label 'blue'",
                               seconds=MOMENT)
        wait_until(lambda: other.log_lines(self.balancer.address, "label") or
                   other.log_lines(self.balancer.address, "cannot be opened"),
                   MOMENT, "the other side has words too")
        self.assertEqual(self.routed(), sorted(NAMES))
        for name in ("wrong", "other"):
            self.assertEqual(self.balancer.log_lines(f"member joined: {name} "), [])
            self.assertEqual(self.nodes[name].log_lines("member joined"), [])

    def test_a_keyring_that_others_may_read_is_refused(self):
        path = self.make_keyring("open.json")
        os.chmod(path, 0o640)
        node = self.add("lb", **{"keyring-file": path})
        node.write_config()
        for command in (("validate", node.config_path), ("-config-file", node.config_path)):
            refused = scrimplb(*command)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(f"gossip-config.keyring-file: {path} may be used by others than its owner "
                          f"(mode 0640), and holds secrets; run: chmod 600 {path}", refused.stderr)
        os.chmod(path, 0o600)
        self.assertEqual(scrimplb("validate", node.config_path).returncode, 0)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(len(json.load(file)), 1)


if __name__ == "__main__":
    unittest.main()
