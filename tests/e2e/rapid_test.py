"""The experiment of the Rapid paper (Suresh and others, 2018, section 7): fifty backends behind a
balancer at 1,000 requests a second, ten of them killed at once. There, the proxy was reconfigured
again and again; here it shall be once, and nobody shall notice.

    ./dev e2e rapid

SCRIMP_BACKENDS, SCRIMP_KILLED and SCRIMP_RATE say other numbers, SCRIMP_RUNS how often.
"""

import unittest

from harness.size import WHOLE, percentile, size
from harness.traffic_case import PATIENCE, TrafficCase

BACKENDS = size("BACKENDS", small=10, whole=50)
KILLED = size("KILLED", small=2, whole=10)
RUNS = size("RUNS", small=1, whole=3)


class Rapid(TrafficCase):
    load = {"rate": size("RATE", small=200, whole=1000)}

    def setUp(self):
        super().setUp()
        self.cluster.start_balancer()
        self.backends = self.add("backend-", BACKENDS)
        self.start_all(self.backends)

    def test_ten_of_fifty_that_die_at_once_are_one_reconfiguration_and_cost_nobody_a_request(self):
        for run in range(RUNS):
            victims = self.backends[:KILLED]
            with self.row(f"run {run + 1}", len(victims)):
                self.kill(*victims)
                for backend in victims:
                    self.cluster.wait_out(backend, seconds=PATIENCE)
            self.forget(victims)
            self.backends = self.backends[KILLED:]
            newcomers = self.add(f"run-{run + 1}-", KILLED)
            self.start_all(newcomers)
            self.backends += newcomers
        self.print_rows()
        self.assert_nothing_lost()
        self.assertEqual([row.reloads for row in self.rows], [1] * RUNS)
        times = [row.during["P99Ms"] / row.quiet["P99Ms"] for row in self.rows]
        print(f"p99 of the event beside the quiet one, median of the runs: "
              f"{percentile(times, 50):.2f} times")
        if WHOLE:
            self.assertLessEqual(percentile(times, 50), 2)


if __name__ == "__main__":
    unittest.main()
