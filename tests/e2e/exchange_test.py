"""Lists of applications that exceed 512 bytes of metadata, balancers that share what they know,
addresses that change, and what is remembered: real processes in a network of their own."""

import json
import os
import socket
import stat
import sys
import tempfile
import unittest

from harness import gossip
from harness.network import Addresses, free_port, network_for_module
from harness.nginx import routes_of
from harness.node import Node, application
from harness.wait import holds_for, wait_until

MANY = 1000
"""The most applications that one backend may announce."""

SECRET = "aunt-agathas-birthday"

network = None


def setUpModule():
    global network
    network = network_for_module()


def applications(prefix, count):
    return [application(f"{prefix}-{number:04}", 443, 8080) for number in range(count)]


def reload(node):
    """SIGHUP, with its configuration as it is now."""
    node.write_config()
    node.reload()


class Balancer(Node):
    """Its output is read here and not served: nginx has its own suites."""

    def routes(self):
        """{application: sorted servers}"""
        try:
            with open(self.target, encoding="utf-8") as target:
                return routes_of(target.read())
        except FileNotFoundError:
            return {}

    @property
    def target(self):
        return self.config["load-balancer-config"]["generator-target"]

    def wait_routes(self, count):
        wait_until(lambda: len(self.routes()) == count, 60,
                   f"{self.name} routes {count} applications", every=0.05)


class ExchangeCase(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="scrimp-"))
        self.addresses = Addresses()
        self.seeds_path = self.path("seeds.json")
        self.nodes = []
        self.addCleanup(network.mend)
        self.addCleanup(self.end_nodes)
        self.logs = []

    def path(self, name):
        return os.path.join(self.directory, name)

    def make(self, kind, name, **config):
        address = self.addresses.take()
        node = kind(name, self.directory, {
            "node-name": name, "bind-address": address,
            "port": str(free_port(address, udp=True)), "state-dir": self.path(f"{name}.state"),
            "provider": "file", "provider-config": {"path": self.seeds_path}, **config})
        self.nodes.append(node)
        return node

    def balancer(self, name, load_balancer_config=None, **config):
        given = {"push-period": "1s", "push-jitter": "0s", "generator": "nginx",
                 "generator-target": self.path(f"{name}.conf"),
                 "check-command": [], "reload-command": [], **(load_balancer_config or {})}
        return self.make(Balancer, name, **{"lb": True, "load-balancer-config": given, **config})

    def backend(self, name, count, **config):
        return self.make(Node, name, **{
            "backend-config": {"applications": applications(name, count)}, **config})

    def end_nodes(self):
        for node in self.nodes:
            self.logs.append((node.name, node.log().splitlines()[-40:]))
            if node.alive:
                node.kill()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for name, lines in self.logs:
                print(f"--- log of {name}", *lines, sep="\n    ", file=sys.stderr)
        return result

    def assert_member_sees(self, node, name, address):
        wait_until(lambda: (found := gossip.members(node.address, node.port).get(name))
                   and found["state"] == "alive"
                   and socket.inet_ntoa(found["address"][-4:]) == address, 60,
                   f"{node.name} sees {name} at {address}")


class LongLists(ExchangeCase):
    def test_three_balancers_route_a_backend_of_a_thousand_applications(self):
        balancers = [self.balancer(f"lb{number}").start() for number in (1, 2, 3)]
        big = self.backend("big", MANY).start()
        small = self.backend("small", 2).start()
        for balancer in balancers:
            balancer.wait_routes(MANY + 2)
            balancer.wait_log(f"learned {MANY} applications of big from ")
        self.assertEqual(balancers[0].routes(), balancers[1].routes())
        self.assertEqual(balancers[0].routes(), balancers[2].routes())

        announced = gossip.members(big.address, big.port)
        self.assertLessEqual(len(announced["big"]["meta"]), 512)
        document = json.loads(gossip.gzip.decompress(announced["big"]["meta"]))
        self.assertEqual(document["count"], MANY)
        shown = len(document["applications"])
        self.assertGreater(shown, 0)
        line, = big.log_lines("balancers of the original")
        self.assertIn(f"see {shown} of {MANY}, not big-{shown:04}", line)
        self.assertEqual(small.log_lines("balancers of the original"), [])

        for node in (big, *balancers):
            self.assertEqual(node.stop(), 0)
        # The list, and the same again as its backend drained.
        self.assertRegex(balancers[0].log(), r"left; packets received \d+, sent \d+, bytes "
                         r"received \d+, sent \d+, .*lists learned 2,")

    def test_a_list_grows_and_shrinks_without_the_member_leaving(self):
        balancer = self.balancer("lb").start()
        backend = self.backend("b", 2).start()
        balancer.wait_routes(2)
        for count in (300, 40, 1):
            backend.config["backend-config"]["applications"] = applications("b", count)
            reload(backend)
            balancer.wait_routes(count)
        self.assertEqual(len(balancer.log_lines("member joined: b ")), 1)
        self.assertEqual(balancer.log_lines("member left"), [])

    def test_a_balancer_routes_only_what_it_supports_and_changes_its_mind_live(self):
        picky = {"supported-listen-ports": ["400-500"]}
        balancer = self.balancer("lb", picky).start()
        backend = self.backend("b", 50)
        backend.config["backend-config"]["applications"].append(application("odd", 8443, 8080))
        backend.start()
        balancer.wait_routes(50)
        self.assertIn("8443", balancer.wait_log("refused: b, application 'odd'")[0])
        balancer.config["load-balancer-config"]["supported-listen-ports"] = ["443", "8443"]
        reload(balancer)
        balancer.wait_routes(51)


class Hearsay(ExchangeCase):
    def test_a_balancer_cut_off_from_a_backend_learns_of_it_from_another(self):
        near = self.balancer("near").start()
        backend = self.backend("b", 200).start()
        near.wait_routes(200)
        far = self.balancer("far")
        network.cut(far.address, backend.address)
        far.start()
        far.wait_routes(200)
        far.wait_log("learned 200 applications of b from near")
        self.assertEqual(far.routes(), near.routes())
        # It is a member in good standing all the same, and stays routed.
        holds_for(lambda: len(far.routes()) == 200, 3, "all are routed")
        # What the backend announces anew comes the same way.
        backend.config["backend-config"]["applications"] = applications("b", 201)
        reload(backend)
        far.wait_routes(201)
        far.wait_log("learned 201 applications of b from near")


class Memory(ExchangeCase):
    def test_a_restarted_balancer_has_the_whole_list_before_anybody_is_met(self):
        balancer = self.balancer("lb").start()
        backend = self.backend("b", 200).start()
        balancer.wait_routes(200)
        wait_until(lambda: "list" in self.memory_of(balancer), 10, "the list is remembered")
        balancer.kill()
        backend.kill()
        os.unlink(balancer.target)
        balancer.start()
        balancer.wait_routes(200)
        self.assertEqual(len(balancer.log_lines("member joined")), 1, "that of its first life")
        # Back again with the same list: nothing has to be learned, and nothing is lost.
        backend.start()
        wait_until(lambda: len(balancer.log_lines("member joined: b ")) == 2, 20, "b is back")
        holds_for(lambda: len(balancer.routes()) == 200, 12, "all are routed")
        self.assertEqual(len(balancer.log_lines("learned 200 applications of b from b")), 1)
        self.assertEqual(balancer.stop(), 0)
        self.assertRegex(balancer.log_lines("left; packets")[-1],
                         "questions received 0, sent 0, .*lists learned 0,")

    def memory_of(self, node):
        with open(self.path(f"{node.name}.state/{node.name}.members.json"),
                  encoding="utf-8") as memory:
            return memory.read()

    def test_a_spoilt_seed_document_orphans_nobody_even_after_a_restart(self):
        balancer = self.balancer("lb", {"push-period": "1h"}).start()
        backend = self.backend("b", 1).start()
        balancer.wait_routes(1)
        wait_until(lambda: '"lb"' in self.memory_of(backend), 10, "the balancer is remembered")
        for text in ("", "{\"seeds\":[]}", "no document at all"):
            with self.subTest(text):
                with open(self.seeds_path, "w", encoding="utf-8") as seeds:
                    seeds.write(text)
                backend.kill()
                joined = len(backend.log_lines("joined through"))
                backend.start()
                wait_until(lambda: len(backend.log_lines("joined through")) > joined, 20,
                           "it has found its way")
                balancer.wait_routes(1)
        self.assertEqual(balancer.log_lines("member left"), [])


class Addressing(ExchangeCase):
    def script(self, name, text):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def test_a_node_whose_address_changes_leaves_aloud_and_comes_back_under_the_new_one(self):
        answer = self.path("answer")
        resolver = self.script("resolver", f'echo "{{\\"version\\":1,\\"address\\":'
                                           f'\\"$(cat {answer})\\"}}"\n')

        def say(address):
            with open(answer + ".new", "w", encoding="utf-8") as file:
                file.write(address)
            os.rename(answer + ".new", answer)

        old, new = self.addresses.take(), self.addresses.take()
        say(old)
        mover = self.balancer("mover", **{
            "bind-address": "0.0.0.0", "port": str(free_port("0.0.0.0", udp=True)),
            "resolver": "exec", "resolver-config": {"command": [resolver]}}).start()
        backend = self.backend("b", 50).start()
        other = self.balancer("other").start()
        mover.wait_routes(50)
        self.assert_member_sees(backend, "mover", old)
        say(new)
        self.assert_member_sees(backend, "mover", new)
        self.assert_member_sees(other, "mover", new)
        mover.wait_log(f"reached at {new}")
        for node in (backend, other):
            self.assertEqual(len(node.log_lines("member left: mover ")), 1)
            self.assertEqual(node.log_lines("member failed"), [])
        # What it routed it routes on: nobody was blanked out, then or after the grace.
        holds_for(lambda: len(mover.routes()) == 50, 12, "all are routed")
        self.assertEqual(backend.log_lines("name conflict"), [])
        with open(self.seeds_path, encoding="utf-8") as seeds:
            self.assertIn(new, seeds.read())
        # A change while it is with us under the new one is heard as ever.
        backend.config["backend-config"]["applications"] = applications("b", 60)
        reload(backend)
        mover.wait_routes(60)
        self.assertEqual(mover.stop(), 0)

    def test_a_push_that_fails_is_visible_and_touches_nothing_else(self):
        broken = self.path("broken")
        store = self.script(
            "store", 'read -r request\ncase $request in *publish*) seeds= ;; '
                     '*) seeds=\',"seeds":[]\' ;; esac\n'
                     f'if [ -e {broken} ]; then echo "no such bucket" >&2; exit 1; fi\n'
                     'echo "{\\"version\\":1$seeds}"\n')
        status = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        status.bind(self.path("notify"))
        status.settimeout(20)

        def wait_status(part):
            wait_until(lambda: part in status.recv(4096).decode(), 20, f"a status with {part}")

        balancer = self.balancer("lb", {"push-period": "200ms"}, provider="exec", **{
            "provider-config": {"command": [store], "config": {"password": SECRET}}})
        balancer.start(NOTIFY_SOCKET=self.path("notify"))
        wait_status("READY=1")
        with open(self.seeds_path, "w", encoding="utf-8") as seeds:
            json.dump({"seeds": [{"address": balancer.address,
                                  "port": balancer.config["port"]}]}, seeds)
        backend = self.backend("b", 3).start()
        balancer.wait_routes(3)
        wait_status("STATUS=2 members, 3 applications; seeds published ")
        with open(broken, "w", encoding="utf-8"):
            pass
        balancer.wait_log("publishing failed: ", "no such bucket")
        wait_status("STATUS=2 members, 3 applications; publishing fails since ")
        holds_for(lambda: len(balancer.routes()) == 3, 2, "all are routed")
        os.unlink(broken)
        balancer.wait_log("publishing works again after ", seconds=20)
        self.assertEqual(len(balancer.log_lines("publishing failed: ")), 1)
        self.assertEqual(balancer.log_lines("member left"), [])
        self.assertEqual(backend.log_lines("member left"), [])
        balancer.reload()
        wait_status("RELOADING=1\nMONOTONIC_USEC=")
        wait_status("READY=1")
        self.assertEqual(balancer.stop(), 0)
        self.assertNotIn(SECRET, balancer.log())


if __name__ == "__main__":
    unittest.main()
