"""A command for reloading that hangs: the balancer goes on speaking to the cluster, newcomers are
let in, and the log says it in one sentence. The original answered no ping meanwhile.

    ./dev e2e hanging-reload     20 seconds, with the goal of time

SCRIMP_SECONDS says how long, after which it is killed.
"""

import os
import time
import unittest

from harness.case import ClusterCase
from harness.history import History
from harness.size import WHOLE, load_text, size
from harness.wait import wait_until

SECONDS = size("SECONDS", small=3, whole=20)

NEWCOMERS = 3

JOINED_SECONDS = 2
"""Goal: within these a newcomer is a member in the eyes of all, as with a balancer that has nothing
to do."""


class HangingReload(ClusterCase):
    def setUp(self):
        super().setUp()
        self.hangs = os.path.join(self.cluster.directory, "hangs")
        reload = self.cluster.nginx.reload_command()[-1]
        settings = self.cluster.balancer.config["load-balancer-config"]
        # It hangs once, however long that takes.
        settings["reload-command"] = [
            "sh", "-c", f"if rm {self.hangs} 2>/dev/null; then exec sleep 3600; fi; {reload}"]
        settings["reload-timeout"] = f"{SECONDS}s"
        self.standing = self.start("one", "two", "three")

    def test_the_cluster_does_not_notice(self):
        balancer = self.cluster.balancer
        histories = [History(backend.node) for backend in self.standing]
        began = time.time()
        with open(self.hangs, "w", encoding="ascii"):
            pass
        names = ["balancer", "one", "two", "three"]
        waited = []
        for number in range(NEWCOMERS):
            name = f"newcomer-{number}"
            newcomer = self.cluster.add_backend(name).start()
            started = time.monotonic()
            names.append(name)
            self.cluster.wait_members(names, newcomer.node)
            self.cluster.wait_members(names)
            waited.append(time.monotonic() - started)
            time.sleep(max(0, began + SECONDS * (number + 1) / NEWCOMERS - time.time()))
        self.cluster.wait_routed(*self.cluster.backends.values(), seconds=60)
        self.assertFalse(os.path.exists(self.hangs), "it did hang")
        wait_until(lambda: self.cluster.is_answered_by("web.scrimp.test", names[4:]), 60,
                   "newcomers answer")
        doubts = [event for history in histories
                  for event in history.events("suspected", "failed", since=began)]
        self.assertEqual(doubts, [])
        said = balancer.log_lines("reload failed", "took too long")
        print(f"\na reload that hangs for {SECONDS} s: newcomers are members after "
              f"{max(waited):.2f} s at most; {load_text()}", *said, sep="\n")
        if WHOLE:
            self.assertLessEqual(max(waited), JOINED_SECONDS)
        self.assertEqual(len(said), 1, said)
        self.assert_nginx_whole()


if __name__ == "__main__":
    unittest.main()
