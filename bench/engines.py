"""One application on fifty backends behind nginx, HAProxy and Caddy as scrimplb configures them, behind
the same three configured by hand (bench/engines, with the reasons in the files), and behind nginx as the
original configures it. All stand side by side and are loaded in turns, several rounds; then one backend
leaves under a steady load.

Requests a second, and the time of one (median, 99 %), are wrk's: as many kept connections as CONNECTIONS
over TLS ask as fast as they are answered. A machine that is shared moves the figures; the ratios of one
run are what counts. Memory is the share that the proxy's processes have (PSS), after the load.

    bench/engines.py [ROUNDS]     5 if none is given
"""

import json
import os
import pathlib
import re
import statistics
import string
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "bench" / "engines"
sys.path[:0] = [str(ROOT / "tests" / "e2e")]

# pylint: disable=wrong-import-position
from harness.caddy import Caddy  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from harness.haproxy import Haproxy  # noqa: E402
from harness.load import Load  # noqa: E402
from harness.network import free_port  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.node import Node, application  # noqa: E402
from harness.process import Process, children_of, tidy_up_on_exit  # noqa: E402
from harness.wait import wait_until  # noqa: E402

BACKENDS = 50
WORKERS = 2
"""Of each proxy: as many as the smallest machine that has more than one processor."""
CONNECTIONS = 32
SECONDS = 4
"""Of load, per contender and round: some ten thousand requests and more."""
RATE = 500
"""Requests a second while a backend leaves."""
BODY = "x" * 1024
CHANGE_SECONDS = 3


def filled(name, **values):
    return string.Template((HERE / name).read_text(encoding="utf-8")).substitute(values)


class Origin:
    """Fifty addresses, one process."""

    def __init__(self, directory, addresses):
        self.port = free_port()
        path = os.path.join(directory, "origin.conf")
        listens = " ".join(f"listen {address}:{self.port};" for address in addresses)
        with open(path, "w", encoding="utf-8") as file:
            user = "user root;\n" if os.geteuid() == 0 else ""
            file.write(user + filled("origin.nginx.conf", directory=directory, listens=listens,
                                     body=BODY))
        self._process = Process(["/usr/sbin/nginx", "-c", path, "-e",
                                 os.path.join(directory, "origin.log")],
                                os.path.join(directory, "origin.output"))

    def stop(self):
        self._process.stop()


class Contender:
    """A proxy, and how it came to its configuration. `change` takes a backend out of it by hand;
    where it is None, the cluster does."""

    def __init__(self, name, proxy, change=None):
        self.name = name
        self.proxy = proxy
        self.change = change
        self.rounds = []
        self.megabytes = 0.0
        self.seconds = 0.0
        self.loss = ""

    def load(self):
        out = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency",
             f"https://localhost:{self.proxy.https_port}/"],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        if re.search(r"Non-2xx|Socket errors", out):
            raise RuntimeError(f"{self.name} did not answer every request:\n{out}")
        self.rounds.append((float(re.search(r"Requests/sec:\s*([\d.]+)", out)[1]),
                            milliseconds(out, "50%"), milliseconds(out, "99%")))
        self.megabytes = megabytes_of(self.proxy.pid)

    def median(self, column):
        return statistics.median(each[column] for each in self.rounds)


def milliseconds(out, percent):
    number, unit = re.search(rf"\s{percent}\s+([\d.]+)(us|ms|s)\b", out).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def megabytes_of(pid):
    kilobytes = 0
    for each in [pid, *children_of(pid)]:
        rollup = pathlib.Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii")
        kilobytes += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])
    return kilobytes / 1024


class Bench:
    def __init__(self, cluster):
        self.cluster = cluster
        self.addresses = [cluster.addresses.take() for _ in range(BACKENDS)]
        self.origin = Origin(cluster.directory, self.addresses)
        self.contenders = []
        self.balancers = []
        self.backends = []

    def folder(self, name):
        path = os.path.join(self.cluster.directory, name)
        os.makedirs(path)
        return path

    def start_ours(self):
        """Every backend announces an application per engine, each on that engine's port; each balancer
        takes its own."""
        proxies = [make(self.folder(f"ours-{make.generator}"), WORKERS)
                   for make in (Nginx, Haproxy, Caddy)]
        for proxy in proxies:
            proxy.start()
            self.contenders.append(Contender(f"{proxy.generator}, scrimplb's", proxy))
            balancer = self.cluster.make_balancer(
                proxy.generator, **{
                    "generator": proxy.generator, "generator-target": proxy.target,
                    "tls-chain-location": proxy.chain, "tls-key-location": proxy.key,
                    "http-port": proxy.http_port, "https-port": proxy.https_port,
                    "supported-listen-ports": [str(proxy.https_port)],
                    "check-command": proxy.check_command(),
                    "reload-command": proxy.reload_command(), **proxy.settings()})
            self.balancers.append(balancer.start())
        for number, address in enumerate(self.addresses):
            config = self.cluster.node_config(f"backend-{number}", address)
            config["backend-config"] = {"applications": [
                application(f"web-{proxy.generator}", proxy.https_port, self.origin.port, ["localhost"])
                for proxy in proxies]}
            self.backends.append(Node(f"backend-{number}", self.cluster.directory, config).start())
        for proxy in proxies:
            wait_until(lambda proxy=proxy: len(proxy.servers()) == BACKENDS, 60,
                       f"{proxy.generator} has all backends")

    def start_by_hand(self):
        for name, make, template in (("nginx, by hand", Nginx, "by_hand.nginx.conf"),
                                     ("haproxy, by hand", Haproxy, "by_hand.haproxy.cfg"),
                                     ("caddy, by hand", Caddy, "by_hand.Caddyfile"),
                                     ("nginx, the original's", Nginx, "original.nginx.conf")):
            proxy = make(self.folder(template), WORKERS)
            by_hand = ByHand(proxy, template, self.origin.port)
            by_hand.write(self.addresses)
            proxy.start()
            by_hand.wait_served()
            restart = name.endswith("original's")
            self.contenders.append(Contender(
                name, proxy, lambda by_hand=by_hand, restart=restart: by_hand.take_out(
                    self.addresses[:-1], restart)))

    def change(self, contender):
        """One backend leaves under load: how long until the proxy runs without it, and what it cost.
        By hand the clock starts when the file is written; a cluster has to notice first."""
        proxy = contender.proxy
        with Load(proxy.chain, "localhost", proxy.https_port, rate=RATE) as load:
            time.sleep(1)
            started = time.monotonic()
            if contender.change:
                contender.change()
            else:
                count = len(proxy.servers())
                self.backends.pop().terminate()
                wait_until(lambda: len(proxy.servers()) == count - 1, 20, "out", every=0.002)
            contender.seconds = time.monotonic() - started
            time.sleep(CHANGE_SECONDS)
        contender.loss = f"{len(load.failed)} of {load.report['sent']}"

    def stop(self):
        for node in self.backends + self.balancers:
            if node.alive:
                node.kill()
        for contender in self.contenders:
            contender.proxy.stop()
        self.origin.stop()


class ByHand:
    """A configuration of bench/engines in a proxy's place for generated ones."""

    def __init__(self, proxy, template, port):
        self._proxy = proxy
        self._template = template
        self._port = port

    def _line(self, number, address):
        place = f"{address}:{self._port}"
        return {"nginx": f"server {place};", "haproxy": f"server s{number} {place}",
                "caddy": f"http://{place}"}[self._proxy.generator]

    def _text(self, addresses):
        lines = [self._line(number, address) for number, address in enumerate(addresses)]
        separator = " " if self._proxy.generator == "caddy" else "\n    "
        proxy = self._proxy
        return filled(self._template, servers=separator.join(lines), port=proxy.https_port,
                      chain=proxy.chain, key=proxy.key, socket=getattr(proxy, "socket", ""))

    def write(self, addresses):
        text = self._text(addresses)
        if self._proxy.generator == "caddy":
            adapted = subprocess.run(
                ["caddy", "adapt", "--adapter", "caddyfile", "--config", "/dev/stdin"], input=text,
                stdout=subprocess.PIPE, text=True, check=True).stdout
            text = json.dumps(json.loads(adapted))
        with open(self._proxy.target, "w", encoding="utf-8") as target:
            target.write(text)

    def wait_served(self):
        wait_until(self._answers, 10, f"{self._template} is served")

    def _answers(self):
        return subprocess.run(
            ["curl", "-sfk", "-o", "/dev/null", f"https://localhost:{self._proxy.https_port}/"],
            check=False).returncode == 0

    def take_out(self, addresses, restart):
        """Without those that are not among `addresses`; the original restarts, others reload."""
        self.write(addresses)
        if restart:
            self._proxy.stop()
            self._proxy.start()
        else:
            self._proxy.reload()
        wait_until(self._answers, 10, "served again", every=0.002)


def print_table(contenders):
    print(f"{'':24}{'requests/s':>11}{'p50 ms':>8}{'p99 ms':>8}{'PSS MB':>8}"
          f"{'one leaves: s':>15}{'failed':>14}")
    for each in contenders:
        print(f"{each.name:24}{each.median(0):11.0f}{each.median(1):8.2f}{each.median(2):8.2f}"
              f"{each.megabytes:8.1f}{each.seconds:15.3f}{each.loss:>14}")


def ratio(contenders, ours, theirs, column):
    """The median of the rounds' ratios: what disturbs a round disturbs both."""
    one, other = (next(each for each in contenders if each.name == name) for name in (ours, theirs))
    return statistics.median(a[column] / b[column]
                             for a, b in zip(one.rounds, other.rounds, strict=True))


def print_ratios(contenders):
    """Whether all goals were met."""
    goals = [(f"{engine}, scrimplb's", f"{engine}, by hand", 0.95, None)
             for engine in ("nginx", "haproxy", "caddy")]
    goals.append(("nginx, scrimplb's", "nginx, the original's", 1.2, 1.0))
    met = True
    print()
    for ours, theirs, rate_min, slow_max in goals:
        rate, slow = ratio(contenders, ours, theirs, 0), ratio(contenders, ours, theirs, 2)
        good = rate >= rate_min and (slow_max is None or slow <= slow_max)
        met = met and good
        print(f"{ours} to {theirs}: requests/s {rate:.2f} (goal {rate_min}), p99 {slow:.2f}"
              f"{'' if slow_max is None else f' (goal {slow_max} at most)'}"
              f"  {'ok' if good else 'MISSED'}")
    return met


def main():
    tidy_up_on_exit()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with Cluster() as cluster:
        bench = Bench(cluster)
        try:
            bench.start_ours()
            bench.start_by_hand()
            for number in range(rounds):
                print(f"round {number + 1} of {rounds}", file=sys.stderr)
                for contender in bench.contenders:
                    contender.load()
            for contender in bench.contenders:
                bench.change(contender)
        finally:
            bench.stop()
        print_table(bench.contenders)
        return 0 if print_ratios(bench.contenders) else 1


if __name__ == "__main__":
    sys.exit(main())
