"""Hundreds of hostile announcements of dozens of kinds while good ones come and go: nothing of them
reaches a configuration, nginx accepts every configuration that was generated, and who is healthy is
served throughout.

    ./dev e2e hostile-crowd     500 announcements

SCRIMP_ANNOUNCEMENTS says how many, SCRIMP_SEED which.
"""

import contextlib
import os
import random
import re
import unittest

from harness import gossip
from harness.case import WEB
from harness.hostile import KINDS, announcements
from harness.node import SCRIMPLB, application
from harness.size import size
from harness.traffic_case import TrafficCase
from harness.wait import wait_until

ANNOUNCEMENTS = size("ANNOUNCEMENTS", small=KINDS, whole=500)
SEED = size("SEED", small=1, whole=random.randrange(1 << 30))
AT_ONCE = 25
"""Peers that live at the same time; then they leave, and others come."""


class HostileCrowd(TrafficCase):
    load = {"rate": 100}
    quiet = 0.5

    def setUp(self):
        super().setUp()
        self.candidates = os.path.join(self.cluster.directory, "candidates")
        os.mkdir(self.candidates)
        # Keeps every text that was ever to be used, and what nginx said of it.
        check = " ".join(self.nginx.check_command()[1:-2])
        self.balancer.config["load-balancer-config"]["check-command"] = [
            "sh", "-c", f'kept=$(mktemp {self.candidates}/XXXXXXXX); cp "$1" $kept; '
            f'"{SCRIMPLB}" {check} "$1" "$2" 2>$kept.said; code=$?; cat $kept.said >&2; '
            f"echo $code >$kept.code; exit $code", "sh", "{candidate}", "{target}"]
        self.cluster.start_balancer()
        self.start_all(self.add("standing", 3))
        self.gossip_port = (self.balancer.address, self.balancer.port)

    def test_nothing_of_them_reaches_a_configuration_and_the_others_are_served(self):
        print(f"\nSCRIMP_SEED={SEED}, {ANNOUNCEMENTS} announcements of {KINDS} kinds")
        told = list(announcements(ANNOUNCEMENTS, SEED, self.nginx.https_port, WEB))
        with self.row("hostile announcements", len(told)):
            for first in range(0, len(told), AT_ONCE):
                self.say(told[first:first + AT_ONCE], first // AT_ONCE)
        self.print_rows()
        self.assert_nothing_lost()
        self.assertTrue(self.balancer.alive)
        texts = self.generated()
        for path, text in texts.items():
            self.assertEqual(self.code_of(path), 0, text_of(f"{path}.said"))
            self.assertEqual(set(re.findall(r"evil\d+x|\[emerg\]|listen 81\b|pwned", text)), set())
            self.assertNotRegex(text, r"[^\x20-\x7e\n]")
        print(f"{len(texts)} configurations were generated, nginx accepted each")
        self.assertTrue(self.nginx.test()[0])
        self.assertNotIn("\x1b", self.balancer.log())

    def say(self, told, turn):
        """By a peer each, and beside them a good one, whose coming and going is a configuration."""
        address, name = self.cluster.addresses.take(), f"good{turn}"
        with contextlib.ExitStack() as peers:
            good, *others = [peers.enter_context(gossip.Peer(f"peer-{turn}-{i}", address))
                             for i in range(1 + len(told))]
            for peer, each in zip(others, told):
                peer.announce(each.meta, self.gossip_port)
            good.announce(gossip.backend_metadata(application(name, self.nginx.https_port, 8000)),
                          self.gossip_port)
            wait_until(lambda: name in self.nginx.routes(), 30, f"{name} is routed")
            # Whoever is no member was refused as a whole.
            members = self.cluster.members()
            for peer in others:
                if peer.name in members:
                    peer.leave(self.gossip_port)

            def out():
                good.leave(self.gossip_port)  # Again and again: a datagram may be lost.
                return name not in self.nginx.routes()
            wait_until(out, 30, f"{name} is out", every=0.1)

    def generated(self):
        """{path: text} of every candidate there was."""
        names = [name for name in os.listdir(self.candidates) if "." not in name]
        paths = [os.path.join(self.candidates, name) for name in names]
        wait_until(lambda: all(os.path.exists(f"{path}.code") for path in paths), 30,
                   "all are judged")
        return {path: text_of(path) for path in paths}

    @staticmethod
    def code_of(path):
        return int(text_of(f"{path}.code"))


def text_of(path):
    with open(path, encoding="latin-1") as file:
        return file.read()


if __name__ == "__main__":
    unittest.main()
