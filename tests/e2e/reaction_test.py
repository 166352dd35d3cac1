"""How soon traffic ends for who cannot serve it: a host that vanishes (it answers nothing any more,
not even with a refusal), and an application that fails its health check.

    ./dev e2e reaction     20 of each, with the goals of time

Measured from the event to the reload of nginx that leaves the backend out. SCRIMP_RUNS says how many.
"""

import random
import time
import unittest

from harness.network import network_for_module
from harness.size import WHOLE, load_text, percentile, size, spread_text
from harness.traffic_case import PATIENCE, TrafficCase
from harness.wait import wait_until

RUNS = size("RUNS", small=1, whole=20)
STANDING = size("STANDING", small=3, whole=10)
"""So many that those who vanish one after another are a minority, or the balancer would think that it
is cut off itself (unavailable-share-max)."""

VANISHED_SECONDS = 2
"""Goal at the median."""

INTERVAL = size("INTERVAL", small=1, whole=2)
"""Seconds between two checks of health; with fewer than the default of 5 the test is shorter."""

FAILED_INTERVALS = 1.5
"""Goal for every one."""


def setUpModule():
    global NETWORK
    NETWORK = network_for_module()


class Reaction(TrafficCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(NETWORK.mend)
        # Who goes and comes again and again would be held back, which is not what is measured.
        self.balancer.config["load-balancer-config"]["damping"] = "0s"
        self.cluster.start_balancer()
        self.start_all(self.add("standing", STANDING))

    def seconds_until_out(self, backend, since, reloads):
        self.cluster.wait_out(backend, seconds=PATIENCE)
        wait_until(lambda: self.nginx.reloads() > reloads, PATIENCE, "nginx is told", every=0.002)
        return time.monotonic() - since

    def test_a_host_that_vanishes(self):
        seconds = []
        for run in range(RUNS):
            victims = self.add(f"vanished-{run}-", 1)
            self.start_all(victims)
            self.cluster.wait_quiet()
            reloads = self.nginx.reloads()
            moment = self.vanish(NETWORK, victims[0])
            seconds.append(self.seconds_until_out(victims[0], moment, reloads))
            self.forget(victims)
        print(f"\na vanished host is out of rotation after {spread_text(seconds)}; {load_text()}")
        if WHOLE:
            self.assertLessEqual(percentile(seconds, 50), VANISHED_SECONDS)

    def test_an_application_that_fails_its_health_check(self):
        checked = self.add("checked", 1)[0]
        checked.node.config["backend-config"]["applications"][0]["health-check"] = {
            "type": "http", "path": "/health", "interval": f"{INTERVAL}s", "timeout": "1s"}
        self.start_all([checked])
        moments = random.Random(5)
        out, back = [], []
        for _ in range(RUNS):
            self.cluster.wait_quiet(moments.uniform(1, 1 + INTERVAL))
            for healthy, seconds in ((False, out), (True, back)):
                reloads, moment = self.nginx.reloads(), time.monotonic()
                checked.server.be_healthy(healthy)
                if healthy:
                    self.cluster.wait_routed(checked, seconds=PATIENCE)
                    seconds.append(time.monotonic() - moment)
                else:
                    seconds.append(self.seconds_until_out(checked, moment, reloads))
        print(f"\nchecked every {INTERVAL} s, an application that fails is out of rotation after "
              f"{spread_text(out)}, and back after {spread_text(back)}; {load_text()}")
        if WHOLE:
            self.assertLessEqual(max(out), FAILED_INTERVALS * INTERVAL)


if __name__ == "__main__":
    unittest.main()
