"""Rendered tables before the real nginx: that it accepts every shape of table, and that a private
one, on ports from the kernel, serves what the table says."""

import faulthandler
import json
import pathlib
import re
import subprocess
import unittest

from private_nginx import GENERATION_PATH, Backend, PrivateNginx, RawBackend, free_port, route


# A hang says where, before ctest ends it (120 s) without a word.
faulthandler.dump_traceback_later(100, exit=True)


class EveryShapeOfTable(unittest.TestCase):
    def accepts(self, routes, warnings=False, **ports):
        nginx = PrivateNginx(**ports)
        self.addCleanup(nginx.stop)
        nginx.render(routes)
        done = nginx.check()
        self.assertEqual(done.returncode, 0, done.stderr)
        if not warnings:
            self.assertNotIn("[warn]", done.stderr)

    def test_no_route(self):
        self.accepts([])

    def test_one_route(self):
        self.accepts([route()])

    def test_no_ipv6(self):
        self.accepts([route()], ipv6=False)

    def test_fifty_routes_with_ten_backends_each(self):
        self.accepts([route(f"app{i}", domains=[f"a{i}.example", f"*.a{i}.example"],
                            upstreams=[f"10.0.{i}.{j}:8080" for j in range(10)])
                      for i in range(50)])

    def test_a_thousand_backends_of_one_application(self):
        self.accepts([route(upstreams=[f"[fd00:1234:5678:9abc:def0:1234:5678:{j:x}]:65535"
                                       for j in range(1, 1001)])])

    def test_ipv6_backends_over_https(self):
        self.accepts([route(protocol="https", upstreams=["[fd00::7]:8443", "10.0.0.1:8443"])])

    def test_several_ports_one_of_them_that_of_the_redirect(self):
        port = free_port()
        self.accepts([route("a", 8443), route("b", 9443), route("c", port)], http_port=port)

    def test_names_that_differ_in_case_only_or_not_at_all(self):
        self.accepts([route("Web.1", 8443), route("web.1", 8444), route("web.1", 8445)])

    def test_wildcards(self):
        self.accepts([route(domains=["*.example", "*.a.example", "a.example", "my_app.example"])])

    def test_hundreds_of_domains_of_63_characters(self):
        # nginx says that server_names_hash_max_size could be larger, and helps itself.
        self.accepts([route(domains=[f"{i:03}" + "x" * 60 for i in range(100)]),
                      route("other", domains=[f"{i:03}" + "x" * 60 + ".example"
                                              for i in range(100)])], warnings=True)

    def test_the_longest_domains(self):
        longest = ".".join(["x" * 63, "y" * 63, "z" * 63, "w" * 61])
        self.accepts([route(domains=[longest, "*." + longest[2:]])])

    def test_every_length_of_a_domain_around_the_default_hash_bucket(self):
        for length in range(40, 56):
            with self.subTest(length=length):
                self.accepts([route(domains=["x" * length])])

    def test_domains_that_are_words_of_a_map(self):
        self.accepts([route(domains=["default", "hostnames", "include", "volatile"])])

    def test_five_thousand_routes_within_a_fifth_of_a_small_machine(self):
        nginx = PrivateNginx()
        self.addCleanup(nginx.stop)
        nginx.render([route(f"app{i:04}", domains=[f"app{i:04}.example", f"www.app{i:04}.example"],
                            upstreams=[f"10.0.{i // 250}.{i % 250 + 1}:8080"])
                      for i in range(5000)])
        code, kilobytes = nginx.weigh_check()
        self.assertEqual(code, 0)
        self.assertLess(kilobytes, 100 * 1024)

    def test_a_name_of_63_characters(self):
        self.accepts([route("n" * 63), route("N" * 63, 444)])


class APrivateNginx(unittest.TestCase):
    def serve(self, *upstreams, plain=False, protocol="http"):
        nginx = PrivateNginx()
        self.addCleanup(nginx.stop)
        self.text = nginx.render([route(
            listen_port=nginx.http_port if plain else nginx.https_port, protocol=protocol,
            domains=["web.example", "*.web.example"], upstreams=upstreams)])
        nginx.start()
        return nginx

    def backend(self, address="127.0.0.1"):
        backend = Backend(address)
        self.addCleanup(backend.kill)
        return backend

    def raw_backend(self, talk):
        backend = RawBackend(talk)
        self.addCleanup(backend.kill)
        return backend

    def test_shows_the_backend_who_asked_for_what(self):
        nginx = self.serve(self.backend().endpoint)
        response, body = nginx.ask("/path?q=1", host="www.web.example",
                                   headers={"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(response.status, 200)
        seen = json.loads(body)
        headers = {name.lower(): value for name, value in seen["headers"].items()}
        self.assertEqual(seen["path"], "/path?q=1")
        self.assertEqual(headers["host"], "www.web.example")
        self.assertEqual(headers["x-forwarded-host"], "www.web.example")
        self.assertEqual(headers["x-forwarded-proto"], "https")
        self.assertEqual(headers["x-forwarded-for"], "192.0.2.1, 127.0.0.1")
        self.assertEqual(headers["x-real-ip"], "127.0.0.1")
        self.assertRegex(headers["x-request-id"], "^[0-9a-f]{32}$")
        self.assertNotIn("connection", headers)
        self.assertNotIn("upgrade", headers)

    def test_shows_the_backend_the_port_if_the_client_named_it(self):
        nginx = self.serve(self.backend().endpoint)
        _, body = nginx.ask(host=f"web.example:{nginx.https_port}")
        self.assertEqual(json.loads(body)["headers"]["Host"], f"web.example:{nginx.https_port}")

    def test_adds_security_headers_that_the_application_does_not_set(self):
        response, _ = self.serve(self.backend().endpoint).ask()
        self.assertEqual(response.headers.get_all("Strict-Transport-Security"), ["max-age=63072000"])
        self.assertEqual(response.headers.get_all("X-Content-Type-Options"), ["nosniff"])
        self.assertEqual(response.headers.get_all("X-Frame-Options"), ["DENY"])
        self.assertEqual(response.headers["Server"].split("/")[0], "nginx")
        self.assertNotIn("/", response.headers["Server"])

    def test_prefers_the_exact_domain_then_the_longest_wildcard_however_long(self):
        long_label = "x" * 50
        nginx, names = PrivateNginx(), {
            "any": "*.example", "near": "near.example", "long": f"{long_label}.example",
            "deep": f"*.{long_label}.example", "word": "default", "other": "include"}
        self.addCleanup(nginx.stop)
        backends = {name: self.backend() for name in names}
        nginx.render([route(name, nginx.https_port, domains=[domain],
                            upstreams=[backends[name].endpoint])
                      for name, domain in names.items()])
        nginx.start()
        for host, name in (("near.example", "near"), ("far.example", "any"),
                           (f"{long_label}.example", "long"), (f"{'y' * 50}.example", "any"),
                           (f"a.{long_label}.example", "deep"), ("default", "word"),
                           ("NEAR.example", "near"), ("include", "other")):
            response, body = nginx.ask(host=host)
            self.assertEqual(response.status, 200, host)
            self.assertEqual(json.loads(body)["port"], backends[name].port, host)
        self.says_unavailable(nginx.ask(host="example"))

    def test_serves_domains_at_the_port_that_their_application_wants(self):
        nginx, other = PrivateNginx(), free_port()
        self.addCleanup(nginx.stop)
        here, there = self.backend(), self.backend()
        nginx.render([route("here", nginx.https_port, domains=["web.example"],
                            upstreams=[here.endpoint]),
                      route("there", other, domains=["web.example"], upstreams=[there.endpoint])])
        nginx.start()
        self.assertEqual(json.loads(nginx.ask()[1])["port"], here.port)
        nginx.https_port = other
        self.assertEqual(json.loads(nginx.ask()[1])["port"], there.port)

    def test_keeps_its_domains_beside_servers_of_the_operator_that_would_cover_them(self):
        nginx, backend = PrivateNginx(), self.backend()
        self.addCleanup(nginx.stop)
        nginx.render([route("tls", nginx.https_port, domains=["web.example", "*.sub.example"],
                            upstreams=[backend.endpoint]),
                      route("plain", nginx.http_port, domains=["web.example"],
                            upstreams=[backend.endpoint])])
        nginx.add_before("".join(
            f"server {{ listen {listen}; server_name *.example ~^web; return 418; }}"
            for listen in (nginx.http_port, f"{nginx.https_port} ssl")))
        nginx.start()
        for ask in (nginx.ask, nginx.ask_plain):
            self.assertEqual(ask("/", host="web.example")[0].status, 200)
            self.assertEqual(ask("/", host="web2.example")[0].status, 418)
        self.assertEqual(nginx.ask(host="a.sub.example")[0].status, 200)

    def test_compresses_what_is_worth_it(self):
        response, body = self.serve(self.backend().endpoint).ask(
            "/" + "x" * 2000, headers={"Accept-Encoding": "gzip"})
        self.assertEqual(response.headers["Content-Encoding"], "gzip", (response.status, body[:99]))

    @unittest.skipUnless(pathlib.Path("/proc/net/if_inet6").exists(), "this machine has no IPv6")
    def test_reaches_a_backend_over_ipv6(self):
        response, _ = self.serve(self.backend("::1").endpoint).ask()
        self.assertEqual(response.status, 200)

    def test_serves_the_port_of_the_redirect_in_plain_http(self):
        nginx = self.serve(self.backend().endpoint, plain=True)
        response, body = nginx.ask_plain("/")
        self.assertEqual(response.status, 200)
        self.assertEqual(json.loads(body)["headers"]["X-Forwarded-Proto"], "http")
        self.assertIsNone(response.headers["Strict-Transport-Security"])
        self.assertEqual(nginx.ask_plain("/", host="other.example")[0].status, 301)

    def test_redirects_to_https(self):
        nginx = self.serve(self.backend().endpoint)
        response, _ = nginx.ask_plain("/a?b=c")
        self.assertEqual(response.status, 301)
        self.assertEqual(response.headers["Location"],
                         f"https://web.example:{nginx.https_port}/a?b=c")

    def test_names_its_generation_on_loopback(self):
        nginx = self.serve(self.backend().endpoint)
        response, body = nginx.ask_plain(GENERATION_PATH, host="127.0.0.1")
        self.assertEqual(response.status, 200)
        self.assertEqual(body.decode().strip(),
                         re.search(r"# Generation (\w+)\.", self.text).group(1))

    def test_says_503_with_a_page_for_a_name_that_nobody_serves(self):
        self.says_unavailable(self.serve(self.backend().endpoint).ask(host="other.example"))

    def test_says_503_with_a_page_when_every_backend_is_down(self):
        nginx = self.serve(f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")
        self.says_unavailable(nginx.ask())
        self.says_unavailable(nginx.ask(method="POST", body=b"x"))

    def says_unavailable(self, answer):
        response, body = answer
        self.assertEqual(response.status, 503)
        self.assertEqual(response.headers["Content-Type"], "text/html")
        self.assertEqual(response.headers["Retry-After"], "10")
        self.assertIn(b"Temporarily unavailable", body)

    def test_speaks_tls_1_2_and_1_3_and_nothing_older(self):
        nginx = self.serve(self.backend().endpoint)
        for version, spoken in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            done = subprocess.run(
                ["openssl", "s_client", version, "-cipher", "DEFAULT@SECLEVEL=0", "-connect",
                 f"127.0.0.1:{nginx.https_port}"], input=b"", capture_output=True, check=False)
            self.assertEqual(b"Cipher is (NONE)" not in done.stdout, spoken, version)

    def test_passes_an_upgrade_to_websocket_both_ways(self):
        def talk(connection, _):
            request = connection.recv(65536)
            assert b"Connection: upgrade" in request and b"Upgrade: websocket" in request
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               b"Connection: Upgrade\r\n\r\n")
            while data := connection.recv(65536):
                connection.sendall(data.upper())
            connection.close()

        nginx = self.serve(self.raw_backend(talk).endpoint)
        with nginx.connect() as client:
            client.sendall(b"GET /chat HTTP/1.1\r\nHost: web.example\r\nConnection: Upgrade\r\n"
                           b"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
                           b"Sec-WebSocket-Version: 13\r\n\r\n")
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += client.recv(65536)
            self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
            for word in (b"hello", b"again"):
                client.sendall(word)
                self.assertEqual(client.recv(65536), word.upper())

    def test_loses_no_request_that_may_be_repeated_when_a_backend_is_killed(self):
        stays, goes = self.backend(), self.backend()
        nginx = self.serve(stays.endpoint, goes.endpoint)
        statuses, ports = [], set()
        for i in range(300):
            if i == 100:
                goes.kill()
            response, body = nginx.ask()
            statuses.append(response.status)
            if i < 100 and response.status == 200:
                ports.add(json.loads(body)["port"])
        self.assertEqual(statuses, [200] * 300)
        self.assertEqual(ports, {stays.port, goes.port})

    def test_asks_a_sole_backend_again_that_closed_an_idle_connection_just_then(self):
        posts = []

        def talk(connection, _):
            if b"POST" in connection.recv(65536):
                posts.append("first on its connection")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            if b"POST" in connection.recv(65536):  # A second request is cut off.
                posts.append("cut off")
            connection.close()

        nginx = self.serve(self.raw_backend(talk).endpoint)
        statuses = [nginx.ask()[0].status for _ in range(50)]
        self.assertEqual(statuses, [200] * 50)
        # A POST that was sent may have been done, so it is not repeated.
        statuses = [nginx.ask(method="POST", body=b"x")[0].status for _ in range(20)]
        self.assertEqual(len(posts), 20)
        self.assertEqual(statuses.count(503), posts.count("cut off"))


if __name__ == "__main__":
    unittest.main()
