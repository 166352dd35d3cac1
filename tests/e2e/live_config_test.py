"""What a node serves changes while it runs: files come, change and go, SIGHUP reads the rest again.
The member never leaves, and what is not meant is served on."""

import json
import os
import shutil
import unittest

from harness.case import WEB, ClusterCase
from harness.node import application
from harness.wait import holds_for, wait_until

MOMENT = 30
"""Seconds, far above the half a second that it takes, for machines that are busy."""


class LiveConfig(ClusterCase):
    def start_watching(self):
        """A backend `one` of `web` with an application-config-dir, empty still, and `two`."""
        self.apps = os.path.join(self.cluster.directory, "apps.d")
        os.mkdir(self.apps)
        self.one = self.cluster.add_backend("one")
        self.one.node.config["backend-config"]["application-config-dir"] = self.apps
        self.cluster.start_balancer()
        self.one.start()
        two = self.cluster.add_backend("two").start()
        self.cluster.wait_routed(self.one, two)
        wait_until(lambda: self.cluster.is_answered_by(WEB, ["one", "two"]), 20, "a first answer")
        self.cluster.wait_quiet()

    def spell(self, name, **members):
        """The text of an application that `one` serves."""
        return json.dumps({**application(name, self.cluster.nginx.https_port,
                                         self.one.server.port), **members})

    def put(self, file, text, directory=None):
        with open(os.path.join(directory or self.apps, file), "w", encoding="utf-8") as out:
            out.write(text)

    def swap_in(self, file, text):
        """As a careful program writes: beside, then renamed."""
        self.put(f".{file}.new", text)
        os.rename(os.path.join(self.apps, f".{file}.new"), os.path.join(self.apps, file))

    def wait_served(self, *names):
        """Until the balancer's output has just these applications, and nginx answers for each."""
        wait_until(lambda: sorted(self.cluster.nginx.routes()) == sorted(names), MOMENT,
                   f"routes are {names}", every=0.02)
        for name in names:
            wait_until(lambda: self.cluster.get(f"{name}.scrimp.test").status == 200, MOMENT,
                       f"{name} answers", every=0.02)

    def assert_never_left(self, load):
        """Nobody lost a request, and nobody left or was taken for lost."""
        self.assert_none_failed(load)
        self.assertEqual(self.cluster.members(), ["balancer", "one", "two"])
        log = self.cluster.balancer.log()
        for name in ("one", "two"):
            self.assertEqual(log.count(f"member joined: {name} "), 1)
            for change in ("left", "failed", "suspected"):
                self.assertNotIn(f"member {change}: {name} ", log)
        self.assert_nginx_whole()

    def test_files_that_come_change_and_go_are_followed(self):
        self.start_watching()
        with self.cluster.load(WEB) as load:
            self.put("a.json", self.spell("alpha"))
            self.wait_served("alpha", "web")
            self.swap_in("b.json", f'[{self.spell("beta")},{self.spell("gamma")}]')
            self.wait_served("alpha", "beta", "gamma", "web")
            self.put("a.json", self.spell("alpha", domains=["delta.scrimp.test"]))
            wait_until(lambda: self.cluster.get("delta.scrimp.test").status == 200, MOMENT,
                       "its new domain answers")
            # A worker of nginx from before the reload may take a connection yet.
            wait_until(lambda: self.cluster.get("alpha.scrimp.test").status == 503, MOMENT,
                       "its old one does not")
            self.swap_in("b.json", f'{{"applications":[{self.spell("gamma")}]}}')
            wait_until(lambda: sorted(self.cluster.nginx.routes()) == ["alpha", "gamma", "web"],
                       MOMENT, "beta is gone")
            os.unlink(os.path.join(self.apps, "a.json"))
            self.wait_served("gamma", "web")
        self.assert_never_left(load)

    def test_a_bad_file_keeps_its_version_before_and_a_half_written_one_is_completed_later(self):
        self.start_watching()
        one = self.one.node
        self.put("a.json", self.spell("alpha"))
        self.wait_served("alpha", "web")
        with self.cluster.load(WEB) as load:
            self.put("a.json", self.spell("alpha", domains=["not a domain"]))
            one.wait_log("a.json: domains", "'not a domain'", "version before stays in force")
            text = self.spell("beta")
            self.put("b.json", text[:len(text) // 2])
            one.wait_log("b.json: line 1", "nothing of this file is served")
            self.put("c.json", self.spell("web", domains=["thief.scrimp.test"]))
            one.wait_log("c.json: the application 'web' is left out")
            holds_for(lambda: sorted(self.cluster.nginx.routes()) == ["alpha", "web"], 0.5,
                      "the good ones stay")
            self.assertEqual(self.cluster.get("alpha.scrimp.test").status, 200)
            self.put("b.json", text)
            self.wait_served("alpha", "beta", "web")
            self.assertEqual(len(one.log_lines("a.json: domains")), 1, "it is told once")
        self.assert_never_left(load)

    def test_a_directory_that_is_replaced_or_swapped_behind_a_link_is_followed(self):
        self.start_watching()
        parent = self.cluster.directory
        with self.cluster.load(WEB) as load:
            new = os.path.join(parent, "new")
            os.mkdir(new)
            self.put("a.json", self.spell("alpha"), new)
            os.rename(self.apps, os.path.join(parent, "old"))
            os.rename(new, self.apps)
            self.wait_served("alpha", "web")
            # As Kubernetes writes a config map: files are links through ..data, which is swapped.
            for release, name in (("..1", "beta"), ("..2", "gamma")):
                os.mkdir(os.path.join(self.apps, release))
                self.put("app.json", self.spell(name), os.path.join(self.apps, release))
            os.symlink("..1", os.path.join(self.apps, "..data"))
            os.symlink("..data/app.json", os.path.join(self.apps, "app.json"))
            self.wait_served("alpha", "beta", "web")
            os.symlink("..2", os.path.join(self.apps, "..data_tmp"))
            os.rename(os.path.join(self.apps, "..data_tmp"), os.path.join(self.apps, "..data"))
            self.wait_served("alpha", "gamma", "web")
            # A directory that is missing is not an empty one.
            os.rename(self.apps, os.path.join(parent, "away"))
            self.one.node.wait_log("cannot read the directory", "stays in force")
            self.wait_served("alpha", "gamma", "web")
            os.mkdir(self.apps)
            self.wait_served("web")
        self.assert_never_left(load)
        shutil.rmtree(self.apps)

    def test_sighup_reads_the_main_file_and_a_broken_one_changes_nothing(self):
        self.start_watching()
        node, listed = self.one.node, self.one.node.config["backend-config"]["applications"]
        with self.cluster.load(WEB) as load:
            listed.append(json.loads(self.spell("alpha")))
            node.config["gossip-profile"] = "original"
            node.write_config()
            node.reload()
            self.wait_served("alpha", "web")
            node.wait_log("needs a restart to change: gossip-profile")
            with open(node.config_path, "w", encoding="utf-8") as file:
                file.write('{"backend-config": {"applications": [')
            node.reload()
            node.wait_log("everything stays as it was")
            self.put("b.json", self.spell("beta"))
            self.wait_served("alpha", "beta", "web")
            listed.pop()
            node.write_config()
            node.reload()
            self.wait_served("beta", "web")
        self.assert_never_left(load)

    def test_a_backend_may_lose_its_last_application_and_get_another(self):
        self.start_watching()
        node, listed = self.one.node, self.one.node.config["backend-config"]["applications"]
        with self.cluster.load(WEB) as load:
            web = listed.pop()
            node.write_config()
            node.reload()
            self.cluster.wait_out(self.cluster.backends["one"], seconds=MOMENT)
            node.wait_log("announces no application any more")
            self.assertIn(self.cluster.backends["two"].upstream, self.cluster.nginx.servers())
            listed.append(web)
            node.write_config()
            node.reload()
            self.cluster.wait_routed(self.one, seconds=MOMENT)
        self.assert_never_left(load)

    def test_a_balancer_changes_what_it_supports_without_leaving(self):
        self.start_watching()
        balancer, port = self.cluster.balancer, self.cluster.nginx.https_port
        settings = balancer.config["load-balancer-config"]
        self.put("a.json", self.spell("alpha", protocol="https"))
        wait_until(lambda: "alpha" in self.cluster.nginx.routes(), MOMENT, "alpha is routed")
        with self.cluster.load(WEB) as load:
            settings["supported-protocols"] = ["http"]
            settings["supported-listen-ports"] = [f"{port - 1}-{port}"]
            balancer.write_config()
            balancer.reload()
            self.wait_served("web")
            balancer.wait_log("refused: one", "alpha")
            del settings["supported-protocols"]
            balancer.write_config()
            balancer.reload()
            wait_until(lambda: "alpha" in self.cluster.nginx.routes(), MOMENT, "alpha is back")
        self.assert_never_left(load)


if __name__ == "__main__":
    unittest.main()
