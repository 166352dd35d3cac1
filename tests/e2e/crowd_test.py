"""Two hundred nodes on one machine: all meet, rest without accusing anybody, and miss at once those
who are killed.

    ./dev e2e crowd     200 processes and 10 quiet minutes

SCRIMP_NODES, SCRIMP_KILLED and SCRIMP_QUIET_SECONDS say otherwise. Everything is read from the logs
of the nodes, from /proc and from the counters of the loopback device: nobody is asked, because two
hundred answers would be what keeps the machine busy.
"""

import os
import signal
import time
import unittest

from harness.history import accusations
from harness.network import network_for_module
from harness.size import WHOLE, load_text, percentile, size
from harness.swarm import Swarm
from harness.wait import wait_until

NODES = size("NODES", small=20, whole=200)
KILLED = size("KILLED", small=3, whole=20)
QUIET_SECONDS = size("QUIET_SECONDS", small=5, whole=600)
BALANCERS = 3

GOAL_MET, GOAL_OUT = 15.0, 5.0
"""Seconds after the last start, and after the kill."""

PATIENCE = 120
"""Liveness only."""

SETTLED = 5
"""Seconds between the last meeting and the quiet time: what a join leaves to be told."""


def setUpModule():
    global NETWORK
    NETWORK = network_for_module()


def cpu_seconds(node):
    """What its one thread has had of a processor."""
    with open(f"/proc/{node.pid}/schedstat", encoding="ascii") as schedstat:
        return int(schedstat.read().split()[0]) / 1e9


class Crowd(unittest.TestCase):
    def setUp(self):
        self.swarm = self.enterContext(Swarm(BALANCERS, NODES - BALANCERS))
        self.histories = self.swarm.histories()

    def test_meets_rests_and_misses_the_killed(self):
        self.meet()
        self.rest()
        self.lose(self.swarm.backends[-KILLED:])
        self.swarm.end()
        self.assertTrue(all(history.complete for history in self.histories.values()),
                        "a log left lines out, so this cannot be judged")

    def meet(self):
        began = time.time()
        self.swarm.start()
        last_start = time.time()
        met = self.swarm.wait_known(self.histories, PATIENCE)
        seconds = [moment - last_start for moment in met.values()]
        print(f"\n{NODES} started within {last_start - began:.1f} s; each knew all "
              f"{percentile(seconds, 50):.2f} s after the last start at the median, the last "
              f"{max(seconds):.2f} s; {load_text()}")
        if WHOLE:
            self.assertLessEqual(max(seconds), GOAL_MET)

    def rest(self):
        time.sleep(SETTLED)
        since, cpu = time.time(), sum(map(cpu_seconds, self.swarm.nodes))
        sent = NETWORK.bytes_sent()
        time.sleep(QUIET_SECONDS)
        seconds = time.time() - since
        cpu = sum(map(cpu_seconds, self.swarm.nodes)) - cpu
        sent = NETWORK.bytes_sent() - sent
        memory = [node.resident_kb() / 1024 for node in self.swarm.nodes]
        healthy = {node.name for node in self.swarm.nodes}
        histories = self.histories.values()
        suspected = accusations(histories, healthy, since, ("suspected",))
        failed = accusations(histories, healthy, since)
        print(f"{seconds:.0f} quiet seconds: {len(failed)} times failed, {len(suspected)} times "
              f"suspected; per node {cpu / NODES / seconds * 60:.3f} s of CPU a minute, "
              f"{sent / NODES / seconds:.0f} bytes/s sent with all headers, "
              f"{percentile(memory, 50):.1f} MB; {load_text()}")
        self.assertEqual(failed, [])

    def lose(self, victims):
        names = {victim.name for victim in victims}
        survivors = [node for node in self.swarm.nodes if node.name not in names]
        killed = time.time()
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)
        for victim in victims:
            victim.wait()
        missing = {survivor.name: {} for survivor in survivors}

        def all_out():
            for name, moments in missing.items():
                if len(moments) < len(names):
                    found = self.histories[name].first("failed", since=killed)
                    moments.update((k, v) for k, v in found.items() if k in names)
            return all(len(moments) == len(names) for moments in missing.values())
        wait_until(all_out, PATIENCE, "everybody misses the killed", every=0.25)
        seconds = [moment - killed for moments in missing.values() for moment in moments.values()]
        first = [min(moments[name] for moments in missing.values()) - killed for name in names]
        balancers = [max(missing[node.name].values()) - killed for node in self.swarm.balancers]
        print(f"{len(names)} killed: each first missed after {percentile(first, 50):.2f} s at the "
              f"median, {max(first):.2f} s at most; by each of the others after "
              f"{percentile(seconds, 50):.2f} s at the median, {max(seconds):.2f} s at most; all "
              f"gone for the balancers after {max(balancers):.2f} s; {load_text()}")
        healthy = {survivor.name for survivor in survivors}
        histories = [self.histories[name] for name in healthy]
        self.assertEqual(accusations(histories, healthy, killed), [])
        if WHOLE:
            self.assertLessEqual(max(seconds), GOAL_OUT)


if __name__ == "__main__":
    unittest.main()
