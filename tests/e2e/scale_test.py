"""Fifty backends with a hundred applications each, a balancer with its nginx, one that has nginx
check what it writes (two nginx cannot listen on one port of one machine) and one that only writes:
every one routes all 5,000. And a backend with a thousand.

Goal: all routed 10 s after the last start, 20 MB a balancer. Time and bytes are printed, not
asserted: the machine of the test has its own pace.
"""

import os
import re
import time
import unittest

from harness.case import ClusterCase
from harness.nginx import DOMAIN, Nginx
from harness.node import Node, application
from harness.wait import wait_until

BACKENDS = 50
APPLICATIONS = 100
ANSWERING = (0, BACKENDS // 2, BACKENDS - 1)
"""Backends at which an application answers; the others only announce theirs."""

BALANCER_KB = 20 * 1024
"""Resident memory of a balancer that routes 5,000 applications."""

SECONDS = 120
"""Liveness only."""


def text_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def counters_of(node):
    """{what: number} of the line with which a node leaves, "bytes received 1, sent 2, …"."""
    counters, noun = {}, ""
    line = node.log_lines("left; packets")[-1].split("left; ")[1]
    for noun_or_not, verb, number in re.findall(r"(?:(\w+) )?(\w+) (\d+)(?:,|$)", line):
        noun = noun_or_not or noun
        counters[f"{noun} {verb}"] = int(number)
    return counters


def total_of(counters, what):
    return sum(each[what] for each in counters)


class Scale(ClusterCase):
    def add_crowded(self, name, count, answers=True):
        """A node with so many applications, all of them at one port, where an application answers
        if told so."""
        if answers:
            backend = self.cluster.add_backend(name)
            node, port = backend.node, backend.server.port
        else:
            node = Node(name, self.cluster.directory, self.cluster.node_config(name))
            self.addCleanup(lambda: node.alive and node.kill())
            port = 8080
        node.config["log-level"] = "info"
        node.config["backend-config"] = {"applications": [
            application(f"{name}-{i:03}", self.cluster.nginx.https_port, port,
                        self.domains(f"{name}-{i:03}")) for i in range(count)]}
        return node

    @staticmethod
    def domains(name):
        """One for every application, and www for some, as it is in life."""
        return [f"{name}.{DOMAIN}"] + ([f"www-{name}.{DOMAIN}"] if name.endswith("7") else [])

    def add_balancer(self, name, check):
        """One more, with a configuration of nginx of its own, which is checked or not."""
        nginx = Nginx(os.path.join(self.cluster.directory, name), workers=1)
        balancer = self.cluster.make_balancer(name, **{
            "generator-target": nginx.target, "reload-command": [],
            "check-command": nginx.check_command() if check else []})
        self.addCleanup(lambda: balancer.alive and balancer.kill())
        return balancer

    def wait_active(self, balancers, count):
        """{name: moment} at which each said that so many applications are active."""
        active = {}
        said = f", {count} applications, "

        def all_active():
            for balancer in balancers:
                if balancer.name not in active and balancer.log_lines("rollout activated", said):
                    active[balancer.name] = time.monotonic()
            return len(active) == len(balancers)
        wait_until(all_active, SECONDS, f"{count} applications active everywhere", every=0.1)
        return active

    def assert_small(self, balancers):
        for balancer in balancers:
            now, most = balancer.memory_kb()
            print(f"memory of {balancer.name}: {now / 1024:.1f} MB, at most {most / 1024:.1f} MB")
            self.assertLessEqual(now, BALANCER_KB, balancer.name)

    def assert_answered(self, backend, *numbers):
        for number in numbers:
            for domain in self.domains(f"{backend}-{number:03}"):
                answer = self.cluster.get(domain)
                self.assertEqual((answer.status, answer.backend), (200, backend), domain)

    def end(self, nodes):
        """Stops all nodes and returns the counters of each."""
        for node in nodes:
            node.terminate()
        for node in nodes:
            self.assertEqual(node.wait(60), 0, node.name)
        return [counters_of(node) for node in nodes]

    def test_every_balancer_routes_five_thousand_applications(self):
        balancers = [self.cluster.balancer, self.add_balancer("checking", check=True),
                     self.add_balancer("writing", check=False)]
        backends = [self.add_crowded(f"b{i:02}", APPLICATIONS, i in ANSWERING)
                    for i in range(BACKENDS)]
        began = time.monotonic()
        for node in balancers + backends:
            node.start()
        last_start = time.monotonic()
        active = self.wait_active(balancers, BACKENDS * APPLICATIONS)
        print(f"\nstarted within {last_start - began:.1f} s; all routed after the last start: " +
              ", ".join(f"{name} {moment - last_start:.1f} s" for name, moment in active.items()))
        for balancer in balancers:
            target = balancer.config["load-balancer-config"]["generator-target"]
            self.assertEqual(text_of(target).count("\nupstream scrimp_b"), BACKENDS * APPLICATIONS)
            reloads = balancer.log_lines("rollout activated")[-1].rsplit(",", 1)[1]
            print(f"{balancer.name}:{reloads}")
        for i in ANSWERING:
            self.assert_answered(f"b{i:02}", 0, 17, APPLICATIONS - 1)
        self.assert_nginx_whole()
        self.assert_small(balancers)
        memory = [backend.resident_kb() for backend in backends]
        print(f"memory of a backend: {max(memory) / 1024:.1f} MB at most")
        self.print_traffic(balancers, backends, began)

    def print_traffic(self, balancers, backends, began):
        seconds = time.monotonic() - began
        for what, nodes in (("balancer", balancers), ("backend", backends)):
            counters = self.end(nodes)
            print(f"per {what} in {seconds:.0f} s: " + ", ".join(
                f"{key} {total_of(counters, key) / len(nodes):,.0f}"
                for key in ("bytes sent", "bytes received", "questions sent", "answers sent",
                            "lists learned")))

    def test_a_backend_with_a_thousand_applications_is_routed(self):
        self.cluster.start_balancer()
        backend = self.add_crowded("thousand", 1000)
        backend.start()
        began = time.monotonic()
        active = self.wait_active([self.cluster.balancer], 1000)
        print(f"\na thousand routed after {active['balancer'] - began:.1f} s")
        self.assert_answered("thousand", 0, 507, 999)
        self.assert_small([self.cluster.balancer])
        print(f"memory of the backend: {backend.resident_kb() / 1024:.1f} MB")


if __name__ == "__main__":
    unittest.main()
