"""Encryption turned on, and its key changed, in a cluster that runs: nodes of ours and Go
memberlist peers, while a fifth of all packets is lost.

    ./dev e2e rotation     20 nodes

SCRIMP_NODES says how many, SCRIMP_LOSS how many of a hundred packets are lost. Our nodes follow
their keyring file, which `scrimplb keyring` changes; the peers are told.
"""

import base64
import hashlib
import os
import time
import unittest

from harness import gossip
from harness.history import History, accusations
from harness.mixed import CONTINUE, PATIENCE, STOP, Table, peer_for_module, wait_together
from harness.network import Addresses, network_for_module
from harness.node import scrimplb
from harness.size import load_text, size
from harness.wait import NotInTime, wait_until

NODES = size("NODES", small=6, whole=20)
LOSS = size("LOSS", small=20, whole=20)

OLD, NEW = os.urandom(16), os.urandom(32)
"""AES-128 and AES-256: a keyring may hold keys of different sizes."""

INTRUSIONS = 20
"""Times that a forged announcement is sent to each: with a fifth lost, one certainly comes."""

HEARD = 3
"""Seconds after which whoever took an announcement has told everybody."""


def setUpModule():
    global NETWORK, PEER
    NETWORK = network_for_module()
    PEER = peer_for_module()


class Ours:
    """A node of ours with its keyring file."""

    def __init__(self, table, name, seed):
        self.path = os.path.join(table.directory, f"{name}.keyring")
        self.change("install", OLD)
        sealing = {"keyring-file": self.path, "verify-incoming": False, "verify-outgoing": False}
        self.node = table.backend(name, seed=seed and seed.node, **{
            "log-level": "info", "gossip-config": sealing})
        self.name = name
        self.endpoint = (self.node.address, self.node.port)
        self.history = History(self.node)

    def change(self, verb, key):
        """install, use or remove; the keyring command, as an operator has it."""
        if verb == "install":
            self._keyring(verb, input=base64.b64encode(key).decode())
        else:
            self._keyring(verb, hashlib.sha256(key).hexdigest()[:8])

    def _keyring(self, verb, *arguments, **options):
        done = scrimplb("keyring", verb, "--file", self.path, *arguments, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def verify(self, incoming, outgoing):
        self.node.config["gossip-config"].update(
            {"verify-incoming": incoming, "verify-outgoing": outgoing})
        self.node.write_config()
        self.node.reload()
        said = (f"gossip is {'sealed' if outgoing else 'not sealed yet'}, plaintext "
                f"{'refused' if incoming else 'accepted'}")
        self.node.wait_log(said, seconds=PATIENCE)

    def wait_followed(self):
        """Until the file is in force."""
        wanted = self._keyring("list").rpartition(": ")[2]
        wait_until(lambda: self.node.log_lines("gossip is ")[-1].endswith(wanted), PATIENCE,
                   f"{self.name} follows its keyring file")

    def knows(self, name):
        return name in self.history.first("joined")


class Theirs:
    """A Go peer with the same key."""

    def __init__(self, table, name, seed):
        self.node = table.go(name, key=OLD, verify_incoming=False, verify_outgoing=False)
        self.node.join(seed.node)
        self.name = name
        self.endpoint = (self.node.address, self.node.port)

    def change(self, verb, key):
        self.node.ask(verb, key=key.hex())

    def verify(self, incoming, outgoing):
        self.node.ask("verify", incoming=incoming, outgoing=outgoing)

    def wait_followed(self):
        """It was told, so it does."""

    def knows(self, name):
        return name in self.node.members()


class Rotation(unittest.TestCase):
    def setUp(self):
        self.addCleanup(NETWORK.mend)
        table = self.enterContext(Table(PEER))
        first = Ours(table, "ours-00", seed=None)
        self.ours = [first] + [Ours(table, f"ours-{i:02}", first) for i in range(1, NODES // 2)]
        self.theirs = [Theirs(table, f"go-{i:02}", first) for i in range(NODES - NODES // 2)]
        self.all = self.ours + self.theirs
        wait_together(*(party.node for party in self.all))
        self.began = time.time()
        NETWORK.lose(LOSS)

    def test_nobody_is_lost_and_who_slept_is_told(self):
        self.assertTrue(self.takes_plaintext("herald"), "else nothing below is proven")
        self.turn_on()
        self.assertFalse(self.takes_plaintext("intruder"))
        for party in self.all:
            self.assertTrue(self.refuses_a_plain_stream(party), party.name)
        sleeper = self.ours[-1]
        sleeper.node.signal(STOP)
        try:
            self.rotate([party for party in self.all if party is not sleeper])
            self.wait_missed(sleeper)
        finally:
            sleeper.node.signal(CONTINUE)
        self.wait_told(sleeper)
        self.assert_none_lost(sleeper)
        awake = time.time()
        sleeper.change("install", NEW)
        sleeper.change("use", NEW)
        sleeper.change("remove", OLD)
        sleeper.wait_followed()
        self.wait_back(sleeper, awake)
        self.assert_none_lost(sleeper)
        print(f"\n{NODES} nodes, half of them Go peers, {LOSS} % of packets lost: sealed, the key "
              f"rotated, the sleeper back, in {time.time() - self.began:.0f} s; {load_text()}")

    def turn_on(self):
        """First all seal, then all refuse what is plain."""
        for incoming in (False, True):
            for party in self.all:
                party.verify(incoming, outgoing=True)

    def rotate(self, parties):
        for verb, key in (("install", NEW), ("use", NEW), ("remove", OLD)):
            for party in parties:
                party.change(verb, key)
            for party in parties:
                party.wait_followed()

    def takes_plaintext(self, name):
        """Whether a member that announces itself in the clear becomes known to anybody; if to one,
        then to all."""
        with gossip.Peer(name, Addresses().take()) as forger:
            for _ in range(INTRUSIONS):
                for party in self.all:
                    forger.announce(gossip.backend_metadata(), party.endpoint)
            deadline = time.monotonic() + HEARD
            while not any(party.knows(name) for party in self.all):
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.1)
            wait_until(lambda: all(party.knows(name) for party in self.all), PATIENCE,
                       f"everybody knows {name}")
            for party in self.all:
                forger.leave(party.endpoint)
            return True

    @staticmethod
    def refuses_a_plain_stream(party):
        while True:
            try:
                gossip.members(*party.endpoint)
                return False
            except TimeoutError:
                continue  # Lost on the way, so not an answer.
            except OSError:
                return True

    def wait_missed(self, sleeper):
        others = [party.history for party in self.ours if party is not sleeper]
        wait_until(lambda: all(sleeper.name in history.first("failed") for history in others),
                   PATIENCE, f"{sleeper.name} is missed")

    def wait_told(self, sleeper):
        """It says what is wrong, and so does a node that it speaks to."""
        sleeper.node.wait_log("cannot be opened with any of our 1 key",
                              "compare the keyring files", seconds=PATIENCE)
        its = f"from {sleeper.node.address}"
        wait_until(lambda: any(party.node.log_lines(its, "cannot be opened")
                               for party in self.ours if party is not sleeper), PATIENCE,
                   "others say whom they cannot understand")
        print("\nthe sleeper says: " + sleeper.node.log_lines("cannot be opened")[0])

    def wait_back(self, sleeper, since):
        def lacking():
            return [party.name for party in self.ours if party is not sleeper
                    and sleeper.name not in party.history.first("joined", since=since)] + \
                   [party.name for party in self.theirs
                    if sleeper.name not in party.node.members()]
        try:
            wait_until(lambda: not lacking(), PATIENCE, "the sleeper is a member again", every=0.25)
        except NotInTime:
            self.fail(f"{sleeper.name} is no member again for {lacking()}")

    def assert_none_lost(self, sleeper):
        members = {party.name for party in self.all if party is not sleeper}
        histories = [party.history for party in self.ours if party is not sleeper]
        self.assertEqual(accusations(histories, members, self.began, ("failed", "left")), [])
        for party in self.theirs:
            for name in members:
                self.assertEqual(party.node.told("gone", name), [], f"{party.name} lost {name}")


if __name__ == "__main__":
    unittest.main()
