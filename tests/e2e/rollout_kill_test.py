"""The balancer is killed at any moment of a rollout, many times over; nginx never notices."""

import random
import re
import time
import unittest

from harness import gossip
from harness.case import WEB, ClusterCase
from harness.node import application
from harness.wait import wait_until

KILLS = 40

ROLLOUT_SECONDS = 0.5
"""The wait for other removals, 150 ms, then write, check, swap, reload and confirm take about half of
this, all of it on a busy machine."""


class Kills(ClusterCase):
    def setUp(self):
        super().setUp()
        self.start("one", "two")
        self.peer = self.enterContext(gossip.Peer("changing", self.cluster.addresses.take()))
        self.kept = sorted(backend.upstream for backend in self.cluster.backends.values())

    def announce(self, number):
        """The peer now serves `numberN` and nothing else."""
        balancer = self.cluster.balancer
        served = application(f"number{number}", self.cluster.nginx.https_port, 8000)
        self.peer.announce(gossip.backend_metadata(served), (balancer.address, balancer.port))

    def changing(self):
        """Which of the peer's applications stands in the configuration."""
        return re.findall(r"upstream scrimp_number(\d+)", self.cluster.nginx.text())

    def assert_whole(self, allowed):
        text = self.cluster.nginx.text()
        self.assertEqual(self.cluster.nginx.routes()["web"], self.kept)
        self.assertLessEqual(len(self.changing()), 1)
        self.assertLessEqual(set(self.changing()), allowed)
        self.assertTrue(text.rstrip().endswith("}"), text[-200:])
        self.assert_nginx_whole()
        self.assertTrue(self.cluster.nginx.alive)

    def test_a_kill_at_any_moment_leaves_a_whole_configuration_and_the_next_start_goes_on(self):
        moment = random.Random(2)
        stood = set()
        found_new = 0
        for number in range(KILLS):
            self.announce(number)
            time.sleep(moment.uniform(0, ROLLOUT_SECONDS))
            self.cluster.balancer.kill()
            self.assert_whole(stood | {str(number)})
            found_new += self.changing() == [str(number)]
            self.assertIn(self.cluster.get(WEB).backend, ("one", "two"))
            self.cluster.balancer.start()
            wait_until(lambda: {"balancer", "one", "two"} <= set(self.cluster.members()), 20,
                       "the balancer is a member again")
            self.announce_until_routed(number)
            stood = {str(number)}
            self.assert_whole(stood)
        self.assertTrue(0 < found_new < KILLS, f"{found_new} of {KILLS} kills fell after the swap")

    def announce_until_routed(self, number):
        def routed():
            self.announce(number)
            return self.changing() == [str(number)]
        wait_until(routed, 30, f"number{number} is routed", every=0.1)


if __name__ == "__main__":
    unittest.main()
