"""scrimplb in one cluster with real HashiCorp memberlist nodes, and with Serf agents.

Every test looks from both sides: what the others believe about scrimplb, and what scrimplb believes
about them. Waits poll; nothing depends on how long a thing takes, only on that it comes.
"""

import base64
import gzip
import json
import os
import shutil
import sys
import unittest

from parties import (CONTINUE, PATIENCE, STOP, Node, Table, application, build_peer, metadata, wait_meta,
                     wait_together, wait_until, wait_view)

WEB = application("web", 443, 8080)
SHOP = application("shop", 443, 9090)
SERF_VERSIONS = (2, 5, 5)
"""What Serf announces as its delegate's, and wants of everybody: one mismatch fails a merge."""
PEER = None


def setUpModule():
    global PEER
    PEER = build_peer()


def tearDownModule():
    shutil.rmtree(os.path.dirname(PEER), ignore_errors=True)


class Case(unittest.TestCase):
    """Shows everybody's log if it fails."""

    def table(self, **settings):
        table = self.enterContext(Table(PEER, **settings))
        self._logs = {}
        self.addCleanup(lambda: self._logs.update(table.logs()))  # Before the table is cleared.
        return table

    def run(self, result=None):
        bad = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > bad:
            for name, lines in self._logs.items():
                print(f"--- log of {name}", *lines, sep="\n    ", file=sys.stderr)
        return result


class GoPeersAlone(Case):
    """Proves the peer program, so that a failure below is not its."""

    def test_they_meet_change_speak_leave_and_die(self):
        table = self.table()
        one, two, three = (table.go(f"go-{i}", meta=bytes([i])) for i in (1, 2, 3))
        two.join(one)
        three.join(one)
        wait_together(one, two, three)
        wait_meta(three, "go-2", b"\x02")
        two.set_meta(b"\x00\xff")
        wait_meta(one, "go-2", b"\x00\xff")
        one.send(two, b"best", reliable=False)
        one.send(two, b"sure", reliable=True)
        wait_until(lambda: sorted(two.messages()) == [b"best", b"sure"], PATIENCE, "messages")
        two.leave()
        wait_view(one, {"go-2": "left"})
        three.kill()
        wait_view(one, {"go-3": "dead"})

    def test_they_meet_behind_a_key(self):
        table = self.table()
        one, two = (table.go(f"go-{i}", key=b"sixteen bytes it") for i in (1, 2))
        two.join(one)
        one.send(two, b"hush", reliable=True)
        wait_until(lambda: two.messages() == [b"hush"], PATIENCE, "the message")
        with self.assertRaises(AssertionError):
            table.go("go-3").join(one)


class Mixed:
    """One scrimplb among Go peers; the subclasses say how they speak."""

    compression = True

    def sit_down(self):
        return self.table(compression=self.compression)

    def test_scrimplb_joins_a_go_cluster(self):
        table = self.sit_down()
        lb_meta = metadata("load-balancer")
        one, two = table.go("go-1", meta=lb_meta), table.go("go-2", meta=bytes(range(256)))
        two.join(one)
        ours = table.backend("ours", seed=one)
        wait_together(one, two, ours)
        wait_meta(ours, "go-1", lb_meta)
        wait_meta(ours, "go-2", bytes(range(256)))
        seen = one.members()["ours"]
        self.assertEqual(seen["address"], f"{ours.address}:{ours.port}")
        self.assertEqual(seen["versions"], [1, 5, 2, 0, 0, 0])
        said = json.loads(gzip.decompress(bytes.fromhex(seen["meta"])))
        self.assertEqual(said, {"type": "backend", "applications": [WEB]})
        self.assertEqual(two.members()["ours"]["meta"], seen["meta"])

    def test_go_peers_join_scrimplb_and_are_routed(self):
        table = self.sit_down()
        ours = table.balancer("ours")
        meta = metadata("backend", WEB)
        one, two = table.go("go-1", meta=meta), table.go("go-2", meta=metadata("backend", WEB))
        one.join(ours)
        two.join(ours)
        wait_together(one, two, ours)
        wait_meta(ours, "go-1", meta)
        wait_meta(two, "go-1", meta)
        both = sorted(f"{peer.address}:8080" for peer in (one, two))
        wait_until(lambda: ours.upstreams() == {"web": both}, PATIENCE, "both are routed")
        # Speech that is not ours to understand disturbs nobody.
        one.send(ours, b"\x00\xff" * 100, reliable=False)
        one.send(ours, b"\x00\xff" * 100_000, reliable=True)

        one.set_meta(metadata("backend", SHOP))
        wait_meta(ours, "go-1", metadata("backend", SHOP))
        wait_until(lambda: ours.upstreams() == {"web": [f"{two.address}:8080"],
                                                "shop": [f"{one.address}:9090"]},
                   PATIENCE, "the change is routed")
        one.leave()
        wait_view(ours, {"go-1": "left", "go-2": "alive"})
        wait_until(lambda: ours.upstreams() == {"web": [f"{two.address}:8080"]}, PATIENCE,
                   "who left is not routed")
        two.kill()
        wait_view(ours, {"go-2": "dead"})
        wait_until(lambda: ours.upstreams() == {}, PATIENCE, "who died is not routed")

    def test_scrimplb_is_seen_to_leave_and_not_to_die(self):
        table = self.sit_down()
        one, two = table.go("go-1"), table.go("go-2")
        two.join(one)
        ours = table.backend("ours", seed=one)
        wait_together(one, two, ours)
        ours.leave()
        for peer in (one, two):
            wait_view(peer, {"ours": "left"})
            self.assertEqual(len(peer.told("gone", "ours")), 1)

    def test_scrimplb_is_seen_to_die_and_comes_back_under_its_name_and_address(self):
        table = self.sit_down()
        one, two = table.go("go-1", meta=metadata("load-balancer")), table.go("go-2")
        two.join(one)
        ours = table.backend("ours", seed=one)
        wait_together(one, two, ours)
        ours.kill()
        wait_view(one, {"ours": "dead"})
        wait_view(two, {"ours": "dead"})
        ours.start()
        wait_together(one, two, ours)
        # And at once, with other metadata, while the cluster still believes it alive.
        ours.kill()
        ours.config["backend-config"]["applications"] = [SHOP]
        ours.start()
        for peer in (one, two):
            wait_until(lambda: b"shop" in gzip.decompress(peer.view()["ours"]["meta"]),
                       PATIENCE, "its new metadata is known")
        wait_together(one, two, ours)

    def test_a_go_peer_comes_back_under_its_name_and_address(self):
        table = self.sit_down()
        one = table.go("go-1")
        ours = table.backend("ours", seed=one)
        two = table.go("go-2", meta=b"before")
        two.join(ours)
        wait_together(one, two, ours)
        two.kill()
        again = table.go("go-2", address=two.address, port=two.port, meta=b"after")
        again.join(ours)
        wait_together(one, again, ours)
        wait_meta(ours, "go-2", b"after")

    def test_who_was_only_slow_refutes_its_suspicion(self):
        table = self.sit_down()
        one, two = table.go("go-1"), table.go("go-2")
        two.join(one)
        ours = table.backend("ours", seed=one)
        wait_together(one, two, ours)
        before = ours.view()["ours"]["incarnation"]
        ours.signal(STOP)
        try:
            wait_view(one, {"ours": "suspect"})
        finally:
            ours.signal(CONTINUE)
        wait_view(one, {"ours": "alive"})
        wait_until(lambda: ours.view()["ours"]["incarnation"] > before, PATIENCE, "it refuted")
        self.assertEqual(one.told("gone", "ours"), [])

        two.signal(STOP)
        try:
            wait_view(ours, {"go-2": "suspect"})
        finally:
            two.signal(CONTINUE)
        wait_view(ours, {"go-2": "alive"})
        wait_together(one, two, ours)


class WithCompression(Mixed, Case):
    compression = True


class WithoutCompression(Mixed, Case):
    compression = False


class Sealed(Case):
    """Behind a key, packets and connections alike, for each length a key may have."""

    def sealed(self, key):
        path = os.path.join(self.directory, f"keyring-{len(key)}.json")
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            json.dump([base64.b64encode(key).decode()], file)
        return {"gossip-config": {"keyring-file": path}}

    def test_scrimplb_and_go_join_each_other_and_no_other_key(self):
        table = self.table()
        self.directory = table.directory
        for key in (b"k" * 16, b"k" * 24, b"k" * 32):
            go = table.go(f"go-{len(key)}", key=key, meta=metadata("backend", WEB))
            backend = table.scrimp(f"joins-{len(key)}", go, **self.sealed(key), **{
                "backend-config": {"applications": [WEB]}})
            Node.start(backend)
            wait_until(lambda g=go, b=backend: b.name in g.members(), PATIENCE, "go has it")
            backend.wait_log(f"member joined: {go.name} ", seconds=PATIENCE)
            late = table.go(f"late-{len(key)}", key=key)
            late.join(backend)
            wait_until(lambda g=go, l=late: l.name in g.members(), PATIENCE, "they meet through it")
            stranger = table.go(f"stranger-{len(key)}", key=b"s" * len(key))
            with self.assertRaises(AssertionError):
                stranger.join(backend)
            # Go dials from whatever address the kernel gives it.
            backend.wait_log("connections from", "cannot be opened with any of our 1 key: ")
            self.assertNotIn(stranger.name, go.members())


class Announcements(Case):
    """Metadata between scrimplb and Go programs that write and read it as the original does, and
    the exchange of what it does not hold, among members that know of no exchange."""

    MANY = [application(f"app-{i:03}", 443, 8000 + i) for i in range(200)]

    def test_are_the_same_text_in_go_and_in_scrimplb(self):
        table = self.table()
        ours = table.balancer("ours")
        backend = table.backend("ours-2", seed=ours, applications=[SHOP, WEB])
        go_lb, go_backend = table.go("go-lb"), table.go("go-backend")
        for peer in (go_lb, go_backend):
            peer.join(ours)
        go_lb.announce("load-balancer")
        go_backend.announce("backend", WEB)
        wait_together(ours, backend, go_lb, go_backend)
        wait_until(lambda: ours.upstreams() == {
            "shop": [f"{backend.address}:9090"],
            "web": sorted([f"{backend.address}:8080", f"{go_backend.address}:8080"])},
            PATIENCE, "both backends are routed")
        seen = go_lb.announcements()
        self.assertEqual(seen["ours-2"], {
            "said": {"type": "backend", "applications": [SHOP, WEB]}, "exact": True})
        # Ours says beside it that it acknowledges, which Go passes over.
        self.assertEqual(seen["ours"], {"said": {"type": "load-balancer"}, "exact": False})
        self.assertEqual(go_lb.messages() + go_backend.messages(), [])

    def test_that_exceed_metadata_show_go_what_fits_and_scrimplb_all(self):
        table = self.table()
        ours = table.balancer("ours")
        go_lb = table.go("go-lb")
        go_lb.join(ours)
        go_lb.announce("load-balancer")
        backend = table.backend("many", seed=go_lb, applications=self.MANY)
        wait_together(ours, backend, go_lb)
        everything = {one["name"]: [f"{backend.address}:{one['application-port']}"]
                      for one in self.MANY}
        wait_until(lambda: ours.upstreams() == everything, PATIENCE, "all are routed")
        seen = go_lb.announcements()["many"]["said"]
        self.assertEqual(seen["type"], "backend")
        shown = len(seen["applications"])
        self.assertGreater(shown, 1)
        self.assertLess(shown, len(self.MANY))
        self.assertEqual(seen["applications"], self.MANY[:shown])
        # What it will not see is said where an operator looks.
        self.assertTrue(backend.log_lines(self.MANY[shown]["name"]), backend.log())
        self.assertEqual(go_lb.complaints(), [])

    def test_of_a_list_that_nobody_tells_cost_go_peers_some_messages_and_no_harm(self):
        table = self.table()
        ours = table.balancer("ours")
        liar, witness = table.go("liar"), table.go("witness")
        for peer in (liar, witness):
            peer.join(ours)
        witness.announce("load-balancer")
        liar.set_meta(metadata("backend", WEB, count=7, digest="ab" * 16))
        wait_until(lambda: ours.upstreams() == {"web": [f"{liar.address}:8080"]}, PATIENCE,
                   "what the metadata shows is routed")

        def questions(peer):
            return [json.loads(message) for message in peer.messages()]

        # By streams to the liar and to the other balancer, which might know; by packets to all.
        for peer in (liar, witness):
            wait_until(lambda: any("digest" in question for question in questions(peer)), PATIENCE,
                       f"{peer.name} is asked")
        wait_until(lambda: any("digests" in question for question in questions(witness)), PATIENCE,
                   "all are asked")
        for question in questions(liar) + questions(witness):
            self.assertEqual((question["scrimplb"], question["message"], question["asker"]),
                             (1, "query", "ours"))
        wait_together(ours, liar, witness)
        self.assertEqual(ours.upstreams(), {"web": [f"{liar.address}:8080"]})
        for peer in (liar, witness):
            self.assertEqual(peer.complaints(), [])
            # A broadcast is told mult * digits = 4 times; a dozen questions take half a minute.
            self.assertLess(len(peer.messages()), 20)
            self.assertEqual(peer.told("gone", "ours"), [])


class WithSerf(Case):
    """Serf 0.9.4, the packet forms of memberlist 0.2.2 under a protocol of its own."""

    def test_serf_joins_scrimplb(self):
        for compression in (True, False):
            with self.subTest(compression=compression):
                table = self.table(compression=compression, versions=SERF_VERSIONS)
                ours = table.balancer("ours")
                serf = table.serf("serf-1", "-tag", "role=web")
                serf.join(ours)
                witness = table.go("go-1")
                witness.join(ours)
                wait_together(ours, serf, witness)
                self.assertEqual(ours.view()["serf-1"]["meta"], witness.view()["serf-1"]["meta"])
                serf.run("tags", "-set", "role=db")
                wait_until(lambda: b"db" in ours.view()["serf-1"]["meta"], PATIENCE, "its new tag")
                serf.run("event", "deploy", "now")
                serf.leave()
                wait_view(ours, {"serf-1": "left", "go-1": "alive"})

    def test_scrimplb_joins_serf(self):
        table = self.table(versions=SERF_VERSIONS)
        one, two = table.serf("serf-1"), table.serf("serf-2")
        two.join(one)
        ours = table.backend("ours", seed=one)
        wait_together(one, two, ours)
        two.kill()
        wait_view(ours, {"serf-2": "dead"})
        ours.kill()
        wait_view(one, {"ours": "dead"})
        ours.start()
        wait_view(one, {"ours": "alive"})
        wait_view(ours, {"serf-1": "alive"})


class Crowd(Case):
    def test_twenty_of_three_kinds_are_one_cluster(self):
        table = self.table(versions=SERF_VERSIONS)
        balancer = table.balancer("balancer")
        ours = [table.backend(f"ours-{i}", seed=balancer) for i in range(8)]
        go = [table.go(f"go-{i}", meta=metadata("backend", WEB)) for i in range(8)]
        serf = [table.serf(f"serf-{i}") for i in range(3)]
        for party in go + serf:
            party.join(balancer)
        crowd = [balancer, *ours, *go, *serf]
        self.assertEqual(len(crowd), 20)
        wait_together(*crowd)
        servers = sorted(f"{party.address}:8080" for party in ours + go)
        wait_until(lambda: balancer.upstreams() == {"web": servers}, PATIENCE, "all are routed")

        ours[0].leave()
        go[0].leave()
        ours[1].kill()
        go[1].kill()
        serf[0].kill()
        gone = {ours[0], ours[1], go[0], go[1], serf[0]}
        for party in crowd:
            if party not in gone:
                wait_view(party, {"ours-1": "dead", "go-1": "dead", "serf-0": "dead"})
        wait_view(balancer, {"ours-0": "left", "go-0": "left"})
        wait_view(go[2], {"ours-0": "left", "go-0": "left"})
        servers = sorted(f"{party.address}:8080" for party in ours[2:] + go[2:])
        wait_until(lambda: balancer.upstreams() == {"web": servers}, PATIENCE,
                   "those who stayed are routed")


if __name__ == "__main__":
    unittest.main()
