"""What a node costs while nothing happens: three scrimplb nodes (a balancer and two backends) beside
three nodes of Debian's Go memberlist with the same metadata, which is what the original Scrimp LB
is made of. Each cluster has a network of its own, and both run at the same time.

Processor time is the scheduler's own account of every thread, in nanoseconds; bytes are those of
the network's loopback, IP headers included. Takes the number of seconds, 120 if none is given.
Needs the right to make network namespaces: root has it.
"""

import multiprocessing
import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "interop")]

# pylint: disable=wrong-import-position
import parties  # noqa: E402
from harness.network import PrivateNetwork  # noqa: E402
from harness.node import application  # noqa: E402

NODES = 3
PORT = 9999
WEB = application("web", 443, 8080)

SETTLING_SECONDS = 60
"""Until joining is forgotten: more than a push/pull interval and gossip to the dead."""

ORIGINAL_CPU_SECONDS_A_MINUTE = 0.14
ORIGINAL_BYTES_A_SECOND = 139
"""The original on memberlist 0.1.0, measured on an idle machine; the goals stand on these."""


def cpu_seconds(pid):
    """Of all threads of a process."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def wakeups(pid):
    """How often its threads gave up the processor of their own accord."""
    found = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (thread / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                found += int(line.split()[1])
    return found


def loopback_bytes():
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == "lo":
            return int(counters.split()[8])
    raise RuntimeError("this network has no loopback")


def start_ours(directory):
    """Three nodes that found each other through a file of seeds."""
    nodes = []
    for number in range(NODES):
        name = f"node-{number}"
        state = os.path.join(directory, f"state-{name}")
        os.makedirs(state)
        address = f"127.0.0.{number + 1}"
        config = {"node-name": name, "bind-address": address, "port": str(PORT),
                  "state-dir": state, "provider": "file",
                  "provider-config": {"path": os.path.join(directory, "seeds.json")}}
        if number == 0:
            config |= {"lb": True, "resolver": "static", "resolver-config": {"address": address},
                       "load-balancer-config": {
                           "generator": "dummy",
                           "generator-target": os.path.join(directory, "routes"),
                           "check-command": [], "reload-command": []}}
        else:
            config["backend-config"] = {"applications": [WEB]}
        nodes.append(parties.Scrimp(name, directory, config).start())
    return nodes


def start_theirs(directory, program):
    nodes = []
    for number in range(NODES):
        name = f"node-{number}"
        said = parties.metadata("lb") if number == 0 else parties.metadata("backend", WEB)
        node = parties.GoPeer(program, name, f"127.0.0.{number + 1}",
                              os.path.join(directory, f"{name}.log"), port=PORT, meta=said)
        if nodes:
            node.join(nodes[0])
        nodes.append(node)
    return nodes


def measure(start, seconds, results, which):
    """In a process of its own, since a network namespace is entered for good."""
    PrivateNetwork()
    with tempfile.TemporaryDirectory(prefix="scrimp-idle-") as directory:
        nodes = start(directory)
        try:
            for node in nodes:
                parties.wait_until(lambda node=node: len(node.view()) == NODES, 30,
                                   "all see all")
            time.sleep(SETTLING_SECONDS)
            pids = [node.pid for node in nodes]

            def look():
                return (time.monotonic(), loopback_bytes(), sum(map(cpu_seconds, pids)),
                        sum(map(wakeups, pids)))
            before = look()
            time.sleep(seconds)
            span, *spent = (after - then for after, then in zip(look(), before))
            traffic, cpu, woken = (each / span / NODES for each in spent)
            results.put((which, {"cpu": cpu * 60, "traffic": traffic, "wakeups": woken}))
        finally:
            for node in nodes:
                node.end()


def row(what, unit, ours, theirs, goal, digits):
    verdict = "ok" if ours <= goal else "over"
    print(f"{what:34}{ours:10.{digits}f}{theirs:10.{digits}f}{theirs / ours:8.1f}"
          f"   <= {goal:.{digits}f} {unit:12}{verdict}")


def main(seconds):
    program = parties.build_peer()
    results = multiprocessing.Queue()
    starters = {"scrimplb": start_ours,
                "go": lambda directory: start_theirs(directory, program)}
    runs = [multiprocessing.Process(target=measure, args=(start, seconds, results, which))
            for which, start in starters.items()]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    if any(run.exitcode != 0 for run in runs):
        sys.exit("bench/idle.py: a cluster did not come to its end; see above")
    found = dict(results.get() for _ in runs)
    ours, theirs = found["scrimplb"], found["go"]
    print(f"{f'idle node of {NODES}, {seconds:.0f} seconds':34}{'scrimplb':>10}{'go 0.2.2':>10}"
          f"{'ratio':>8}   goal")
    row("processor seconds a minute", "s", ours["cpu"], theirs["cpu"],
        ORIGINAL_CPU_SECONDS_A_MINUTE / 5, 4)
    row("IP bytes sent a second", "B/s", ours["traffic"], theirs["traffic"],
        ORIGINAL_BYTES_A_SECOND, 0)
    print(f"{'wakeups a second':34}{ours['wakeups']:10.1f}{theirs['wakeups']:10.1f}"
          f"{theirs['wakeups'] / ours['wakeups']:8.1f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 120)
