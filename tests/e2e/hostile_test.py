"""What a hostile or broken peer can say: none of it reaches nginx, none of it stops the others."""

import random
import re
import socket
import struct
import unittest

from harness import gossip
from harness.case import WEB, ClusterCase
from harness.node import application
from harness.wait import holds_for, wait_until

INJECTION = "x; } server { listen 81; }"

GROWTH_KB_MAX = 2048
"""What a daemon's memory may grow by under a thousand bad messages of each kind, now and at its
peak: a declared length that is believed for a moment shows there."""


def bad(**changes):
    """A good application spoilt in one place; keys with _ for -."""
    spoilt = application("spoilt", 444, 8080)
    for key, value in changes.items():
        spoilt[key.replace("_", "-")] = value
    return spoilt


# What is refused, each announced by a peer of its own together with an application that is good.
REFUSED = {
    "domain-injects": bad(domains=[INJECTION]),
    "name-injects": bad(name=INJECTION),
    "protocol-injects": bad(protocol=INJECTION),
    "port-injects": bad(listen_port=INJECTION),
    "long-name": bad(name="n" * 300),
    "long-domain": bad(domains=["d" * 300 + ".test"]),
    "control-in-name": bad(name="a\nb\x1b[2J\x00"),
    "control-in-domain": bad(domains=["a\r\nb.test"]),
    "port-0": bad(listen_port="0"),
    "port-70000": bad(listen_port="70000"),
    "application-port-0": bad(application_port=0),
    "application-port-70000": bad(application_port=70000),
    "negative-port": bad(application_port=-5),
    "gopher": bad(protocol="gopher"),
    "no-protocol": bad(protocol=""),
    "no-domains": bad(domains=[]),
    "no-text": bad(domains=[7, {}, None]),
    "same-name-other-port": application("web", 444, 9, ["other.scrimp.test"]),
}

# Of these nothing can be used at all.
UNUSABLE = {
    "not-gzip": b"\x01\x02 not gzip",
    "cut-gzip": gossip.backend_metadata(application("cut", 444, 8080))[:40],
    "not-json": gossip.gzip.compress(b"{\"type\":\"backend\",\"applications\":["),
    "no-type": gossip.metadata({"applications": [application("typeless", 444, 8080)]}),
    "deep-json": gossip.gzip.compress(b"[" * 60000),
    "inflates": gossip.gzip.compress(
        b'{"type":"backend","applications":[' + b" " * 400_000 + b"]}"),
}


class Announcements(ClusterCase):
    def setUp(self):
        super().setUp()
        self.start("one", "two")
        self.balancer = self.cluster.balancer
        self.gossip_port = (self.balancer.address, self.balancer.port)

    def peer(self, name):
        return self.enterContext(gossip.Peer(name, self.cluster.addresses.take()))

    def routed(self, name):
        return lambda: name in self.cluster.nginx.routes()

    def refusals(self, node_name):
        """Lines that refuse something of that node, or all of it."""
        return [line for line in self.balancer.log_lines(" refused: ")
                if re.search(f" refused: {node_name}[,:]", line)]

    def test_a_bad_application_is_left_out_with_one_line_and_its_neighbour_is_routed(self):
        before = self.cluster.nginx.routes()
        for number, (name, spoilt) in enumerate(REFUSED.items()):
            # The good one's own domain and port: nobody else's claim is touched.
            good = application(f"good{number}", self.cluster.nginx.https_port, 8000 + number)
            # A claim on a name that is taken must find it taken on the balancer's port too.
            self.peer(name).announce(gossip.backend_metadata(spoilt, good), self.gossip_port)
        for number, name in enumerate(REFUSED):
            wait_until(self.routed(f"good{number}"), 20, f"the good application of {name}")
        for name in REFUSED:
            with self.subTest(name):
                wait_until(lambda node=name: self.refusals(node), 10, f"a line about {name}")
                self.assertEqual(len(self.refusals(name)), 1, self.refusals(name))
        text = self.cluster.nginx.text()
        for trace in ("listen 81", "spoilt", "nnnn", "dddd", "gopher", "70000", "\x1b", "\r",
                      "other.scrimp.test"):
            self.assertNotIn(trace, text)
        self.assertEqual(self.cluster.nginx.routes()["web"], before["web"])
        self.assert_nginx_whole()
        self.assertEqual(self.cluster.get(WEB).status, 200)
        self.assertNotIn("\x1b", self.balancer.log())

    def test_metadata_that_cannot_be_understood_costs_nobody_else_anything(self):
        before = self.cluster.nginx.routes()
        for name, meta in UNUSABLE.items():
            self.assertLessEqual(len(meta), 512, name)
            self.peer(name).announce(meta, self.gossip_port)
        self.cluster.wait_members(["balancer", "one", "two", *UNUSABLE])
        for name in UNUSABLE:
            with self.subTest(name):
                wait_until(lambda node=name: self.refusals(node), 10, f"a line about {name}")
                self.assertEqual(len(self.refusals(name)), 1, self.refusals(name))
        holds_for(lambda: self.cluster.nginx.routes() == before, 1, "the routes are as before")

    def test_a_domain_claimed_twice_stays_with_who_has_it(self):
        port = self.cluster.nginx.https_port
        thief = application("thief", port, 8080, [WEB, "thief.scrimp.test"])
        other = application("other", port, 8081)
        self.peer("mallory").announce(gossip.backend_metadata(thief, other), self.gossip_port)
        wait_until(self.routed("other"), 20, "the good application of mallory")
        self.assertNotIn("thief", self.cluster.nginx.routes())
        self.assertEqual(len(self.refusals("mallory")), 1)
        for _ in range(10):
            self.assertIn(self.cluster.get(WEB).backend, ("one", "two"))
        self.assert_nginx_whole()

    def test_a_waiting_claim_takes_over_when_the_holder_is_gone(self):
        heir = self.peer("heir")
        claim = application("web", self.cluster.nginx.https_port, 9999)
        heir.announce(gossip.backend_metadata(claim), self.gossip_port)
        wait_until(lambda: self.refusals("heir"), 10, "the second claim is refused")
        for backend in self.cluster.backends.values():
            backend.stop()
        wait_until(lambda: self.cluster.nginx.servers() == [f"{heir.address}:9999"], 20,
                   "the heir is routed")

    def test_names_of_nodes_are_bounded_and_cannot_break_the_log(self):
        self.peer("n" * 300).announce(b"", self.gossip_port)
        evil = self.peer("two\n2026 INFO forged line\x1b[2J")
        evil.announce(gossip.backend_metadata(bad(protocol="gopher")), self.gossip_port)
        wait_until(lambda: self.balancer.log_lines("forged line"), 10, "it is logged")
        for line in self.balancer.log().splitlines():
            self.assertFalse(line.startswith("2026 INFO forged"), line)
        self.assertNotIn("\x1b", self.balancer.log())
        self.assertNotIn("n" * 300, self.cluster.members())
        self.assertTrue(self.balancer.log_lines("a name of 300 bytes"))
        self.assertNotIn("forged", self.cluster.nginx.text())

    def test_metadata_beyond_512_bytes_is_not_taken(self):
        noise = random.Random(1).randbytes(600)
        self.peer("fat").announce(noise, self.gossip_port)
        holds_for(lambda: "fat" not in self.cluster.members(), 1, "fat is no member")
        self.assertTrue(self.balancer.log_lines("refused: fat: the node has metadata of 600 bytes"))


def malformed_frames():
    """Datagrams that end a Go node's process, and their like."""
    alive = dict(Node="ghost", Addr=b"\x7f\x00\x00\x01", Port=9, Incarnation=1, Meta=b"")
    empty_lzw = bytes.fromhex("000302")
    yield gossip.with_crc(b"")
    yield b"\x0c\x00\x00"
    yield b""
    yield bytes([gossip.COMPOUND, 1, 0, 0])
    yield bytes([gossip.COMPOUND, 255])
    yield bytes([gossip.COMPOUND, 200, 0, 1])
    yield gossip.message(gossip.COMPRESS, Algo=0, Buf=empty_lzw)
    yield gossip.message(gossip.COMPRESS, Algo=0, Buf=b"\xff" * 40)
    yield gossip.message(gossip.COMPRESS, Algo=9, Buf=empty_lzw)
    for length in range(6):
        yield gossip.message(gossip.ALIVE, Vsn=bytes([1, 5, 2, 0, 0, 0])[:length], **alive)
    yield gossip.message(gossip.ALIVE, Vsn=bytes([0, 0, 0, 0, 0, 0]), **alive)
    yield gossip.message(gossip.ALIVE, Vsn=bytes([5, 1, 2, 0, 0, 0]), **alive)
    nested = gossip.message(gossip.ACK, Payload=None, SeqNo=1)
    for _ in range(60):
        nested = gossip.compound(nested)
    yield nested


def malformed_streams():
    """Bytes on a connection that end a Go node's process or take its memory."""
    kinds = ("Nodes", "UserStateLen")
    for number in (-1, 1 << 62, (1 << 31) - 1):
        for kind in kinds:
            header = {"Join": False, "Nodes": 0, "UserStateLen": 0, kind: number}
            yield gossip.message(gossip.PUSH_PULL, **header)
            yield gossip.message(gossip.PUSH_PULL, **header) + b"\x80" * 300
        yield gossip.message(gossip.USER, UserMsgLen=number) + b"hello"
    yield bytes([gossip.ENCRYPT]) + struct.pack(">I", 0xffffffff)
    yield gossip.message(gossip.COMPRESS, Algo=0, Buf=b"")
    yield b"\x09\x82\xa4Algo\x00\xa3Buf\xdb\xff\xff\xff\xff"
    yield bytes([gossip.PING, 0xdf, 0xff, 0xff, 0xff, 0xff])
    yield b"\xdd" * 300


class Noise(ClusterCase):
    def setUp(self):
        super().setUp()
        self.start("one", "two")
        self.nodes = [self.cluster.balancer, self.cluster.backends["one"].node]
        self.random = random.Random(20)
        self.before = self.picture()
        # Every path once, so that what is measured is growth and not a first use.
        self.send(list(malformed_frames()), list(malformed_streams()))
        self.memory = [node.memory_kb() for node in self.nodes]

    def picture(self):
        balancer = self.cluster.balancer
        seen = gossip.members(balancer.address, balancer.port)
        return ({name: (member["state"], member["address"], member["port"], member["meta"])
                 for name, member in seen.items()}, self.cluster.nginx.text())

    def send(self, datagrams, streams):
        for node in self.nodes:
            gossip.send_datagrams(datagrams, (node.address, node.port))
            for stream in streams:
                gossip.send_stream(stream, (node.address, node.port))

    def assert_as_before(self):
        for node, before in zip(self.nodes, self.memory):
            self.assertTrue(node.alive, f"{node.name} ended with {node.exit_code}")
            for kind, then, now in zip(("resident", "at its peak"), before, node.memory_kb()):
                self.assertLessEqual(now - then, GROWTH_KB_MAX,
                                     f"{node.name} grew by {now - then} kB {kind}")
        holds_for(lambda: self.picture() == self.before, 2, "the cluster is as it was", every=0.2)
        self.assertEqual(self.cluster.get(WEB).status, 200)

    def noise(self, first_bytes, count=1000):
        for _ in range(count):
            first = bytes([self.random.choice(first_bytes)]) if first_bytes else b""
            yield first + self.random.randbytes(self.random.randrange(1, 1200))

    def test_a_thousand_random_datagrams(self):
        self.send(list(self.noise(None)), [])
        self.assert_as_before()

    def test_a_thousand_datagrams_that_begin_well(self):
        self.send(list(self.noise(range(14))), [])
        self.assert_as_before()

    def test_a_thousand_connections_that_begin_well(self):
        types = [gossip.PING, gossip.PUSH_PULL, gossip.USER, gossip.COMPRESS, gossip.ENCRYPT]
        streams = [bytes([self.random.choice(types)]) + self.random.randbytes(300)
                   for _ in range(1000)]
        self.send([], streams)
        self.assert_as_before()

    def test_every_frame_that_kills_a_go_node(self):
        for _ in range(20):
            self.send(list(malformed_frames()), list(malformed_streams()))
        self.assert_as_before()

    def test_connections_that_say_nothing_do_not_keep_newcomers_out(self):
        target = (self.cluster.balancer.address, self.cluster.balancer.port)
        silent = []
        self.addCleanup(lambda: [stream.close() for stream in silent])
        for _ in range(200):
            silent.append(socket.create_connection(target, timeout=5))
        three = self.cluster.add_backend("three").start()
        self.cluster.wait_routed(three)


if __name__ == "__main__":
    unittest.main()
