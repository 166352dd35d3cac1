"""No request is lost: whatever the cluster goes through, 200 requests a second are all answered."""

import time
import unittest

from harness.case import WEB, ClusterCase
from harness.wait import wait_until

TOGETHER = 10


class Traffic(ClusterCase):
    def test_both_backends_answer_and_unknown_names_get_the_503_page(self):
        self.start("one", "two")
        answered = {self.cluster.get(WEB).backend for _ in range(10)}
        self.assertEqual(answered, {"one", "two"})
        unknown = self.cluster.get("nobody.scrimp.test")
        self.assertEqual(unknown.status, 503)
        self.assertIn("retry-after", unknown.headers)

    def test_applications_learn_who_asked_and_for_what(self):
        self.start("one")
        port = self.cluster.nginx.https_port
        seen = self.cluster.get(WEB, "/headers")
        self.assertIn(f'"host": "{WEB}:{port}"', seen.body)
        self.assertIn('"x-forwarded-proto": "https"', seen.body)
        self.assertIn('"x-forwarded-for": "127.0.0.1"', seen.body)

    def test_none_is_lost_when_a_backend_joins_and_a_slow_answer_is_under_way(self):
        self.start("one")
        newcomer = self.cluster.add_backend("two")
        with self.cluster.load(WEB) as load:
            slow = self.cluster.slow_request(WEB, 2)
            time.sleep(0.3)
            newcomer.start()
            self.cluster.wait_routed(newcomer)
            answer = slow.response()
            time.sleep(0.5)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, "answered by one\n" * 50)
        self.assert_none_failed(load)
        self.assertIn("two", load.report["backends"])

    def test_none_is_lost_when_a_backend_is_stopped(self):
        _, two = self.start("one", "two")
        with self.cluster.load(WEB) as load:
            time.sleep(0.3)
            self.assertEqual(two.stop(), 0)
            self.cluster.wait_out(two)
            time.sleep(0.7)
        self.assert_none_failed(load)
        self.assertEqual(self.cluster.get(WEB).backend, "one")

    def test_none_is_lost_when_a_backend_is_killed(self):
        _, two = self.start("one", "two")
        with self.cluster.load(WEB) as load:
            time.sleep(0.3)
            two.kill()
            self.cluster.wait_out(two)
            time.sleep(0.7)
        self.assert_none_failed(load)

    def test_none_is_lost_when_nginx_reloads(self):
        self.start("one", "two")
        with self.cluster.load(WEB) as load:
            for _ in range(5):
                time.sleep(0.3)
                self.cluster.nginx.reload()
            time.sleep(0.7)
        self.assert_none_failed(load)

    def test_ten_at_once_are_one_or_two_reloads_and_cost_nobody_a_request(self):
        self.start("one")
        crowd = [self.cluster.add_backend(f"ten{i}", "ten") for i in range(TOGETHER)]
        for backend in crowd:
            wait_until(backend.server.answers, 20, f"{backend.name} is up")
        before = self.cluster.nginx.reloads()
        with self.cluster.load(WEB) as load:
            for backend in crowd:
                backend.node.start()
            self.cluster.wait_routed(*crowd, seconds=60)
            self.cluster.wait_quiet()
        self.assertLessEqual(self.cluster.nginx.reloads() - before, 2)
        self.assert_none_failed(load)
        answered = {self.cluster.get("ten.scrimp.test").backend for _ in range(6 * TOGETHER)}
        self.assertEqual(answered, {backend.name for backend in crowd})
        self.assert_nginx_whole()

    def test_nothing_is_reloaded_when_nothing_changes(self):
        self.start("one", "two")
        before = self.cluster.nginx.reloads()
        time.sleep(3)
        self.assertEqual(self.cluster.nginx.reloads(), before)
        self.assertEqual(len(self.cluster.nginx.workers()), 2)


if __name__ == "__main__":
    unittest.main()
