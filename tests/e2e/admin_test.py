"""The admin socket of a real cluster: what `members`, `routes` and `status` tell, to people and to
programs, and how they exit; going back to an earlier configuration; and who may announce what."""

import json
import os
import socket
import stat

from harness.case import ClusterCase
from harness.node import scrimplb
from harness.wait import wait_until


def ask(node, *words):
    return scrimplb(*words, "--config-file", node.config_path)


def told(node, verb):
    result = ask(node, verb, "--format", "json")
    assert result.returncode in (0, 3), result.stderr
    return json.loads(result.stdout)


def say(path, data):
    """What the socket answers to these bytes, until it ends the connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(data)
        answer = b""
        while chunk := client.recv(65536):
            answer += chunk
        return answer


class Admin(ClusterCase):
    def socket_of(self, node):
        return os.path.join(node.config["state-dir"], "admin.sock")

    def test_views_of_a_cluster(self):
        b1, _ = self.start("b1", "b2")
        balancer = self.cluster.balancer
        wait_until(lambda: ask(balancer, "status").returncode == 0, 10, "the balancer is well")

        members = {row["name"]: row for row in told(balancer, "members")["members"]}
        self.assertEqual(sorted(members), ["b1", "b2", "balancer"])
        self.assertEqual(members["b1"]["role"], "backend")
        self.assertEqual(members["b1"]["applications"], 1)
        self.assertTrue(members["balancer"]["self"])

        (route,) = told(balancer, "routes")["routes"]
        self.assertEqual(route["domains"], ["web.scrimp.test"])
        self.assertEqual([row["member"] for row in route["upstreams"]], ["b1", "b2"])
        self.assertEqual(route["upstreams"][0]["endpoint"], b1.upstream)

        status = told(balancer, "status")
        self.assertFalse(status["degraded"], status)
        self.assertEqual(status["members"]["alive"], 3)
        self.assertEqual(status["traffic"]["in_rotation"], 2)
        self.assertGreaterEqual(status["rollout"]["reloads"], 1)

        for verb, word in (("members", "b2"), ("routes", b1.upstream), ("status", "well")):
            result = ask(balancer, verb)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(word, result.stdout)

        self.assertEqual(told(b1.node, "status")["applications"], 1)
        refused = ask(b1.node, "routes")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("backend", refused.stderr)
        self.assert_socket_is_bounded(self.socket_of(balancer))
        self.assert_ends(b1, balancer)

    def test_going_back_to_a_generation_and_on_again(self):
        self.start("b1")
        balancer = self.cluster.balancer
        before = told(balancer, "status")["rollout"]["generation"]
        b2 = self.cluster.add_backend("b2").start()
        self.cluster.wait_routed(b2)
        self.cluster.wait_quiet()

        (latest, *_) = json.loads(ask(balancer, "config", "history", "--format", "json").stdout)[
            "generations"]
        self.assertTrue(latest["served"])
        self.assertIn(b2.upstream, ask(balancer, "config", "render").stdout)
        self.assertNotIn(b2.upstream, ask(balancer, "config", "render", before).stdout)
        changes = ask(balancer, "config", "diff", before).stdout.splitlines()
        self.assertTrue([line for line in changes
                         if line.startswith("+") and b2.upstream in line], changes)

        result = ask(balancer, "config", "rollback", before)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn(b2.upstream, self.cluster.nginx.servers())
        status = ask(balancer, "status")
        self.assertEqual(status.returncode, 3)
        self.assertIn("pinned", status.stdout)
        self.assertEqual(ask(balancer, "config", "rollback", "nonsense").returncode, 1)

        self.assertEqual(ask(balancer, "config", "unpin").returncode, 0)
        self.cluster.wait_routed(b2)
        self.assertEqual(ask(balancer, "config", "unpin").returncode, 1)
        self.assert_nginx_whole()

    def test_who_may_announce_what(self):
        key = os.path.join(self.cluster.directory, "permits.key")
        public = scrimplb("token", "keygen", "--output", key).stdout.strip()
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)

        def permit(*words):
            result = scrimplb("token", "new", "--key", key, *words)
            self.assertEqual(result.returncode, 0, result.stderr)
            return result.stdout.strip()

        self.cluster.balancer = self.cluster.make_balancer(**{
            "admission": [{"nodes": ["b*"], "cidrs": ["127.0.0.0/8"],
                           "domains": ["*.scrimp.test"]}],
            "permit-public-keys": [public], "require-permit": True})
        self.cluster.start_balancer()
        good, bare, other, stranger = (self.cluster.add_backend(name)
                                       for name in ("b1", "b2", "b3", "stranger"))
        own = permit("--node", "b1", "--domains", "web.scrimp.test", "--expires", "1h")
        good.node.config["backend-config"]["permit"] = own
        other.node.config["backend-config"]["permit"] = own
        for backend in (good, bare, other, stranger):
            backend.start()
        self.cluster.wait_routed(good)
        refusals = wait_until(
            lambda: len(found := told(self.cluster.balancer, "routes")["refusals"]) == 3 and found,
            10, "three refusals")
        reasons = {row["member"]: row["reason"] for row in refusals}
        self.assertIn("presents none", reasons["b2"])
        self.assertIn("for nodes named b1", reasons["b3"])
        self.assertIn("no rule names it", reasons["stranger"])
        self.assertEqual(list(self.cluster.nginx.servers()), [good.upstream])

        # The rules are followed while it runs.
        balancer = self.cluster.balancer
        balancer.config["load-balancer-config"]["require-permit"] = False
        balancer.write_config()
        balancer.reload()
        self.cluster.wait_routed(good, bare)

    def assert_socket_is_bounded(self, path):
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
        self.assertIn(b" 400 ", say(path, b"\x16\x03\x01 no HTTP\r\n\r\n"))
        self.assertIn(b" 431 ", say(path, b"GET / HTTP/1.1\r\nA: " + b"a" * 9000))
        self.assertIn(b" 404 ", say(path, b"GET /v2 HTTP/1.1\r\n\r\n"))
        self.assertIn(b" 405 ", say(path, b"POST /v1/status HTTP/1.1\r\n\r\n"))
        idle = [socket.socket(socket.AF_UNIX) for _ in range(40)]
        try:
            for client in idle:
                client.settimeout(10)
                client.connect(path)
            for client in idle[20:]:
                self.assertEqual(client.recv(1), b"", "hung up on: there is no room")
        finally:
            for client in idle:
                client.close()
        wait_until(lambda: say(path, b"GET /v1/status HTTP/1.1\r\n\r\n"), 5, "room again")

    def assert_ends(self, backend, balancer):
        """Alone it is degraded; gone, it leaves no socket, and the verbs say so."""
        for other in self.cluster.backends.values():
            other.stop()
        self.cluster.wait_out(backend)
        result = ask(balancer, "status")
        self.assertEqual(result.returncode, 3, result.stdout)
        self.assertIn("no other member", result.stdout)
        balancer.stop()
        self.assertFalse(os.path.exists(self.socket_of(balancer)))
        result = ask(balancer, "status")
        self.assertEqual(result.returncode, 1)
        self.assertIn("does the node run?", result.stderr)
