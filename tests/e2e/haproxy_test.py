"""HAProxy instead of nginx: what changes only who serves an application costs no reload, and nothing
that happens to a cluster costs a request.

    ./dev e2e haproxy     with 20 joins and 20 leaves
"""

import time
import unittest

from harness import gossip
from harness.case import WEB, ClusterCase
from harness.cluster import Cluster
from harness.haproxy import Haproxy
from harness.hostile import announcements
from harness.size import size
from harness.wait import wait_until

CROWD = size("CROWD", small=6, whole=20)
HOSTILE = 60


class HaproxyCase(ClusterCase):
    def make_cluster(self):
        return Cluster(engine=Haproxy)

    def setUp(self):
        super().setUp()
        self.haproxy = self.cluster.nginx

    def wait_running(self, *backends, name="web"):
        wanted = sorted(backend.upstream for backend in backends)
        wait_until(lambda: self.haproxy.running(name) == wanted, 20,
                   f"haproxy serves {wanted}", every=0.01)


class Requests(HaproxyCase):
    def test_names_lead_to_their_backends_and_nowhere_else(self):
        self.cluster.start_balancer()
        one = self.cluster.add_backend("one", domains=[WEB, "*.wild.scrimp.test"]).start()
        other = self.cluster.add_backend("other", "api", ["*.scrimp.test"]).start()
        self.cluster.wait_routed(one, other)
        wait_until(lambda: self.cluster.is_answered_by(WEB, {"one"}), 20, "a first answer")
        for host, name in ((WEB, "one"), (WEB.upper(), "one"), ("a.wild.scrimp.test", "one"),
                           ("b.a.wild.scrimp.test", "one"), ("wild.scrimp.test", "other"),
                           ("x.scrimp.test", "other")):
            asked = self.cluster.get(WEB, headers={"Host": host})
            self.assertEqual(asked.backend, name, host)
        for host in ("scrimp.test", "nobody.test", "generation", "#generation"):
            unknown = self.cluster.get(WEB, headers={"Host": host})
            self.assertEqual(unknown.status, 503, host)
            self.assertIn("retry-after", unknown.headers)

    def test_applications_learn_who_asked_and_for_what(self):
        self.start("one")
        port = self.cluster.nginx.https_port
        seen = self.cluster.get(WEB, "/headers")
        self.assertIn(f'"host": "{WEB}:{port}"', seen.body)
        self.assertIn('"x-forwarded-proto": "https"', seen.body)
        self.assertIn('"x-forwarded-for": "127.0.0.1"', seen.body)
        self.assertIn("strict-transport-security", seen.headers)


class Changes(HaproxyCase):
    def test_a_day_in_the_life_costs_no_request_and_no_reload_without_need(self):
        one, two = self.start("one", "two")
        self.cluster.wait_quiet()
        before = self.haproxy.reloads()
        three = self.cluster.add_backend("three")
        with self.cluster.load(WEB) as load:
            slow = self.cluster.slow_request(WEB, 2)
            three.start()
            self.wait_running(one, two, three)
            self.assertEqual(two.stop(), 0)
            self.wait_running(one, three)
            self.assertEqual(slow.response().status, 200)
            three.kill()
            self.wait_running(one)
            two.start()
            self.wait_running(one, two)
            self.assertEqual(self.haproxy.reloads(), before)
            for backend in (one, two):  # Another domain: another map, and a reload.
                config = backend.node.config["backend-config"]
                config["applications"][0]["domains"].append("www.scrimp.test")
                backend.node.stop()
                backend.node.start()
            wait_until(lambda: self.cluster.is_answered_by("www.scrimp.test", {"one", "two"}), 20,
                       "the new domain is answered")
            self.wait_running(one, two)
            time.sleep(0.5)
        self.assert_none_failed(load)
        self.assertIn("three", load.report["backends"])
        self.assertGreater(self.haproxy.reloads(), before)
        self.assert_nginx_whole()

    def test_joins_and_leaves_cost_no_reload_and_a_later_reload_has_them_all(self):
        one, = self.start("one")
        self.cluster.wait_quiet()
        before = self.haproxy.reloads()
        crowd = [self.cluster.add_backend(f"crowd{i}") for i in range(CROWD)]
        with self.cluster.load(WEB) as load:
            for backend in crowd:
                backend.start()
                self.cluster.wait_routed(backend)
            self.wait_running(one, *crowd)
            for backend in crowd[CROWD // 2:]:
                self.assertEqual(backend.stop(), 0)
            self.wait_running(one, *crowd[:CROWD // 2])
            self.assertEqual(self.haproxy.reloads(), before)
            self.haproxy.reload()
            wait_until(lambda: self.haproxy.reloads() > before, 10, "the operator's reload")
            self.wait_running(one, *crowd[:CROWD // 2])
            for backend in crowd[:CROWD // 2]:  # All at once, as a host is shut down.
                backend.node.terminate()
            self.assertEqual({backend.end() for backend in crowd[:CROWD // 2]}, {0})
            self.wait_running(one)
        self.assert_none_failed(load)
        self.assertEqual(self.haproxy.reloads(), before + 1)

    def test_a_socket_that_is_gone_costs_a_reload_and_no_request(self):
        one, = self.start("one")
        self.cluster.balancer.config["load-balancer-config"]["runtime-socket"] += ".gone"
        self.cluster.balancer.stop()
        self.cluster.balancer.start()
        self.cluster.balancer.wait_log("rollout unchanged")
        before = self.haproxy.reloads()
        two = self.cluster.add_backend("two")
        with self.cluster.load(WEB) as load:
            two.start()
            self.wait_running(one, two)
            time.sleep(0.5)
        self.assert_none_failed(load)
        self.assertEqual(self.haproxy.reloads(), before + 1)
        self.assertTrue(self.cluster.balancer.log_lines("took a reload after all"))


class Refusals(HaproxyCase):
    def test_an_application_that_haproxy_refuses_is_left_out_by_name_and_the_rest_is_served(self):
        with open(self.haproxy.main, "a", encoding="utf-8") as main:
            main.write("\nbackend scrimp_api\n    mode http\n")  # A name that is ours.
        self.start("one")
        self.cluster.add_backend("two", "api").start()
        said = self.cluster.balancer.wait_log("left out application 'api'", ") of two: ")
        self.assertRegex(said[0], r"scrimplb\.cfg\.candidate:\d+\]: backend 'scrimp_api'")
        self.assertTrue(self.cluster.is_answered_by(WEB, {"one"}))
        self.assert_nginx_whole()


class Hostile(HaproxyCase):
    def test_nothing_that_a_peer_says_reaches_the_configuration(self):
        self.start("one")
        address, port = self.cluster.addresses.take(), self.haproxy.https_port
        asked = (self.cluster.balancer.address, self.cluster.balancer.port)
        for turn, told in enumerate(announcements(HOSTILE, 1, port, WEB)):
            with gossip.Peer(f"peer-{turn}", address) as peer:
                peer.announce(told.meta, asked)
                peer.leave(asked)
        self.assertTrue(self.cluster.is_answered_by(WEB, {"one"}))
        self.assert_nginx_whole()
        self.assertNotRegex(self.haproxy.text(), r"[^\x20-\x7e\n]|evil\d+x|pwned|bind :81\b")


if __name__ == "__main__":
    unittest.main()
