"""How long a dead backend keeps its traffic: from SIGKILL until it is out of the balancer's
configuration, in a cluster of three.

    ./dev e2e detection     measures 50 deaths and asserts the goals; the original's settings beside

Agent and application die, the machine lives on, as when both are killed for their memory. (A dead
agent alone takes nothing out while the application's port answers: docs/health.md.) SCRIMP_RUNS says
how many deaths.
"""

import random
import time
import unittest

from harness.case import WEB, ClusterCase
from harness.size import WHOLE, load_text, percentile, size, spread_text

RUNS = size("RUNS", small=5, whole=50)
ORIGINAL_RUNS = size("ORIGINAL_RUNS", small=0, whole=10)

GOAL_MEDIAN, GOAL_99 = 1.5, 3.0
"""Seconds; the original takes 3.5 to 4.2."""

GRACE = 2
"""Seconds; as the balancer's agent-grace."""

SETTLED = 0.5
"""Seconds that the cluster has after the victim is routed again."""


class Detection(ClusterCase):
    def deaths(self, count, **settings):
        """Seconds from each SIGKILL until the configuration is without the victim."""
        cluster = self.cluster
        cluster.balancer.config.update(settings)
        # The same backend dies again and again, and would be held back.
        cluster.balancer.config["load-balancer-config"]["damping"] = "0s"
        cluster.start_balancer()
        one, victim = (cluster.add_backend(name) for name in ("one", "victim"))
        for backend in (one, victim):
            backend.node.config.update(settings)
            backend.start()
        seconds = []
        for _ in range(count):
            cluster.wait_routed(one, victim)
            for node in (cluster.balancer, one.node, victim.node):
                cluster.wait_members(["balancer", "one", "victim"], node)
            # Anywhere in the second that a round of probes takes.
            time.sleep(SETTLED + random.random())
            began = time.monotonic()
            victim.kill()
            cluster.wait_out(victim)
            seconds.append(time.monotonic() - began)
            victim.start()
        cluster.wait_routed(one, victim)
        self.assert_nginx_whole()
        return seconds

    def test_a_killed_backend_is_taken_out(self):
        seconds = self.deaths(RUNS)
        print(f"\nSIGKILL to out of the configuration: {spread_text(seconds)}; {load_text()}")
        if WHOLE:
            self.assertLessEqual(percentile(seconds, 50), GOAL_MEDIAN)
            self.assertLessEqual(percentile(seconds, 99), GOAL_99)

    def test_a_dead_agent_takes_no_traffic_from_a_living_application_within_the_grace(self):
        cluster = self.cluster
        cluster.balancer.config["load-balancer-config"]["agent-grace"] = f"{GRACE}s"
        one, two = self.start("one", "two")
        reloads = cluster.nginx.reloads()
        with cluster.load(WEB) as load:
            began = time.monotonic()
            two.node.kill()
            cluster.balancer.wait_log("member failed: two")
            cluster.wait_out(two)
            self.assertGreaterEqual(time.monotonic() - began, GRACE)
        self.assert_none_failed(load)
        self.assertEqual(cluster.nginx.reloads(), reloads + 1)
        self.assertTrue(two.server.alive)
        cluster.wait_routed(one)

    @unittest.skipUnless(ORIGINAL_RUNS, "a comparison, for whoever measures")
    def test_by_the_originals_settings_as_well(self):
        seconds = self.deaths(ORIGINAL_RUNS, **{"gossip-profile": "original"})
        print(f"\nthe same by the original's settings: {spread_text(seconds)}; {load_text()}")


if __name__ == "__main__":
    unittest.main()
