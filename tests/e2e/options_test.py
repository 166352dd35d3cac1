"""What applications ask of the proxy: each option is proven by requests. SCRIMP_ENGINE names it; what
it lacks is refused in words, and nothing else is.
"""

import http.cookies
import json
import os
import socket
import subprocess
import unittest

from harness.cluster import Cluster
from harness.echo import Echo
from harness.network import free_port
from harness.nginx import make_certificate
from harness.node import Node, application
from harness.wait import wait_until

ENGINE = os.environ.get("SCRIMP_ENGINE", "nginx")

LACKS = {"nginx": {"auth", "proxied", "stream", "datagrams"},
         "haproxy": {"hasty", "datagrams"},
         "caddy": {"proxied", "stream", "datagrams"}}
"""By engine, the applications below that it must refuse (docs/engines.md)."""

HASH = "$2y$05$scrimpscrimpscrimpscruo9c32aOEXmY48BIn3LELRYCXYOUl8Ja"
"""Of `secret`, by bcrypt at its least cost: what every engine that asks for passwords knows."""


def host_of(name):
    return f"{name}.scrimp.test"


class Options(unittest.TestCase):
    """One cluster for all: a backend announces an application for each option, another one of them
    as well."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster = cls.enterClassContext(Cluster())
        cls.stream_port = free_port()
        cls.lacking = LACKS[ENGINE]
        here, there = cluster.addresses.take(), cluster.addresses.take()
        cls.servers = cls.start_servers(here)
        twin = Echo("twin", there, port=cls.servers["one"].port)
        cls.addClassCleanup(twin.close)
        settings = cluster.balancer.config["load-balancer-config"]
        settings["backend-ca-location"] = cluster.nginx.chain
        announced = cls.announced()
        cluster.start_balancer()
        cls.start_node("here", here, announced)
        cls.start_node("there", there, [app for app in announced if app["name"] == "sticky"])
        wanted = {app["name"] for app in announced} - cls.lacking
        wait_until(lambda: set(cluster.nginx.routes()) >= wanted, 20,
                   f"{sorted(wanted)} in the configuration")
        wait_until(lambda: cluster.get(host_of("plain")).status == 200, 20, "a first answer")
        cluster.wait_quiet(0.5)

    @classmethod
    def start_servers(cls, address):
        other = os.path.join(cls.cluster.directory, "other")
        os.makedirs(other)
        ours, others = (cls.cluster.nginx.chain, cls.cluster.nginx.key), make_certificate(other)
        servers = [Echo("one", address), Echo("two", address),
                   Echo("trusted", address, ours), Echo("stranger", address, others),
                   Echo("calls", address, ours, ["h2"])]
        for server in servers:
            cls.addClassCleanup(server.close)
        return {server.name: server for server in servers}

    @classmethod
    def start_node(cls, name, address, announced):
        config = cls.cluster.node_config(name, address)
        config["backend-config"] = {"applications": announced}
        node = Node(name, cls.cluster.directory, config)
        node.start()
        cls.addClassCleanup(node.kill)

    @classmethod
    def announced(cls):
        port = cls.cluster.nginx.https_port

        def app(name, server="one", domains=None, protocol="http", listen=port, **options):
            return {**application(name, listen, cls.servers[server].port,
                                  domains or [host_of(name)], protocol),
                    **{key.replace("_", "-"): value for key, value in options.items()}}

        divided = [host_of("divided")]
        return [
            app("plain"), app("root", domains=divided),
            app("api", "two", domains=divided, paths=["/api", "/below/"]),
            app("part", paths=["/only"]),
            app("small", body_limit="10"),
            app("slow", read_timeout="1s", connect_timeout="1s"), app("hasty", send_timeout="5s"),
            app("closed", allow=["203.0.113.0/24"]),
            app("open", allow=["127.0.0.0/8", "::1/128"]),
            app("denied", allow=["127.0.0.0/8"], deny=["127.0.0.1/32"]),
            app("auth", basic_auth=[f"joe:{HASH}"]),
            app("www", domains=["w.localhost", "www.w.localhost"], www="remove"),
            app("moved", redirects=[{"from": "/old", "to": "/new", "status": 308}]),
            app("headers", request_headers={"X-Asked": "by; us=1", "User-Agent": None},
                response_headers={"X-Told": "so", "X-Secret": None}),
            app("bare", compression=False, hsts=False, security_headers=False),
            app("trusted", "trusted", protocol="https", verify_backend=True),
            app("stranger", "stranger", protocol="https", verify_backend=True),
            app("sticky", sticky_cookie="stick", balance="random-two"),
            app("calls", "calls", protocol="grpcs"),
            app("proxied", proxy_protocol=True),
            app("stream", protocol="tcp", listen=cls.stream_port),
            app("datagrams", protocol="udp", listen=cls.stream_port),
        ]

    def get(self, name, path="/", host=None, **options):
        """One request to the application; skipped if the proxy lacks it."""
        if name in self.lacking:
            self.skipTest(f"{ENGINE} lacks {name}, as the first test here proves")
        headers = options.pop("headers", {})
        return self.cluster.get(host_of("plain"), path,
                                headers={"Host": host or host_of(name), **headers}, **options)

    def told(self, *arguments, **options):
        """What the application tells of the request that reached it."""
        answer = self.get(*arguments, **options)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def test_what_the_proxy_lacks_is_refused_in_words_and_nothing_else(self):
        refused = self.cluster.balancer.log_lines("refused: here, application ")
        named = {line.split("application '")[1].split("'")[0] for line in refused}
        self.assertEqual(named, self.lacking, refused)
        accepted, said = self.cluster.nginx.test()
        self.assertTrue(accepted, said)

    def test_paths_lead_to_who_claims_them_by_whole_names(self):
        for path, name in (("/", "one"), ("/api", "two"), ("/api/x?y", "two"), ("/apix", "one"),
                           ("/below", "one"), ("/below/", "two"), ("/below/x", "two")):
            self.assertEqual(self.get("root", path, host_of("divided")).backend, name, path)
        self.assertEqual(self.get("part", "/only/this").status, 200)
        self.assertEqual(self.get("part", "/else").status, 503)

    def test_a_body_has_its_limit(self):
        self.assertEqual(self.told("small", method="POST", body=b"0123456789")["bytes"], 10)
        self.assertEqual(self.get("small", method="POST", body=b"0123456789a").status, 413)
        self.assertEqual(self.told("plain", method="POST", body=b"0123456789a")["bytes"], 11)

    def test_addresses_are_let_in_or_not(self):
        self.assertEqual(self.get("open").status, 200)
        self.assertEqual(self.get("closed").status, 403)
        self.assertEqual(self.get("denied").status, 403)

    def test_a_password_is_asked_for(self):
        asked = self.get("auth")
        self.assertEqual(asked.status, 401)
        self.assertIn("basic", asked.headers["www-authenticate"].lower())
        right, wrong = "am9lOnNlY3JldA==", "am9lOndyb25n"  # joe:secret, joe:wrong
        for given, status in ((right, 200), (wrong, 401)):
            answer = self.get("auth", headers={"Authorization": f"Basic {given}"})
            self.assertEqual(answer.status, status)

    def test_requests_are_sent_elsewhere(self):
        moved = self.get("moved", "/old?x")
        self.assertEqual(moved.status, 308)
        self.assertTrue(moved.headers["location"].endswith("/new"), moved.headers)
        self.assertEqual(self.get("moved", "/older").status, 200)
        port = self.cluster.nginx.https_port
        full = self.get("www", "/a?b", f"www.w.localhost:{port}")
        self.assertEqual(full.status, 301)
        self.assertEqual(full.headers["location"], f"https://w.localhost:{port}/a?b")
        self.assertEqual(self.get("www", "/", "w.localhost").status, 200)

    def test_headers_are_set_and_removed_on_their_way(self):
        answer = self.get("headers", headers={"User-Agent": "me"})
        told = json.loads(answer.body)["headers"]
        self.assertEqual(told["x-asked"], "by; us=1")
        self.assertNotIn("user-agent", told)
        self.assertEqual(answer.headers["x-told"], "so")
        self.assertNotIn("x-secret", answer.headers)

    def test_what_the_proxy_adds_by_itself_can_be_switched_off(self):
        ours = {"strict-transport-security", "x-content-type-options", "x-frame-options",
                "referrer-policy", "content-encoding"}
        zipped = {"Accept-Encoding": "gzip"}
        self.assertEqual(ours & set(self.get("plain", headers=zipped).headers), ours)
        self.assertEqual(ours & set(self.get("bare", headers=zipped).headers), set())

    def test_the_certificate_of_a_backend_is_held_against_the_authority(self):
        self.assertEqual(self.get("trusted").status, 200)
        # HAProxy tries six times, a second apart.
        self.assertGreaterEqual(self.get("stranger", seconds=20).status, 500)

    def test_a_cookie_leads_back(self):
        self.assertEqual({self.get("sticky").backend for _ in range(20)}, {"one", "twin"})
        first = self.get("sticky")
        cookie = http.cookies.SimpleCookie(first.headers["set-cookie"])["stick"]
        self.assertTrue(cookie["httponly"] and cookie["secure"])
        headers = {"Cookie": f"stick={cookie.value}"}
        again = {self.get("sticky", headers=headers).backend for _ in range(10)}
        self.assertEqual(again, {first.backend})

    def test_grpc_reaches_the_backend_as_http_2(self):
        host, port = host_of("calls"), self.cluster.nginx.https_port
        said = subprocess.run(
            ["curl", "-sk", "--http2", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}",
             "-H", "Content-Type: application/grpc", "-H", "TE: trailers", "-d", "x",
             "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/pkg.Service/Call"],
            capture_output=True, text=True, check=False)
        self.assertEqual(said.stdout, "200")

    def test_the_backend_is_told_who_asks_by_a_proxy_line(self):
        self.assertIsNotNone(self.told("proxied")["proxied"])
        self.assertIsNone(self.told("plain")["proxied"])

    def test_tcp_is_passed_on(self):
        if "stream" in self.lacking:
            self.skipTest(f"{ENGINE} lacks tcp")
        with socket.create_connection(("127.0.0.1", self.stream_port), 5) as connection:
            connection.sendall(b"GET /bytes HTTP/1.1\r\n\r\n")
            self.assertIn(b'"/bytes"', connection.recv(4000))


if __name__ == "__main__":
    unittest.main()
