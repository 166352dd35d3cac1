"""Backends that drain, are maintained and come back, as their operators ask for it: when it is said
that one may stop, no balancer sends new requests there any more."""

import json
import os
import re
import signal
import time
import unittest

from harness.case import WEB, ClusterCase
from harness.mixed import Table, peer_for_module, wait_together
from harness.node import application, scrimplb
from harness.size import WHOLE
from harness.wait import wait_until


def ask(backend, *words):
    return scrimplb(*words, "--config-file", backend.node.config_path)


class Drain(ClusterCase):
    def states(self):
        """Of every backend of `web`, as the balancer tells it."""
        result = scrimplb("routes", "--format", "json", "--config-file",
                          self.cluster.balancer.config_path)
        (route,) = json.loads(result.stdout)["routes"]
        return {row["member"]: row["state"] for row in route["upstreams"]}

    def log(self, backend):
        with open(backend.node.log_path, encoding="utf-8") as file:
            return file.read()

    def test_an_application_drains_is_ready_again_and_is_maintained_across_a_restart(self):
        b1, b2 = self.start("b1", "b2")
        with self.cluster.load(WEB, rate=50) as load:
            drained = ask(b1, "drain", "web", "--wait")
            # Not a moment later than this is said.
            self.assertNotIn(b1.upstream, self.cluster.nginx.servers())
            self.assertEqual(drained.returncode, 0, drained.stderr)
            self.assertEqual(drained.stdout,
                             "safe to stop 'web'; acknowledged by balancer\n")
            self.assertIn("waiting for balancer", drained.stderr)
            self.assertEqual(self.states(), {"b1": "draining", "b2": "healthy"})

            self.assertEqual(ask(b1, "ready").returncode, 0)
            self.cluster.wait_routed(b1, b2)

            said = ask(b2, "maint", "on", "web", "--reason", "new disk")
            self.assertEqual(said.returncode, 0, said.stderr)
            self.cluster.wait_out(b2)
            self.assertEqual(self.states(), {"b1": "healthy", "b2": "maintenance"})
            b2.node.stop()
            b2.node.start()
            self.cluster.wait_members(["b1", "b2", "balancer"])
            wait_until(lambda: self.states().get("b2") == "maintenance", 20, "still maintained")
            self.assertNotIn(b2.upstream, self.cluster.nginx.servers())
            self.assertEqual(ask(b2, "maint", "off").returncode, 0)
            self.cluster.wait_routed(b1, b2)
        self.assert_none_failed(load)

    def test_sigterm_drains_and_a_second_one_waits_no_longer(self):
        b1, b2 = self.start("b1", "b2")
        began = time.monotonic()
        b1.node.terminate()
        self.cluster.wait_out(b1)
        out = time.monotonic() - began
        self.assertEqual(b1.node.wait(), 0)
        print(f"\nSIGTERM: out of the configuration after {out:.2f} s, "
              f"gone after {time.monotonic() - began:.2f} s")
        self.assertIn("drain: safe to stop every application; acknowledged by balancer",
                      self.log(b1))

        os.kill(self.cluster.balancer.pid, signal.SIGSTOP)
        try:
            b2.node.terminate()
            wait_until(lambda: "waiting for balancer" in self.log(b2), 10, "it waits")
            self.assertTrue(b2.node.alive)
            b2.node.terminate()
            self.assertEqual(b2.node.wait(), 0)
        finally:
            os.kill(self.cluster.balancer.pid, signal.SIGCONT)
        self.assertTrue(re.search("SIGTERM: waiting no longer", self.log(b2)))

    @unittest.skipUnless(WHOLE, "a resolver is asked once a minute")
    def test_sigterm_while_the_address_changes_drains_under_the_new_one(self):
        self.cluster.start_balancer()
        b1 = self.cluster.add_backend("b1")
        answer = os.path.join(self.cluster.directory, "answer")

        def be_at(address):
            with open(answer, "w", encoding="ascii") as file:
                json.dump({"version": 1, "address": address}, file)

        be_at(b1.node.address)
        b1.node.config |= {"bind-address": "0.0.0.0", "resolver": "exec",
                           "resolver-config": {"command": ["cat", answer]}}
        b1.node.config["backend-config"]["drain-wait"] = "20s"
        b1.start()
        self.cluster.wait_routed(b1)
        be_at(self.cluster.addresses.take())
        wait_until(lambda: "leaving the cluster under the old one" in self.log(b1), 90, "it moves",
                   every=0.001)
        b1.node.terminate()
        self.assertEqual(b1.node.wait(), 0)
        self.assertIn("drain: safe to stop every application; acknowledged by balancer",
                      self.log(b1))

    def test_one_that_fails_its_check_is_out_and_back_and_what_is_wrong_is_refused(self):
        b1, b2 = self.start("b1", "b2")
        b1.node.config["backend-config"]["applications"][0]["health-check"] = {
            "type": "exec", "command": ["test", "-e", self.cluster.directory + "/well"],
            "interval": "500ms"}
        b1.node.write_config()
        b1.node.reload()
        self.cluster.wait_out(b1)
        self.assertEqual(self.states(), {"b1": "unhealthy", "b2": "healthy"})
        with open(self.cluster.directory + "/well", "w", encoding="utf-8"):
            pass
        self.cluster.wait_routed(b1, b2)

        refused = ask(b1, "drain", "wep")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("this backend serves no application 'wep'; did you mean 'web'?",
                      refused.stderr)
        balancer = scrimplb("drain", "--config-file", self.cluster.balancer.config_path)
        self.assertEqual(balancer.returncode, 1)
        self.assertIn("this node is a load balancer", balancer.stderr)

        b1.node.config["prot"] = 1
        b1.node.write_config()
        b1.node.reload()
        # Its file is not to be read: the socket's name must be said.
        status = ("status", "--format", "json", "--socket",
                  b1.node.config["state-dir"] + "/admin.sock")
        wait_until(lambda: scrimplb(*status).returncode == 3, 10, "it is degraded")
        (warning,) = json.loads(scrimplb(*status).stdout)["warnings"]
        self.assertIn("is refused, the one before stays in force: ", warning)
        self.assertIn("prot: unknown key; did you mean 'port'?", warning)
        del b1.node.config["prot"]
        b1.node.write_config()
        b1.node.reload()
        wait_until(lambda: scrimplb(*status).returncode == 0, 10, "it is well again")


class AmongOthers(unittest.TestCase):
    """A Go memberlist peer that announces itself as a balancer of the original does: it knows of no
    questions."""

    def test_a_balancer_that_cannot_acknowledge_is_given_the_stated_time(self):
        table = self.enterContext(Table(peer_for_module()))
        go = table.go("go")
        go.announce("load-balancer")
        backend = table.scrimp("b1", seed=go, **{"backend-config": {
            "drain-wait": "1s", "applications": [application("web", 443, 8080)]}})
        backend.start()
        wait_together(go, backend)
        backend.leave()
        log = backend.log()
        self.assertIn("drain: giving 1000 ms to go, which cannot acknowledge", log)
        self.assertIn("drain: safe to stop every application; 1000 ms passed for go, which cannot "
                      "acknowledge", log)
