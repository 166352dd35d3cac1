"""Whole nodes that find each other through etcd, a web server and the DNS, and that learn their
addresses from the clouds' services."""

import json
import os
import shutil
import tempfile
import unittest

from harness import gossip
from harness.dns_server import DnsServer
from harness.etcd import Etcd
from harness.metadata_server import Imds
from harness.network import Addresses, free_port
from harness.node import Node, application, scrimplb
from harness.wait import wait_until
from harness.web_store import WebStore

SECRET = "correct-horse-battery-staple"


class NodesCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.addresses = Addresses()
        self.nodes = []
        self.addCleanup(self.end)

    def end(self):
        for node in self.nodes:
            if node.alive:
                node.kill()
            self.assertNotIn(SECRET, node.log())

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def node(self, name, provider, settings, **config):
        """Without a memory, so that the store is the only way in."""
        address = self.addresses.take()
        node = Node(name, self.directory, {
            "node-name": name, "bind-address": address, "log-level": "debug",
            "port": str(free_port(address, udp=True)), "state-dir": "",
            "provider": provider, "provider-config": {"timeout": "5s", **settings}, **config})
        self.nodes.append(node)
        return node

    def balancer(self, provider, settings, name="lb", **config):
        node = self.node(name, provider, settings, **{
            "lb": True, "resolver": "static",
            "load-balancer-config": {"push-period": "500ms", "jitter": "0s"}, **config})
        if node.config["resolver"] == "static":
            node.config["resolver-config"] = {"address": node.address}
        return node

    def backend(self, provider, settings, name="web1"):
        return self.node(name, provider, settings, **{
            "backend-config": {"applications": [application("web", 443, 8080)]}})

    def wait_together(self, *nodes, seconds=20):
        names = sorted(node.name for node in nodes)
        for node in nodes:
            wait_until(lambda n=node: gossip.alive_members(n.address, n.port) == names, seconds,
                       f"{node.name} sees {names}", every=0.05)


def endpoint_of(node):
    return f"{node.address}:{node.port}"


class ByEtcd(NodesCase):
    def setUp(self):
        super().setUp()
        self.etcd = self.enterContext(Etcd(self.addresses.take(), self.directory))
        self.settings = {"endpoints": [self.etcd.url], "expiry": "3s"}

    def published(self):
        return [key.removeprefix("scrimplb/seeds/") for key in self.etcd.keys("scrimplb/seeds/")]

    def test_balancers_and_backends_meet_and_a_dead_balancer_is_forgotten(self):
        one = self.balancer("etcd", self.settings, "lb1").start()
        two = self.balancer("etcd", self.settings, "lb2").start()
        backend = self.backend("etcd", self.settings).start()
        self.wait_together(one, two, backend)
        wait_until(lambda: sorted(self.published()) == sorted(map(endpoint_of, (one, two))), 10,
                   "both are published")
        two.kill()
        wait_until(lambda: self.published() == [endpoint_of(one)], 15, "the dead one is gone")

    def test_a_store_that_comes_late_and_goes_for_a_while_is_waited_for(self):
        self.etcd.stop()
        balancer = self.balancer("etcd", self.settings).start()
        backend = self.backend("etcd", self.settings).start()
        balancer.wait_log("no connection", self.etcd.url)
        self.etcd.start()
        self.wait_together(balancer, backend)
        self.etcd.stop()
        late = self.backend("etcd", self.settings, "web2").start()
        late.wait_log("no connection", self.etcd.url)
        self.assertEqual(gossip.alive_members(backend.address, backend.port), ["lb", "web1"])
        self.etcd.start()
        self.wait_together(balancer, backend, late)

    def test_a_refused_password_is_named_by_its_file(self):
        for command in (f"user add root:{SECRET}", "user grant-role root root", "auth enable"):
            self.etcd.ctl(*command.split())
        path = self.file("password", SECRET + "?")
        node = self.backend("etcd", {**self.settings, "username": "root",
                                     "password-file": path}).start()
        node.wait_log("etcd refuses user 'root'", "password-file")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SECRET)
        balancer = self.balancer("etcd", node.config["provider-config"]).start()
        self.wait_together(balancer, node)


class ByWeb(NodesCase):
    def test_a_document_with_a_token_brings_them_together(self):
        store = self.enterContext(WebStore(self.addresses.take(), token=SECRET))
        settings = {"url": store.document_url, "token-file": self.file("token", SECRET)}
        backend = self.backend("http", settings).start()
        backend.wait_log("404")
        balancer = self.balancer("http", {**settings, "publish": True}).start()
        self.wait_together(balancer, backend)
        self.assertEqual(store.seeds, [endpoint_of(balancer)])

    def test_a_server_that_goes_for_a_while_is_waited_for(self):
        store = self.enterContext(WebStore(self.addresses.take()))
        settings = {"url": store.document_url, "publish": True}
        balancer = self.balancer("http", settings).start()
        wait_until(lambda: store.seeds, 10, "the balancer is published")
        store.stop()
        backend = self.backend("http", settings).start()
        backend.wait_log("no connection", store.url)
        store.start()
        self.wait_together(balancer, backend)

    def test_a_balancer_that_is_not_to_publish_does_not(self):
        store = self.enterContext(WebStore(self.addresses.take()))
        balancer = self.balancer("http", {"url": store.document_url})
        store.document = json.dumps({"seeds": [
            {"address": balancer.address, "port": str(balancer.port)}]})
        balancer.start()
        backend = self.backend("http", {"url": store.document_url}).start()
        self.wait_together(balancer, backend)
        self.assertEqual(store.count("PUT"), 0)


class ByDns(NodesCase):
    def test_a_service_record_leads_to_the_balancer(self):
        server = self.enterContext(DnsServer(self.addresses.take(), self.directory))
        server.start()
        settings = {"name": "_scrimplb._tcp.scrimp.test", "server": server.name}
        balancer = self.balancer("dns", settings).start()
        backend = self.backend("dns", settings).start()
        backend.wait_log("does not exist")
        balancer.wait_log("the provider is only read")
        server.start(f"host-record=lb.scrimp.test,{balancer.address}",
                     f"srv-host=_scrimplb._tcp.scrimp.test,lb.scrimp.test,{balancer.port}")
        self.wait_together(balancer, backend)
        self.assertEqual(len(balancer.log_lines("the provider is only read")), 1)
        self.assertFalse(balancer.log_lines(f"{endpoint_of(balancer)} is published"))


class OwnAddress(NodesCase):
    def test_a_balancer_is_published_under_what_the_metadata_service_says(self):
        etcd = self.enterContext(Etcd(self.addresses.take(), self.directory))
        imds = self.enterContext(Imds(self.addresses.take()))
        settings = {"endpoints": [etcd.url]}
        balancer = self.balancer("etcd", settings, resolver="ec2", **{
            "resolver-config": {"endpoint": imds.url}})
        imds.pages["/latest/meta-data/local-ipv4"] = balancer.address
        imds.stop()
        balancer.start()
        balancer.wait_log("not an EC2 instance", seconds=20)
        imds.start()
        wait_until(lambda: etcd.keys(f"scrimplb/seeds/{endpoint_of(balancer)}"), 40,
                   "the balancer is published")
        self.wait_together(balancer, self.backend("etcd", settings).start())


class Refused(NodesCase):
    """What is wrong with a configuration is said at once, by its key, and the exit code is 2."""

    def assert_refused(self, config, *parts):
        path = self.file("scrimp.json", json.dumps(config))
        for command in (["validate", path], ["-config-file", path]):
            result = scrimplb(*command)
            said = result.stdout + result.stderr
            self.assertEqual(result.returncode, 2, said)
            for part in (path, *parts):
                self.assertIn(part, said)
            self.assertLessEqual(len(said.strip().splitlines()), 2, said)

    def test_a_provider_is_refused_by_its_key(self):
        for provider, settings, parts in (
                ("etcd", {}, ["endpoints"]),
                ("etcd", {"endpoints": ["etcd:2379"]}, ["endpoints"]),
                ("etcd", {"endpoints": ["http://e"], "username": "lb"}, ["password-file"]),
                ("etcd", {"endpoints": ["http://e"], "prefx": "a"}, ["prefx"]),
                ("http", {}, ["url"]),
                ("http", {"url": "ftp://a/b"}, ["url"]),
                ("http", {"url": "http://a/b", "expiry": "soon"}, ["expiry", "soon"]),
                ("http", {"url": "http://a/b", "publish-url": "http://a/c"}, ["publish-url"]),
                ("dns", {}, ["name"]),
                ("dns", {"name": "a", "type": "mx"}, ["type", "srv"]),
                ("dns", {"name": "a", "server": "ns1"}, ["server"])):
            with self.subTest(provider=provider, settings=settings):
                self.assert_refused(self.backend(provider, settings).config, *parts)

    def test_a_resolver_is_refused_by_its_key(self):
        for resolver, settings, parts in (
                ("ec2", {"scope": "global"}, ["scope", "public"]),
                ("ec2", {"allow-imdsv1": "yes"}, ["allow-imdsv1"]),
                ("gcp", {"allow-imdsv1": True}, ["allow-imdsv1"]),
                ("hetzner", {"family": "ipv5"}, ["family"]),
                ("dns", {}, ["name"]),
                ("digitalocaen", {}, ["digitalocean"])):
            with self.subTest(resolver=resolver, settings=settings):
                config = self.balancer("dummy", {}, resolver=resolver,
                                       **{"resolver-config": settings}).config
                del config["provider-config"]
                self.assert_refused(config, *parts)


if __name__ == "__main__":
    unittest.main()
