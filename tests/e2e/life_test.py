"""Nodes come, go, crash and come back, and the way to the applications stays open."""

import json
import os
import time
import unittest
import urllib.request

from harness import gossip
from harness.case import WEB, ClusterCase
from harness.network import free_port, has_ipv6
from harness.node import application
from harness.wait import holds_for, wait_until


class Life(ClusterCase):
    def test_members_are_who_was_started_and_the_seeds_file_names_the_balancer(self):
        self.start("one", "two")
        self.cluster.wait_members(["balancer", "one", "two"])
        with open(self.cluster.seeds_path, encoding="utf-8") as file:
            seeds = json.load(file)["seeds"]
        balancer = self.cluster.balancer
        self.assertEqual([(seed["address"], seed["port"]) for seed in seeds],
                         [(balancer.address, str(balancer.port))])

    def test_a_backend_that_was_there_first_finds_the_balancer_that_comes_later(self):
        early = self.cluster.add_backend("early").start()
        time.sleep(1)
        self.assertTrue(early.node.alive, "it keeps trying")
        self.cluster.start_balancer()
        self.cluster.wait_routed(early, seconds=40)
        wait_until(lambda: self.cluster.is_answered_by(WEB, ["early"]), 20, "early answers")

    def test_sigterm_is_a_goodbye_and_a_second_one_changes_nothing(self):
        one, two = self.start("one", "two")
        two.node.terminate()
        two.node.terminate()
        self.assertEqual(two.node.wait(), 0)
        balancer = self.cluster.balancer
        seen = gossip.members(balancer.address, balancer.port)
        self.assertEqual(seen["two"]["state"], "left")
        self.assertEqual(one.stop(), 0)
        self.assertEqual(balancer.stop(), 0)

    def test_a_stopped_backend_comes_back_under_its_name(self):
        _, two = self.start("one", "two")
        two.stop()
        self.cluster.wait_out(two)
        two.start()
        self.cluster.wait_routed(two)

    def test_a_killed_backend_comes_back_under_its_name_at_once(self):
        _, two = self.start("one", "two")
        for _ in range(3):
            two.kill()
            two.start()
            wait_until(lambda: two.node.alive and "one" in self.cluster.members(two.node), 20,
                       "it is a member again", every=0.05)
            self.cluster.wait_members(["balancer", "one", "two"])
            self.cluster.wait_routed(two)

    def test_a_killed_backend_comes_back_after_it_was_declared_dead(self):
        _, two = self.start("one", "two")
        two.kill()
        self.cluster.wait_out(two)
        two.start()
        self.cluster.wait_routed(two)
        self.cluster.wait_members(["balancer", "one", "two"])

    def test_a_backend_that_changes_its_application_is_routed_anew(self):
        one, two = self.start("one", "two")
        extra = application("extra", self.cluster.nginx.https_port, two.server.port)
        two.node.config["backend-config"]["applications"].append(extra)
        two.node.stop()
        two.node.start()
        wait_until(lambda: self.cluster.is_answered_by("extra.scrimp.test", ["two"]), 20,
                   "the new application answers")
        self.cluster.wait_routed(one, two)

    def test_a_balancer_that_restarts_never_blanks_what_runs(self):
        for how in ("stop", "kill"):
            with self.subTest(how):
                self.check_restart(how)

    def check_restart(self, how):
        cluster = self.cluster
        if not cluster.backends:
            self.start("one", "two")
        backends = cluster.backends.values()
        wanted = sorted(backend.upstream for backend in backends)
        with cluster.load(WEB) as load:
            getattr(cluster.balancer, how)()
            holds_for(lambda: cluster.nginx.servers() == wanted, 0.5, "both are configured")
            cluster.balancer.start()
            holds_for(lambda: cluster.nginx.servers() == wanted, 6, "both are configured",
                      every=0.005)
        self.assert_none_failed(load)
        cluster.wait_members(["balancer", "one", "two"])
        self.assert_nginx_whole()

    def test_a_backend_lost_while_the_balancer_was_away_is_taken_out_after_all(self):
        _, two = self.start("one", "two")
        self.cluster.balancer.kill()
        two.kill()
        self.cluster.balancer.start()
        self.cluster.wait_out(two, seconds=60)
        self.assertEqual(self.cluster.get(WEB).backend, "one")

    def test_when_nobody_is_left_the_503_page_is_served(self):
        one, = self.start("one")
        one.stop()
        wait_until(lambda: self.cluster.get(WEB).status == 503, 20, "503")
        self.assert_nginx_whole()


class Candidates(ClusterCase):
    def test_a_candidate_that_nginx_refuses_leaves_the_last_good_one_and_is_tried_again(self):
        self.start("one")
        nginx = self.cluster.nginx
        good, reloads = nginx.text(), nginx.reloads()
        hidden = nginx.chain + ".hidden"
        os.rename(nginx.chain, hidden)
        two = self.cluster.add_backend("two").start()
        self.cluster.wait_members(["balancer", "one", "two"])
        holds_for(lambda: nginx.text() == good, 2, "the last good configuration stands")
        self.assertEqual(nginx.reloads(), reloads)
        os.rename(hidden, nginx.chain)
        self.assertEqual(self.cluster.get(WEB).backend, "one")
        self.cluster.wait_routed(two, seconds=90)
        self.assert_nginx_whole()

    def test_a_reload_that_fails_puts_the_last_good_one_back(self):
        self.start("one")
        nginx, balancer = self.cluster.nginx, self.cluster.balancer
        balancer.stop()
        switch = os.path.join(self.cluster.directory, "reload-fails")
        shell, option, command = nginx.reload_command()
        balancer.config["load-balancer-config"]["reload-command"] = [
            shell, option, f"test ! -e {switch} && {command}"]
        balancer.start()
        self.cluster.wait_members(["balancer", "one"])
        self.cluster.wait_quiet()
        good = nginx.text()
        with open(switch, "w", encoding="utf-8"):
            pass
        two = self.cluster.add_backend("two").start()
        self.cluster.wait_members(["balancer", "one", "two"])
        time.sleep(1)
        wait_until(lambda: nginx.text() == good, 20, "the last good configuration is back")
        os.unlink(switch)
        self.cluster.wait_routed(two, seconds=90)
        wait_until(lambda: self.cluster.is_answered_by(WEB, ["two"]), 20, "two answers")
        self.assert_nginx_whole()

    def test_the_candidate_is_swept_away(self):
        self.start("one")
        folder = os.path.dirname(self.cluster.nginx.target)
        self.assertEqual(sorted(os.listdir(folder)), [".scrimplb.conf.last-good", "scrimplb.conf"])


@unittest.skipUnless(has_ipv6(), "this machine has no ::1")
class Ipv6(ClusterCase):
    def test_upstreams_stand_in_brackets_and_answer(self):
        balancer = self.cluster.balancer
        balancer.config["bind-address"] = "::1"
        balancer.config["port"] = str(free_port("::1", udp=True))
        balancer.config["resolver-config"]["address"] = "[::1]"
        self.cluster.start_balancer()
        six = self.cluster.add_backend("six", address="::1").start()
        self.cluster.wait_routed(six)
        self.assertIn(f"server [::1]:{six.server.port}", self.cluster.nginx.text())
        wait_until(lambda: self.cluster.is_answered_by(WEB, ["six"]), 20, "six answers")


class Generations(ClusterCase):
    def test_nginx_serves_the_generation_that_stands_on_disk_to_loopback(self):
        self.start("one")
        port = self.cluster.nginx.http_port
        address = f"http://127.0.0.1:{port}/.well-known/scrimplb/generation"
        with urllib.request.urlopen(address, timeout=10) as answer:
            generation = answer.read().decode().strip()
        self.assertTrue(generation)
        self.assertIn(f"Generation {generation}", self.cluster.nginx.text())


if __name__ == "__main__":
    unittest.main()
