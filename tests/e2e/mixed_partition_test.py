"""A network that falls into two halves for longer than anybody remembers the dead, with Go
memberlist peers and nodes of ours on both sides, and heals.

    ./dev e2e mixed_partition     20 nodes, every timeout as it comes; some minutes

SCRIMP_NODES says how many, SCRIMP_DEAD_SECONDS how long the dead are remembered. Not part of ctest:
the time that a partition must last is the test.
"""

import time
import unittest

from harness import gossip
from harness.mixed import Table, peer_for_module, wait_together
from harness.network import network_for_module
from harness.size import load_text, size
from harness.wait import holds_for, wait_until

NODES = size("NODES", small=6, whole=20)
DEAD_SECONDS = size("DEAD_SECONDS", small=5, whole=30)
"""memberlist's GossipToTheDeadTime, and ours: 30 s where nobody says otherwise."""

GOAL = 60
"""Seconds from the end of the partition until all are one cluster."""

FORGOTTEN = 300
"""Seconds, liveness only: suspicions, the time above, the walk after which the dead are dropped."""

HELD = 5
"""Seconds that the partition lasts on when everybody has forgotten."""


def setUpModule():
    global NETWORK, PEER
    NETWORK = network_for_module()
    PEER = peer_for_module()


class MixedPartition(unittest.TestCase):
    def setUp(self):
        self.addCleanup(NETWORK.mend)
        table = self.enterContext(Table(PEER))
        settings = {"log-level": "info",
                    "gossip-config": {"gossip-to-the-dead-time": f"{DEAD_SECONDS}s"}}
        first = table.balancer("balancer", **settings)
        ours = [first] + [table.backend(f"ours-{i:02}", seed=first, **settings)
                          for i in range(1, NODES // 2)]
        theirs = [table.go(f"go-{i:02}", gossip_to_the_dead=f"{DEAD_SECONDS}s")
                  for i in range(NODES - NODES // 2)]
        for peer in theirs:
            peer.join(first)
        self.halves = [ours[0::2] + theirs[0::2], ours[1::2] + theirs[1::2]]
        self.all = ours + theirs
        wait_together(*self.all)

    def test_heals_by_itself(self):
        began = time.monotonic()
        NETWORK.split(*([party.address for party in half] for half in self.halves))
        wait_until(self.all_forgot, FORGOTTEN, "each half has forgotten the other", every=1)
        holds_for(self.all_forgot, HELD, "each half has forgotten the other", every=1)
        apart = time.monotonic() - began
        NETWORK.mend()
        healing = time.monotonic()
        # Twice the goal: a failure shall say how long it took.
        wait_until(self.all_together, 2 * GOAL, "all are one cluster", every=0.25)
        seconds = time.monotonic() - healing
        print(f"\n{NODES} nodes, half of them Go peers, apart for {apart:.0f} s until every node "
              f"had forgotten the other half; one cluster again {seconds:.1f} s after the network; "
              f"{load_text()}")
        self.assertLessEqual(seconds, GOAL)

    def all_forgot(self):
        """Not one of the other half is so much as known as dead."""
        return all(set(gossip.members(party.address, party.port)) <= {peer.name for peer in half}
                   for half in self.halves for party in half)

    def all_together(self):
        return all(len(gossip.alive_members(party.address, party.port)) == NODES
                   for party in self.all)


if __name__ == "__main__":
    unittest.main()
