"""A node that stood still, as a machine does that is suspended or moved, and a node that can speak
by TCP only.

    ./dev e2e stall     the same with more repetitions

SCRIMP_RUNS says how many.
"""

import os
import signal
import time
import unittest

from harness.history import accusations
from harness.network import network_for_module
from harness.size import load_text, percentile, size
from harness.swarm import Swarm
from harness.wait import holds_for, wait_until

RUNS = size("RUNS", small=1, whole=5)
STALL = 8
"""Seconds: longer than it takes to be suspected by everybody. Whose host still takes connections is
not declared dead as quickly as whose host refuses them."""

DOUBTS = ("suspected", "failed")

AFTERWARDS = 5
"""Seconds in which whoever had been probed before the stall would be accused after it."""

PATIENCE = 60


def setUpModule():
    global NETWORK
    NETWORK = network_for_module()


class Stall(unittest.TestCase):
    def setUp(self):
        self.addCleanup(NETWORK.mend)
        self.swarm = self.enterContext(Swarm(1, 4))
        self.histories = self.swarm.histories()
        self.swarm.start()
        self.swarm.wait_known(self.histories, PATIENCE)

    def test_a_node_that_stood_still_accuses_nobody_and_is_a_member_again(self):
        seconds = []
        for run in range(RUNS):
            seconds.append(self.stand_still(self.swarm.nodes[1 + run % 4]))
        print(f"\na member again for everybody after {percentile(seconds, 50):.2f} s at the "
              f"median, {max(seconds):.2f} s at most; {load_text()}")

    def stand_still(self, sleeper):
        """Seconds from its awakening until nobody doubts it any more."""
        others = [history for name, history in self.histories.items() if name != sleeper.name]
        healthy = {history.node.name for history in others}
        began = time.time()

        def doubts():
            """Who said of it last that it may not live."""
            own = [[event for event in history.events(since=began) if event.name == sleeper.name]
                   for history in others]
            return [events[-1] for events in own if events and events[-1].change in DOUBTS]
        os.kill(sleeper.pid, signal.SIGSTOP)
        try:
            time.sleep(STALL)
            self.assertTrue(doubts(), "the test is of a stall that is noticed")
        finally:
            awake = time.time()
            os.kill(sleeper.pid, signal.SIGCONT)
        wait_until(lambda: not doubts(), PATIENCE, f"{sleeper.name} is a member again")
        back = max(event.moment for history in others for event in history.events(since=began)
                   if event.name == sleeper.name)
        time.sleep(AFTERWARDS)
        own = self.histories[sleeper.name]
        self.assertEqual(accusations([own], healthy, began, DOUBTS), [])
        self.assertEqual(accusations(others, healthy | {sleeper.name}, awake), [])
        return back - awake


class UdpBlocked(unittest.TestCase):
    def setUp(self):
        self.addCleanup(NETWORK.mend)
        self.swarm = self.enterContext(Swarm(1, 2))
        self.histories = self.swarm.histories()
        self.swarm.start()
        self.swarm.wait_known(self.histories, PATIENCE)

    def test_who_answers_by_tcp_only_is_told_of_in_words_and_stays_a_member(self):
        one, other, deaf = self.swarm.nodes
        began = time.time()
        NETWORK.block_udp(deaf.address)
        for node in (one, other):
            node.wait_log("UDP seems to be blocked", f"{deaf.name} at {deaf.address}",
                          seconds=PATIENCE)
        print(f"\nsaid in words after {time.time() - began:.1f} s: "
              f"{one.log_lines('UDP seems to be blocked')[0]}")
        names = {node.name for node in self.swarm.nodes}
        holds_for(lambda: not accusations(self.histories.values(), names, began), AFTERWARDS,
                  "nobody is declared dead")


if __name__ == "__main__":
    unittest.main()
