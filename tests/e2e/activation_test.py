"""A daemon without any rights, and the helper that has them: applications are served, and whatever
is asked of the helper by whomever, nothing reaches nginx but what the generator writes."""

import os
import pathlib
import pwd
import threading
import time
import unittest

from harness.activator import Activator
from harness.case import ClusterCase
from harness.node import SCRIMPLB, scrimplb
from harness.process import Process
from harness.wait import wait_until

USER = "nobody"
STRANGER = "daemon"

HOSTILE_HEADS = [
    b"", b"\n", b"check", b"scrimplb 1 check", b"scrimplb 1 check x\n", b"scrimplb 1 check -5\n",
    b"scrimplb 2 check 0\n", b"scrimplb 1 reload 0\n", b"scrimplb 1 check 99999999999999999999\n",
    b"scrimplb 1 check 16777217\n", b"scrimplb 1 activate 10\nshort", b"scrimplb 1 status 5\n12345",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 4096, b"a" * 100000,
    b"scrimplb 1 check 0 ; reboot\n", b"scrimplb 1 activate 7\n../../x\n"]


@unittest.skipUnless(os.geteuid() == 0, "takes another user's rights, and the helper has root's")
class WithoutRoot(ClusterCase):
    def setUp(self):
        super().setUp()
        self.account = pwd.getpwnam(USER)
        directory = self.cluster.directory
        os.chmod(directory, 0o755)
        self.balancer = self.cluster.balancer
        seeds = pathlib.Path(directory, "seeds")
        seeds.mkdir()
        for path in (seeds, self.balancer.config["state-dir"]):
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        self.cluster.seeds_path = str(seeds / "seeds.json")
        self.balancer.config["provider-config"]["path"] = self.cluster.seeds_path
        self.activator = Activator(directory, self.balancer.config_path, USER)
        self.balancer.config["load-balancer-config"]["activation-socket"] = self.activator.path
        self.balancer.write_config()
        self.activator.start()
        self.addCleanup(self.activator.stop)

    def start_unprivileged(self):
        account = self.account
        process = Process(
            ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
             "--no-new-privs", SCRIMPLB, "-config-file", self.balancer.config_path],
            self.balancer.log_path)
        self.addCleanup(process.stop)
        return process

    def target(self):
        return pathlib.Path(self.cluster.nginx.target).read_bytes()

    def test_serves_and_goes_on_after_a_kill(self):
        process = self.start_unprivileged()
        one = self.cluster.add_backend("one").start()
        self.cluster.wait_routed(one)
        wait_until(lambda: self.cluster.is_answered_by("web.scrimp.test", {"one"}), 10,
                   "the application is served")
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            self.assertIn(f"Uid:\t{self.account.pw_uid}\t{self.account.pw_uid}", status.read())
        self.assertEqual(os.stat(self.cluster.nginx.target).st_uid, 0)
        fate, said = self.activator.ask("status", user=USER)
        self.assertEqual(fate, "done", said)
        self.assertRegex(said, r"generation [0-9a-f]{16}\nold-workers \d+ \d+\n")
        self.counts_old_workers()
        process.kill()
        reloads = self.cluster.nginx.reloads()
        self.start_unprivileged()
        two = self.cluster.add_backend("two").start()
        self.cluster.wait_routed(one, two)
        self.assertLessEqual(self.cluster.nginx.reloads() - reloads, 2)
        self.assertFalse(self.cluster.nginx.failed_reloads())
        self.refuses_whatever_is_not_the_generators()

    def counts_old_workers(self):
        """Each reload leaves the worker behind that has a request under way, and none other."""
        def old():
            words = self.activator.ask("status", user=USER)[1].split()
            return tuple(int(word) for word in words[words.index("old-workers") + 1:][:2])
        # Those of the generation before have gone: until then they take connections too.
        wait_until(lambda: old() == (0, 0), 10, "the workers of the first generation have ended")
        held = []
        for generation in (1, 2):
            held.append(self.cluster.held_request("web.scrimp.test"))
            time.sleep(0.3)  # Until the worker that took the connection has read from it.
            self.cluster.nginx.reload()
            wait_until(lambda: old() == (generation, generation), 5,
                       f"{generation} generations of old workers")
        for request in held:
            self.assertEqual(request.response().status, 200)
        wait_until(lambda: old() == (0, 0), 10, "they have ended")

    def refuses_whatever_is_not_the_generators(self):
        good = self.target()
        for head in HOSTILE_HEADS:
            answer = self.activator.ask_raw(head, user=None)
            self.assertIn(b"scrimplb 1 refused", answer, head)
        generation = good.index(b"location = /.well-known")
        for name, text in {
                "an include": good + b"include /etc/shadow;\n",
                "a module": b"load_module /tmp/evil.so;\n" + good,
                "a file server": good.replace(b"gzip on;", b"root /; gzip on;", 1),
                "another key": good.replace(self.cluster.nginx.key.encode(), b"/etc/shadow", 1),
                "a log": good.replace(b"access_log off;", b"access_log /etc/cron.d/x;"),
                "half of it": good[:generation],
                "nothing": b"",
                "noise": os.urandom(65536),
                "a comment": good + b"# " + b"x" * 70000 + b"\n",
                "a lua block": good + b"init_by_lua_block { os.execute('id') }\n"}.items():
            for verb in ("check", "activate"):
                fate, said = self.activator.ask(verb, text, user=None)
                self.assertEqual(fate, "refused", f"{name}: {said}")
        fate, said = self.activator.ask("activate", good, user=STRANGER)
        self.assertEqual((fate, "may not ask" in said), ("refused", True), said)
        self.assertEqual(self.target(), good)
        self.assertTrue(self.activator.alive)
        fate, said = self.activator.ask("check", good, user=USER)
        self.assertEqual(fate, "done", said)

    def test_runs_for_nobody_whose_configuration_others_may_write(self):
        self.activator.stop()
        os.chmod(self.balancer.config_path, 0o666)
        os.unlink(self.activator.path)
        lax = Activator(self.cluster.directory, self.balancer.config_path, USER).start()
        self.addCleanup(lax.stop)
        fate, said = lax.ask("status", user=USER)
        self.assertEqual(fate, "failed")
        self.assertIn("can be changed by others than root", said)
        wait_until(lambda: not lax.alive, 10, "it ends")
        self.assertIn("can be changed by others than root", lax.log())

    def test_writes_into_no_folder_that_others_may_write_to(self):
        folder = os.path.dirname(self.cluster.nginx.target)
        os.chmod(folder, 0o777)
        self.addCleanup(os.chmod, folder, 0o755)
        self.activator.stop()
        os.unlink(self.activator.path)
        lax = Activator(self.cluster.directory, self.balancer.config_path, USER).start()
        self.addCleanup(lax.stop)
        fate, said = lax.ask("status", user=USER)
        self.assertEqual(fate, "failed")
        self.assertIn(f"chmod go-w {folder}", said)

    def test_leaves_who_asks_after_a_change_to_its_successor(self):
        self.assertEqual(self.activator.ask("status", user=USER)[0], "done")
        os.utime(self.balancer.config_path)
        asked = threading.Thread(target=self.ask_patiently, daemon=True)
        asked.start()
        wait_until(lambda: not self.activator.alive, 10, "it ends")
        self.activator.start()  # As systemd would.
        asked.join(timeout=15)
        self.assertEqual(self.said, b"done")

    def ask_patiently(self):
        answer = self.activator.ask_raw(b"scrimplb 1 status 0\n")
        self.said = answer.split()[2]

    def test_says_how_to_reach_a_helper_that_is_not_there(self):
        asked = scrimplb("activation", "--socket", "/nowhere/activate.sock", "status")
        self.assertEqual(asked.returncode, 1)
        self.assertIn("is scrimplb-activate.socket started", asked.stderr)


if __name__ == "__main__":
    unittest.main()
