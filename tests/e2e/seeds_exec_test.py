"""Seeds and addresses from programs of the operator's own: good ones, and all kinds of bad ones. And
the seeds document between us and the original."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness.network import Addresses, free_port
from harness.node import Node, application
from harness.process import ROOT
from harness.wait import holds_for, wait_until

SECRET = "correct-horse-battery-staple"

STORE = f"""#!{sys.executable}
# A seed store in one file, beside which lie orders for bad days: each file `ACTION` is a shell
# script that runs in the store's place.
import json, os, subprocess, sys
os.chdir(os.path.dirname(os.path.abspath(__file__)))
request = json.load(sys.stdin)
with open("asked", "a") as asked:
    print(json.dumps(request), file=asked)
action = request["action"]
if os.path.exists(action):
    sys.exit(subprocess.call(["sh", action]))
seeds = json.load(open("seeds")) if os.path.exists("seeds") else []
answer = {{"version": 1, "state": {{"runs": request["state"].get("runs", 0) + 1}}}}
if action == "fetch":
    answer["seeds"] = seeds
elif request["self"] not in seeds:
    with open("seeds.new", "w") as file:
        json.dump(seeds + [request["self"]], file)
    os.rename("seeds.new", "seeds")
print(json.dumps(answer))
"""


def example_of_the_documentation():
    with open(os.path.join(ROOT, "docs", "helpers.md"), encoding="utf-8") as page:
        return re.search(r"```sh\n(#!/bin/sh\n.*?)```", page.read(), re.S).group(1)


def command_lines():
    """Of every process there is."""
    lines = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                lines.append(file.read().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            pass
    return lines


class ExecCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.addresses = Addresses()
        self.nodes = []
        self.addCleanup(self.end)
        self.store = self.script("store", STORE)

    def end(self):
        for node in self.nodes:
            if node.alive:
                node.kill()
            self.assertNotIn(SECRET, node.log())

    def script(self, name, text):
        os.makedirs(os.path.join(self.directory, name), exist_ok=True)
        path = os.path.join(self.directory, name, "run")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def file(self, name, store="store"):
        return os.path.join(self.directory, store, name)

    def order(self, action, script):
        """From now on the store does this when it is asked for that."""
        with open(self.file(action + ".new"), "w", encoding="utf-8") as file:
            file.write(script + "\n")
        os.rename(self.file(action + ".new"), self.file(action))

    def recover(self, action):
        os.unlink(self.file(action))

    def asked(self, action):
        with open(self.file("asked"), encoding="utf-8") as file:
            requests = [json.loads(line) for line in file]
        return [request for request in requests if request["action"] == action]

    def exec_config(self, *command, **more):
        return {"provider": "exec", "provider-config": {
            "command": list(command), "timeout": "5s", "config": {"token": SECRET}, **more}}

    def node(self, name, provider=None, **config):
        address = self.addresses.take()
        node = Node(name, self.directory, {
            "node-name": name, "bind-address": address, "log-level": "debug",
            "port": str(free_port(address, udp=True)), "state-dir": "",
            **(provider or self.exec_config(self.store)), **config})
        self.nodes.append(node)
        return node

    def balancer(self, name="lb", provider=None, **config):
        node = self.node(name, provider, **{
            "lb": True, "resolver": "static",
            "load-balancer-config": {"push-period": "500ms", "jitter": "0s"}, **config})
        node.config.setdefault("resolver-config", {"address": node.address})
        return node

    def backend(self, name="web1", provider=None, **config):
        return self.node(name, provider, **{
            "backend-config": {"applications": [application("web", 443, 8080)]}, **config})

    def assert_joined(self, balancer, backend, seconds=30):
        balancer.wait_log("member joined", backend.name, seconds=seconds)
        backend.wait_log("member joined", balancer.name, seconds=seconds)


class GoodPrograms(ExecCase):
    def test_the_example_of_the_documentation_is_a_store(self):
        shared = self.file("shared")
        os.mkdir(shared)
        script = example_of_the_documentation()
        self.assertIn("/srv/scrimplb", script)
        path = self.script("example", script.replace("/srv/scrimplb", shared))
        balancer = self.balancer(provider=self.exec_config(path)).start()
        balancer.wait_log("seeds: ", "is published")
        second = self.balancer("lb2", provider=self.exec_config(path)).start()
        backend = self.backend(provider=self.exec_config(path)).start()
        self.assert_joined(balancer, backend)
        self.assert_joined(balancer, second)
        # A balancer that has joined may publish a moment later.
        wait_until(lambda: len(os.listdir(shared)) == 2, 20, "both balancers are published")
        os.rename(shared, shared + ".gone")
        balancer.wait_log("publishing failed", "can't cd to", seconds=20)

    def test_config_is_handed_through_and_state_comes_back(self):
        balancer = self.balancer().start()
        wait_until(lambda: len(self.asked("publish")) >= 3, 30, "it publishes again and again")
        first, *_, last = self.asked("publish")
        self.assertEqual(first["config"], {"token": SECRET})
        self.assertEqual(first["self"], {"address": balancer.address, "port": str(balancer.port)})
        self.assertEqual((first["version"], first["name"]), (1, "exec"))
        self.assertGreaterEqual(last["state"]["runs"], 2)

    def test_a_program_may_say_which_address_is_ours(self):
        address = self.script("address", "#!/bin/sh\necho '{\"version\":1,\"address\":\"127.0.0.1\"}'")
        resolver = {"resolver": "exec", "resolver-config": {"command": [address]},
                    "bind-address": "0.0.0.0"}
        balancer = self.balancer(**resolver).start()
        balancer.wait_log("seeds: ", "is published")
        self.assertEqual(self.asked("publish")[0]["self"]["address"], "127.0.0.1")
        backend = self.backend().start()
        self.assert_joined(balancer, backend)

    def test_a_slow_program_delays_only_newcomers(self):
        balancer = self.balancer().start()
        balancer.wait_log("seeds: ", "is published")
        first = self.backend("web1").start()
        self.assert_joined(balancer, first)
        self.order("publish", "sleep 3; echo '{\"version\":1}'")
        self.order("fetch", "sleep 3; echo \"{\\\"version\\\":1,\\\"seeds\\\":$(cat seeds)}\"")
        second = self.backend("web2").start()
        self.assert_joined(balancer, second)
        first.wait_log("member joined", "web2")
        for node in (balancer, first, second):
            self.assertFalse(node.log_lines("member suspect") + node.log_lines("member failed"))


class BadPrograms(ExecCase):
    def setUp(self):
        super().setUp()
        self.lb = self.balancer().start()
        self.lb.wait_log("seeds: ", "is published")

    def assert_survives(self, script, *said, seconds=20, **more):
        """A backend that meets this when it fetches says so, lives, and joins once it is over."""
        self.order("fetch", script)
        name = f"web{len(self.nodes)}"
        backend = self.backend(name, self.exec_config(self.store, **more)).start()
        backend.wait_log("still looking", *said, seconds=seconds)
        self.recover("fetch")
        self.assert_joined(self.lb, backend)
        for line in backend.log_lines("still looking"):
            self.assertLess(len(line), 1000)
        return backend

    def test_failing(self):
        self.assert_survives("echo trying >&2; echo 'no inventory: run sync' >&2; exit 3",
                             "failed with status 3: no inventory: run sync")
        self.assert_survives("""echo '{"version":1,"error":"no inventory"}'; exit 1""",
                             "cannot be fetched: no inventory")
        self.assert_survives("kill -9 $PPID", "was killed by signal 9")

    def test_hanging(self):
        self.assert_survives("sleep 3600.125 & sleep 3600.125", "took too long and was stopped",
                             timeout="1s")
        wait_until(lambda: not any("sleep 3600.125" in line for line in command_lines()), 10,
                   "nothing of it is left")

    def test_lying(self):
        backend = self.assert_survives("head -c 300000000 /dev/zero", "said too much")
        self.assert_survives("echo '<html>login</html>'", "not an answer: line 1, column 1")
        self.assert_survives("true", "not an answer")
        self.assert_survives("""echo '{"version":2,"seeds":[]}'""", "version 2 is not spoken here")
        self.assert_survives("""echo '{"version":1,"seeds":[{"address":"lb","port":1}]}'""",
                             "seeds[0]: 'lb' is not an IP address")
        self.assert_survives("""printf '{"version":1,"error":"a\\\\n2026 forged line"}'""",
                             "a\\x0a2026 forged line")
        resident, most = backend.memory_kb()
        self.assertLess(most - resident, 20_000, "what is beyond the bound is not kept")

    def test_a_program_that_is_not_there(self):
        backend = self.backend(provider=self.exec_config("/no/such/program", SECRET)).start()
        backend.wait_log("still looking", "cannot run '/no/such/program': No such file")
        self.assertTrue(backend.alive)

    def test_a_publication_that_fails_leaves_the_cluster_untouched(self):
        backend = self.backend().start()
        self.assert_joined(self.lb, backend)
        self.order("publish", "echo 'quota exceeded' >&2; exit 1")
        self.lb.wait_log("publishing failed", "quota exceeded")
        before = [node.log_lines("member ") for node in (self.lb, backend)]
        holds_for(lambda: self.lb.alive and backend.alive, 5, "they live")
        self.assertEqual(before, [node.log_lines("member ") for node in (self.lb, backend)])
        self.assertEqual(len(self.lb.log_lines("publishing failed")), 1)
        self.recover("publish")
        self.lb.wait_log("publishing works again", seconds=30)


class SeveralProviders(ExecCase):
    def chain(self, *providers):
        return {"providers": list(providers)}

    def test_the_next_is_asked_when_the_first_is_down(self):
        down = self.exec_config("/no/such/program")
        good = self.exec_config(self.store)
        balancer = self.balancer(provider=self.chain(down, good)).start()
        balancer.wait_log("publishing failed", "exec: cannot run '/no/such/program'")
        backend = self.backend(provider=self.chain(down, good)).start()
        self.assert_joined(balancer, backend)

    def test_a_first_one_that_knows_only_the_dead_hides_nobody(self):
        dead = self.addresses.take()
        gone = {"provider": "manual", "provider-config": {"ip": dead, "port": free_port(dead)}}
        old = os.path.join(self.directory, "old.json")
        with open(old, "w", encoding="utf-8") as file:
            json.dump({"seeds": [{"address": dead, "port": "9", "published": 1}]}, file)
        stale = {"provider": "file", "provider-config": {"path": old}}
        balancer = self.balancer().start()
        balancer.wait_log("seeds: ", "is published")
        backend = self.backend(provider=self.chain(gone, stale, self.exec_config(self.store)))
        self.assert_joined(balancer, backend.start())

    def test_all_are_published_to(self):
        second = self.script("second", STORE)
        both = self.chain(self.exec_config(self.store), self.exec_config(second))
        balancer = self.balancer(provider=both).start()
        balancer.wait_log("seeds: ", "is published")
        for store in (self.store, second):
            backend = self.backend(f"web{len(self.nodes)}", self.exec_config(store)).start()
            self.assert_joined(balancer, backend)


class TheDocument(ExecCase):
    def test_the_original_reads_what_we_write_and_we_what_it_writes(self):
        path = os.path.join(self.directory, "seeds.json")
        shared = {"provider": "file", "provider-config": {"path": path}}
        first = self.balancer(provider=shared).start()
        first.wait_log("seeds: ", "is published")
        with open(path, encoding="utf-8") as file:
            ours = file.read()
        self.assertIn("published", ours)
        self.assertEqual(first.stop(), 0)
        original = os.path.join(os.path.dirname(os.path.abspath(__file__)), "original_seeds.go")
        rewritten = subprocess.run(
            ["go", "run", original, "[fd00::7]", "9998"], input=ours, capture_output=True,
            text=True, check=True, env={**os.environ, "GO111MODULE": "off"}).stdout
        entries = [{"address": first.address, "port": str(first.port)},
                   {"address": "[fd00::7]", "port": "9998"}]
        self.assertEqual(json.loads(rewritten), {"seeds": entries})
        with open(path, "w", encoding="utf-8") as file:
            file.write(rewritten)
        # Its entries have no age: they are joined, kept, and counted from the next time we write.
        second = self.balancer("lb2", provider=shared).start()
        second.wait_log("seeds: ", "is published")
        second.wait_log("still looking", "none of 2 seeds answered", seconds=30)
        with open(path, encoding="utf-8") as file:
            after = json.load(file)["seeds"]
        self.assertEqual([{**entry, "published": None} for entry in after],
                         [{**entry, "published": None} for entry in entries + [
                             {"address": second.address, "port": str(second.port)}]])
        self.assertTrue(all(entry["published"] for entry in after))


if __name__ == "__main__":
    unittest.main()
