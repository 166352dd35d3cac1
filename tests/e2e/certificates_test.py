"""Certificates by name from a watched directory, and what of TLS is spoken at all.

`./dev e2e certificates` renews a hundred under a thousand requests a second and measures nginx.
"""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import time
import unittest

from harness import loss
from harness.authority import NEW_RSA, Authority
from harness.case import WEB, ClusterCase
from harness.cluster import Cluster
from harness.load import Load
from harness.node import scrimplb
from harness.size import WHOLE, load_text, percentile, size
from harness.traffic import Hosts, Traffic
from harness.wait import wait_until

MOMENT = 20

INTERMEDIATE = {f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA")
                for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
"""Of TLS 1.2, by Mozilla's guideline 6.0."""

TLS13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class CertificatesCase(ClusterCase):
    settings = {}

    def setUp(self):
        super().setUp()
        cluster = self.cluster
        self.authority = Authority(cluster.directory, cluster.nginx.chain)
        self.directory = os.path.join(cluster.directory, "certificates")
        os.makedirs(self.directory)
        cluster.balancer = cluster.make_balancer(
            **{"certificate-directory": self.directory, **self.settings})

    def shown(self, domain):
        """The certificate that the proxy shows for a name: its serial number. ssl.SSLError if it
        rejects the handshake."""
        context = ssl.create_default_context(cafile=self.authority.path)
        port = self.cluster.nginx.https_port
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw, \
                context.wrap_socket(raw, server_hostname=domain) as secure:
            return int(secure.getpeercert()["serialNumber"], 16)

    def put(self, name, chain, key):
        """As lego does it: one file after the other, both in place."""
        write(os.path.join(self.directory, "certificates", f"{name}.crt"), chain)
        write(os.path.join(self.directory, "certificates", f"{name}.key"), key)

    def status(self):
        return json.loads(scrimplb("status", "--format", "json", "--config-file",
                                   self.cluster.balancer.config_path).stdout)


class Certificates(CertificatesCase):
    def put_certbot(self, name, chain, key, number):
        """As certbot does it: new files in archive/, then one link after the other."""
        for stem, text in (("fullchain", chain), ("privkey", key)):
            archived = os.path.join(self.directory, "archive", name, f"{stem}{number}.pem")
            write(archived, text)
            link = os.path.join(self.directory, "live", name, f"{stem}.pem")
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(archived, link + ".new")
            os.replace(link + ".new", link)

    def test_each_name_is_shown_its_own_and_renewals_lose_nothing(self):
        domains = ["a.certs.example", "b.certs.example", "x.wild.example"]
        self.put("a", *self.authority.sign(domains[0]))
        self.put_certbot("b", *self.authority.sign(domains[1], "idle.example"), 1)
        self.put("wild", *self.authority.sign("*.wild.example", new=NEW_RSA))
        self.cluster.start_balancer()
        one = self.cluster.add_backend("one", domains=[WEB, *domains]).start()
        self.cluster.wait_routed(one)
        wait_until(lambda: self.cluster.is_answered_by(WEB, ["one"]), MOMENT, "a first answer")
        self.assertEqual([self.shown(domain) for domain in domains], [1, 2, 3])
        self.assertEqual(self.shown("idle.example"), 2)
        with self.assertRaisesRegex(ssl.SSLError, "UNRECOGNIZED_NAME"):
            self.shown("unknown.example")
        with Load(self.authority.path, domains, self.cluster.nginx.https_port, rate=100) as load:
            chain, key = self.authority.sign(domains[0])
            write(os.path.join(self.directory, "certificates", "a.crt"), chain)
            self.cluster.balancer.wait_log("key that is not its own; the one before stays")
            self.assertEqual(self.shown(domains[0]), 1)
            # What is rolled out meanwhile does not stumble over the half of a renewal.
            two = self.cluster.add_backend("two", domains=[WEB, *domains]).start()
            self.cluster.wait_routed(two)
            write(os.path.join(self.directory, "certificates", "a.key"), key)
            wait_until(lambda: self.shown(domains[0]) == 4, MOMENT, "a is renewed")
            self.put_certbot("b", *self.authority.sign(domains[1], days=5), 2)
            wait_until(lambda: self.shown(domains[1]) == 5, MOMENT, "b is renewed")
        self.assert_none_failed(load)
        self.assert_nginx_whole()
        rows = {row["name"]: row for row in self.status()["certificates"]}
        self.assertEqual(set(rows), {"", "a", "b", "wild"})
        self.assertIn(rows["b"]["days_left"], (4, 5))
        self.assertIn("certificate b expires within 7 days; has its renewal failed?",
                      self.status()["warnings"])
        for secret in (self.cluster.balancer.log(), self.cluster.nginx.text()):
            self.assertNotIn("PRIVATE", secret)


class ProfileCase(CertificatesCase):
    def accepted(self, domain, version, suites):
        """Those of `suites` that the proxy takes: offered all, it chooses one, which is not offered
        again."""
        left, taken = set(suites), set()
        while left:
            flag = "-ciphersuites" if version == "-tls1_3" else "-cipher"
            security = "" if version == "-tls1_3" else ":@SECLEVEL=0"
            said = subprocess.run(
                ["openssl", "s_client", version, flag, ":".join(sorted(left)) + security,
                 "-connect", f"127.0.0.1:{self.cluster.nginx.https_port}", "-servername", domain],
                input="", capture_output=True, text=True, check=False).stdout
            chosen = {word for line in said.splitlines() if "Cipher is" in line
                      for word in line.split()} & left
            if not chosen:
                return taken
            taken |= chosen
            left -= chosen
        return taken

    def assert_spoken(self, old_suites):
        """Of a proxy with an RSA and an ECDSA certificate."""
        known = subprocess.run(["openssl", "ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:"
                                "!PSK:!SRP:@SECLEVEL=0"], capture_output=True, text=True,
                               check=True).stdout.strip().split(":")
        spoken = set()
        for domain in ("rsa.example", "ec.example"):
            for version in ("-tls1", "-tls1_1"):
                self.assertEqual(self.accepted(domain, version, known), set(), version)
            spoken |= self.accepted(domain, "-tls1_2", known)
            self.assertEqual(self.accepted(domain, "-tls1_3", TLS13 | {"TLS_AES_128_CCM_SHA256"}),
                             TLS13)
        self.assertEqual(spoken, old_suites)

    def start_with_both(self):
        self.put("rsa", *self.authority.sign("rsa.example", new=NEW_RSA))
        self.put("ec", *self.authority.sign("ec.example"))
        self.cluster.start_balancer()


class IntermediateProfile(ProfileCase):
    def test_intermediate_is_spoken_exactly(self):
        self.start_with_both()
        self.assert_spoken(INTERMEDIATE)


class ModernProfile(ProfileCase):
    settings = {"tls-profile": "modern"}

    def test_modern_is_spoken_exactly(self):
        self.start_with_both()
        self.assert_spoken(set())


@unittest.skipUnless(WHOLE, "takes minutes")
class Many(CertificatesCase):
    def make_cluster(self):
        """Each of the clients keeps connections to each domain."""
        self.hosts = self.enterContext(Hosts())
        return Cluster(make_application=self.hosts.application, connections=16384)

    def resident_megabytes(self):
        """Of the proxy's master, and of the largest worker."""
        def of(pid):
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                return next(int(line.split()[1]) / 1024 for line in status
                            if line.startswith("VmRSS"))
        nginx = self.cluster.nginx
        workers = []
        for worker in nginx.workers():
            with contextlib.suppress(FileNotFoundError, StopIteration):
                workers.append(of(worker))
        return of(nginx.pid), max(workers)

    def test_a_hundred_are_renewed_one_after_another_under_a_thousand_requests_a_second(self):
        count, rate = size("CERTIFICATES", 100, 100), size("RATE", 1000, 1000)
        domains = [f"d{i}.many.example" for i in range(count)]
        renewals = [self.authority.sign(domain) for domain in domains]
        before = [self.authority.sign(domain) for domain in domains]
        self.cluster.start_balancer()
        none = self.resident_megabytes()
        backend = self.cluster.add_backend("one", domains=[WEB, *domains[:99]]).start()
        more = self.cluster.add_backend("two", application_name="more", domains=domains[99:])
        if count > 99:
            more.start()
        for i, pair in enumerate(before):
            self.put(f"d{i}", *pair)
        self.cluster.wait_routed(backend)
        wait_until(lambda: self.shown(domains[-1]) == 2 * count, MOMENT, "the last is shown")
        self.cluster.wait_quiet()
        reloads = self.cluster.nginx.reloads()
        took = []
        with Traffic(self.authority.path, domains, self.cluster.nginx.https_port, rate) as traffic:
            begun = time.monotonic()
            for i, pair in enumerate(renewals):
                put = time.monotonic()
                self.put(f"d{i}", *pair)
                wait_until(lambda i=i: self.shown(domains[i]) == i + 1, 60, f"{i} is renewed",
                           every=0.02)
                took.append(time.monotonic() - put)
            lasted = time.monotonic() - begun
        idempotent, accounted, unaccounted = loss.account(traffic.failures, [], self.cluster.nginx,
                                                          0, self.hosts.saw)
        self.assertEqual([failure.text for failure in idempotent + unaccounted], [])
        self.assert_nginx_whole()
        many = self.resident_megabytes()
        print(f"\n{load_text()}: {count} certificates renewed in {lasted:.0f} s under "
              f"{traffic.sent / lasted:.0f} requests/s: 0 of {traffic.sent} failed, "
              f"but for {accounted or 'none'}; "
              f"{self.cluster.nginx.reloads() - reloads} reloads; until shown: median "
              f"{percentile(took, 50):.2f} s, most {max(took):.2f} s; nginx's master and a worker: "
              f"{none[0]:.0f} and {none[1]:.0f} MB without, {many[0]:.0f} and {many[1]:.0f} MB with",
              flush=True)


if __name__ == "__main__":
    unittest.main()
