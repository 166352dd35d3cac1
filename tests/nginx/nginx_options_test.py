"""What applications ask beyond the usual, before the real nginx: each option has a request that
shows it."""

import http.client
import json
import socket
import ssl
import subprocess
import time
import unittest

from grpc_backend import GrpcBackend, call
from private_nginx import Backend, PrivateNginx, RawBackend, free_port, route

SOON = 0.15
"""An answer that takes so long was waited for."""


class OptionsCase(unittest.TestCase):
    def private_nginx(self):
        nginx = PrivateNginx()
        self.addCleanup(nginx.stop)
        return nginx

    def backend(self):
        backend = Backend()
        self.addCleanup(backend.kill)
        return backend

    def raw_backend(self, talk):
        backend = RawBackend(talk)
        self.addCleanup(backend.kill)
        return backend

    def serve(self, options, *backends, protocol="http", plain=False):
        """One application, web.example."""
        nginx = self.private_nginx()
        nginx.render([route(listen_port=nginx.http_port if plain else nginx.https_port,
                            protocol=protocol, options=options,
                            upstreams=[each.endpoint for each in backends])])
        nginx.start()
        return nginx

    def seen(self, options, **request):
        """What the backend saw of a request, and the answer."""
        nginx = self.serve(options, self.backend())
        response, body = nginx.ask(**request)
        self.assertEqual(response.status, 200, body)
        headers = {name.lower(): value for name, value in json.loads(body)["headers"].items()}
        return headers, response


class Places(OptionsCase):
    def test_the_longest_path_wins_and_ends_at_a_segment(self):
        nginx, names = self.private_nginx(), ("root", "api", "second")
        backends = {name: self.backend() for name in names}
        paths = {"root": None, "api": ["/api", "/a.b"], "second": ["/api/v2"]}
        nginx.render([route(name, nginx.https_port, upstreams=[backends[name].endpoint],
                            domains=["web.example", "*.web.example"],
                            options={"paths": paths[name]} if paths[name] else {})
                      for name in names])
        nginx.start()
        for path, name in (("/", "root"), ("/api", "api"), ("/api/", "api"), ("/api?x=1", "api"),
                           ("/apix", "root"), ("/api/v2", "second"), ("/api/v2/x", "second"),
                           ("/api/v20", "api"), ("/a.b/c", "api"), ("/axb/c", "root"),
                           ("/x/../api", "api")):
            response, body = nginx.ask(path, host="a.web.example")
            self.assertEqual(response.status, 200, path)
            self.assertEqual(json.loads(body)["port"], backends[name].port, path)
            self.assertEqual(json.loads(body)["path"], path)

    def test_a_path_that_nobody_claims_is_as_a_name_that_nobody_serves(self):
        nginx, backend = self.private_nginx(), self.backend()
        nginx.render([route(str(port), port, upstreams=[backend.endpoint],
                            options={"paths": ["/api"]})
                      for port in (nginx.https_port, nginx.http_port)])
        nginx.start()
        self.assertEqual(nginx.ask("/api")[0].status, 200)
        self.assertEqual(nginx.ask_plain("/api")[0].status, 200)
        response, body = nginx.ask("/other")
        self.assertEqual(response.status, 503)
        self.assertIn(b"Temporarily unavailable", body)
        self.assertEqual(nginx.ask_plain("/other")[0].status, 301)

    def test_redirects_lead_where_they_say(self):
        nginx = self.private_nginx()
        nginx.render([route(listen_port=nginx.https_port, upstreams=[self.backend().endpoint],
                            domains=["web.example", "www.web.example", "x.web.example"],
                            options={"www": "add", "redirects": [
                                {"from": "/old", "to": "/new", "status": 301},
                                {"from": "/moved", "to": "https://else.example/", "status": 308}]})])
        nginx.start()
        here = f"https://www.web.example:{nginx.https_port}"
        for host, path, status, location in (
                ("web.example", "/a?b=c", 301, "https://www.web.example/a?b=c"),
                (f"web.example:{nginx.https_port}", "/", 301, here + "/"),
                ("www.web.example", "/old", 301, "/new"),
                ("www.web.example", "/moved?x", 308, "https://else.example/"),
                ("www.web.example", "/old/x", 200, None), ("x.web.example", "/", 200, None)):
            response, _ = nginx.ask(path, host=host)
            self.assertEqual((response.status, response.headers["Location"]), (status, location))

    def test_a_www_is_taken_away(self):
        nginx = self.private_nginx()
        nginx.render([route(listen_port=nginx.https_port, upstreams=[self.backend().endpoint],
                            domains=["web.example", "www.web.example"], options={"www": "remove"})])
        nginx.start()
        response, _ = nginx.ask(host="www.web.example")
        self.assertEqual(response.headers["Location"], "https://web.example/")
        self.assertEqual(nginx.ask()[0].status, 200)


class Headers(OptionsCase):
    def test_requests_get_and_lose_headers(self):
        headers, _ = self.seen({"request-headers": {"X-Zone": "a b; c", "X-Request-ID": "ours",
                                                    "Cookie": None}},
                               headers={"Cookie": "x=1", "X-Zone": "mine"})
        self.assertEqual(headers["x-zone"], "a b; c")
        self.assertEqual(headers["x-request-id"], "ours")
        self.assertEqual(headers["x-real-ip"], "127.0.0.1")
        self.assertNotIn("cookie", headers)

    def test_answers_get_and_lose_headers(self):
        _, response = self.seen({"response-headers": {
            "X-Frame-Options": None, "Referrer-Policy": "no-referrer", "X-Served": "here; now"}})
        self.assertIsNone(response.headers["X-Frame-Options"])  # The backend sends one.
        self.assertEqual(response.headers.get_all("Referrer-Policy"), ["no-referrer"])
        self.assertEqual(response.headers["X-Served"], "here; now")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")

    def test_what_is_usual_can_be_had_without(self):
        _, response = self.seen({"hsts": False})
        self.assertIsNone(response.headers["Strict-Transport-Security"])
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        _, response = self.seen({"security-headers": False})
        self.assertIsNone(response.headers["X-Content-Type-Options"])
        self.assertEqual(response.headers["Strict-Transport-Security"], "max-age=63072000")
        for options, encoding in (({"compression": False}, None), ({"hsts": False}, "gzip")):
            response, _ = self.serve(options, self.backend()).ask(
                "/" + "x" * 2000, headers={"Accept-Encoding": "gzip"})
            self.assertEqual(response.headers["Content-Encoding"], encoding)


class Bounds(OptionsCase):
    def test_bodies_are_bounded_as_asked(self):
        for limit, size, status in (("1k", 1024, 200), ("1k", 1025, 413), ("0", 2 << 20, 200)):
            nginx = self.serve({"body-limit": limit}, self.backend())
            response, _ = nginx.ask(method="POST", body=b"x" * size)
            self.assertEqual(response.status, status, limit)

    def test_an_answer_that_takes_too_long_is_given_up(self):
        def talk(connection, _):
            connection.recv(65536)
            time.sleep(5)

        nginx = self.serve({"read-timeout": "200ms"}, self.raw_backend(talk))
        began = time.monotonic()
        self.assertEqual(nginx.ask()[0].status, 503)
        self.assertLess(time.monotonic() - began, 3)

    def test_a_request_that_stops_is_given_up(self):
        nginx = self.serve({"send-timeout": "200ms"}, self.backend())
        with nginx.connect() as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: web.example\r\nContent-Length: 9\r\n\r\nx")
            client.settimeout(3)
            self.assertIn(client.recv(65536)[:12], (b"", b"HTTP/1.1 408"))

    def test_deny_wins_over_allow(self):
        for options, status in (({"deny": ["127.0.0.1/32"]}, 403), ({"deny": ["10.0.0.0/8"]}, 200),
                                ({"allow": ["10.0.0.0/8"]}, 403), ({"allow": ["127.0.0.0/8"]}, 200),
                                ({"allow": ["127.0.0.0/8"], "deny": ["127.0.0.1/32"]}, 403)):
            nginx = self.serve(options, self.backend())
            self.assertEqual(nginx.ask()[0].status, status, options)


class Backends(OptionsCase):
    def asked(self, nginx, times=20, **request):
        return {json.loads(nginx.ask(**request)[1])["port"] for _ in range(times)}

    def test_each_way_of_choosing_leads_to_backends(self):
        here, there = self.backend(), self.backend()
        for balance, chosen in (("round-robin", 2), ("least-conn", 2), ("random-two", 2),
                                ("ip-hash", 1)):
            nginx = self.serve({"balance": balance}, here, there)
            self.assertEqual(len(self.asked(nginx)), chosen, balance)

    def test_a_cookie_leads_to_its_backend_while_it_lives(self):
        backends = {each.port: each for each in (self.backend(), self.backend(), self.backend())}
        nginx = self.serve({"sticky-cookie": "my-seat_1", "balance": "least-conn"},
                           *backends.values())
        cookies = {}
        for _ in range(12):
            response, body = nginx.ask()
            cookie, _, attributes = response.headers["Set-Cookie"].partition("; ")
            self.assertEqual(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure")
            cookies[json.loads(body)["port"]] = cookie
        self.assertEqual(set(cookies), set(backends))
        for port, cookie in cookies.items():
            headers = {"Cookie": f"other=1; {cookie}; my-seat_11=2"}
            self.assertEqual(self.asked(nginx, headers=headers), {port})
            self.assertIsNone(nginx.ask(headers=headers)[0].headers["Set-Cookie"])
        gone, cookie = cookies.popitem()
        backends[gone].kill()
        response, body = nginx.ask(headers={"Cookie": cookie})
        self.assertEqual(response.status, 200)
        port = json.loads(body)["port"]
        self.assertEqual(response.headers["Set-Cookie"].partition(";")[0], cookies[port])
        self.assertEqual(len(self.asked(nginx, headers={"Cookie": "my-seat_1=0123456789abcdef"})), 2)

    def test_a_certificate_is_verified_where_it_is_asked(self):
        nginx = self.private_nginx()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(nginx.folder / "chain.pem", nginx.folder / "key.pem")

        def talk(connection, _):
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(65536)
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        backend = self.raw_backend(talk)
        nginx.render([route(name, nginx.https_port, "https", [domain], [backend.endpoint],
                            {"verify-backend": verify})
                      for name, domain, verify in (("trusted", "localhost", True),
                                                   ("wrong", "web.example", True),
                                                   ("any", "any.example", False))],
                     ca=nginx.folder / "chain.pem")
        nginx.start()
        for host, status in (("localhost", 200), ("web.example", 503), ("any.example", 200)):
            self.assertEqual(nginx.ask(host=host)[0].status, status, host)

    def test_grpc_reaches_a_backend_with_its_trailers(self):
        backend = GrpcBackend()
        self.addCleanup(backend.kill)
        for options in ({}, {"sticky-cookie": "seat", "read-timeout": "3s"}):
            nginx = self.serve(options, backend, protocol="grpc")
            said = call(nginx.https_port, "web.example", "/echo.Echo/Say", b"hello")
            self.assertIn("grpc-status: 0", said)
            self.assertIn("HELLO", said)


class Streams(OptionsCase):
    def test_events_flow_at_once(self):
        for head, piece in ((b"Transfer-Encoding: chunked\r\n", b"d\r\ndata: event\n\n\r\n"),
                            (b"Connection: close\r\n", b"data: event\n\n")):
            def talk(connection, _, head=head, piece=piece):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + head
                                   + b"\r\n")
                time.sleep(2 * SOON)
                connection.sendall(piece)
                connection.recv(1)  # Until nobody listens.
                connection.close()

            for options in ({}, {"read-timeout": "1h"}):
                self.sees_an_event(self.serve(options, self.raw_backend(talk)))

    def sees_an_event(self, nginx):
        with nginx.connect() as client:
            client.sendall(b"GET /events HTTP/1.1\r\nHost: web.example\r\n"
                           b"Accept: text/event-stream\r\n\r\n")
            client.settimeout(1.5)
            seen = b""
            began = time.monotonic()
            while b"data: event" not in seen:
                seen += client.recv(65536)
            self.assertLess(time.monotonic() - began, 5 * SOON)

    def test_events_that_nobody_sends_are_unavailable(self):
        nginx = self.private_nginx()
        dead = f"127.0.0.1:{free_port()}"
        nginx.render([route("plain", nginx.https_port, upstreams=[dead]),
                      route("asks", nginx.https_port, domains=["asks.example"], upstreams=[dead],
                            options={"read-timeout": "1s"})])
        nginx.start()
        for host in ("web.example", "asks.example", "nobody.example"):
            response, body = nginx.ask(host=host, headers={"Accept": "text/event-stream"})
            self.assertEqual(response.status, 503, host)
            self.assertIn(b"Temporarily unavailable", body)


class EveryShapeOfTable(OptionsCase):
    def test_everything_at_once_is_accepted(self):
        nginx = self.private_nginx()
        options = {"balance": "ip-hash", "sticky-cookie": "a-b_c", "body-limit": "0",
                   "connect-timeout": "1500ms", "allow": ["::/0", "10.0.0.0/8"],
                   "deny": ["10.1.0.0/16"], "compression": True, "verify-backend": False,
                   "paths": ["/a/b.c", "/d/", "/"]}
        long_name = "x" * 60 + ".example"
        upstreams = ["[fd00:1234:5678:9abc:def0:1234:5678:9abc]:65535", "10.0.0.1:80"]
        nginx.render([route(name, port, protocol, [f"{name.lower()}.example", long_name], upstreams,
                            {**options, "balance": balance})
                      for name, port, protocol, balance in (
                          ("A.1", nginx.https_port, "http", "ip-hash"),
                          ("a-1", free_port(), "https", "least-conn"),
                          ("b", nginx.http_port, "grpc", "random-two"),
                          ("c", free_port(), "grpcs", "round-robin"))])
        done = nginx.check()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("[warn]", done.stderr)


if __name__ == "__main__":
    unittest.main()
