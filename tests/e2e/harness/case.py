"""A unittest.TestCase with a cluster of its own."""

import sys
import unittest

from .cluster import Cluster
from .wait import wait_until

WEB = "web.scrimp.test"
"""The domain of the application that Cluster.add_backend announces unless told otherwise."""

LOG_LINES_SHOWN = 60


class ClusterCase(unittest.TestCase):
    """nginx runs; balancer and backends are the test's to start. Logs are shown if it fails."""

    _logs = ()

    def setUp(self):
        self.cluster = self.enterContext(self.make_cluster())
        self.addCleanup(self._keep_logs)  # Runs before the cluster is taken down.

    def make_cluster(self):
        return Cluster()

    def start(self, *names):
        """A balancer and backends of `web` under these names, routed and answering."""
        self.cluster.start_balancer()
        backends = [self.cluster.add_backend(name).start() for name in names]
        self.cluster.wait_routed(*backends)
        wait_until(lambda: self.cluster.is_answered_by(WEB, names), 20, "a first answer")
        self.cluster.wait_quiet()
        return backends

    def assert_none_failed(self, load):
        self.assertEqual(load.failed, [], load.summary())
        self.assertGreater(load.report["good"], 0)

    def assert_nginx_whole(self):
        """What stands on disk would load, and no reload was ever refused."""
        accepted, said = self.cluster.nginx.test()
        self.assertTrue(accepted, said)
        self.assertEqual(self.cluster.nginx.failed_reloads(), [])

    def _keep_logs(self):
        nodes = [self.cluster.balancer] + [b.node for b in self.cluster.backends.values()]
        self._logs = [(node.name, node.log().splitlines()[-LOG_LINES_SHOWN:]) for node in nodes]

    def run(self, result=None):
        before = _bad(result)
        super().run(result)
        if _bad(result) > before:
            for name, lines in self._logs[:4]:
                print(f"--- log of {name}", *lines, sep="\n    ", file=sys.stderr)
        return result


def _bad(result):
    return len(result.failures) + len(result.errors) if result else 0
