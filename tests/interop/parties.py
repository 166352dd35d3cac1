"""The parties of the interoperability tests: Go memberlist peers, Serf agents, scrimplb nodes.

Each is a process on a loopback address of its own, and each has `view()`: what it believes about
every member, as {name: {"state": …, "meta": bytes, …}}, in one vocabulary ("alive", "suspect",
"dead", "left"). scrimplb and the Go peers are asked as members ask each other, by a push/pull; Serf
by its own command, whose states have other names and which shows tags, not bytes.

Stands on the end-to-end suite's harness (processes, addresses, scrimplb nodes, polling).
"""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

# pylint: disable=wrong-import-position
from harness import gossip  # noqa: E402
from harness.network import Addresses, free_port  # noqa: E402
from harness.node import Node, application  # noqa: E402
from harness.process import Process  # noqa: E402
from harness.wait import NotInTime, wait_until  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

PATIENCE = 60
"""Seconds for whatever must come in the end; what passes never waits so long."""

LOG_LINES_SHOWN = 40


def metadata(role, *applications, **more):
    """As the original announces it: gzip of JSON. `more` is what only ours understands."""
    said = {"type": role}
    if applications:
        said["applications"] = list(applications)
    said.update(more)
    return gzip.compress(json.dumps(said, separators=(",", ":")).encode(), mtime=0)


def read_log(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        return log.read()


def build_peer():
    """Builds peer.go into a directory of its own; the program's path. Debian's packages carry the
    sources, so nothing is fetched."""
    directory = tempfile.mkdtemp(prefix="scrimp-peer-")
    program = os.path.join(directory, "peer")
    environment = {"GOCACHE": os.path.join(directory, "cache"), **os.environ,
                   "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", program, os.path.join(HERE, "peer.go")],
                   env=environment, check=True)
    return program


class GoPeer:
    """A memberlist node; see peer.go. `program` is what build_peer() made."""

    def __init__(self, program, name, address, log_path, **settings):
        self.name = name
        self.address = address
        self.log = lambda: read_log(log_path)
        self.events = []
        self._answers = {}
        self._changed = threading.Condition()
        self._commands = 0
        with open(log_path, "ab") as log:
            self._child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           stderr=log, text=True, start_new_session=True)
        self._write({"name": name, "bind": address, "compression": True, "versions": [0, 0, 0],
                     **settings, "meta": settings.get("meta", b"").hex(),
                     "key": settings.get("key", b"").hex()})
        for text in self._child.stdout:
            line = json.loads(text)
            if "ready" in line:
                self.port = int(line["ready"].rpartition(":")[2])
                break
            self.events.append(line)  # It joins itself first.
        else:
            raise RuntimeError(f"the Go peer did not start: see {log_path}")
        threading.Thread(target=self._listen, daemon=True).start()

    def _write(self, line):
        self._child.stdin.write(json.dumps(line) + "\n")
        self._child.stdin.flush()

    def _listen(self):
        for text in self._child.stdout:
            line = json.loads(text)
            with self._changed:
                if "id" in line:
                    self._answers[line["id"]] = line
                else:
                    self.events.append(line)
                self._changed.notify_all()

    @property
    def alive(self):
        return self._child.poll() is None

    @property
    def pid(self):
        return self._child.pid

    def ask(self, what, **parameters):
        """Carries out one command; its answer. AssertionError if the peer says no."""
        with self._changed:
            self._commands += 1
            number = self._commands
            self._write({"id": number, "do": what, **parameters})
            if not self._changed.wait_for(lambda: number in self._answers, PATIENCE):
                raise AssertionError(f"{self.name} did not answer '{what}'")
            answer = self._answers.pop(number)
        if not answer["ok"]:
            raise AssertionError(f"{self.name}, {what}: {answer['error']}")
        return answer

    def join(self, *others):
        reached = self.ask("join", addresses=[f"{o.address}:{o.port}" for o in others])["reached"]
        assert reached == len(others), f"{self.name} reached {reached} of {len(others)}"

    def set_meta(self, meta):
        self.ask("meta", meta=meta.hex())

    def announce(self, role, *applications):
        """Metadata as the original writes it, made by Go's own gzip and JSON."""
        self.ask("announce", said={"type": role, "applications": list(applications)})

    def announcements(self):
        """What everybody announces, as the original reads it: {name: {"said": …, "exact": …}}."""
        return self.ask("announcements")["announcements"]

    def complaints(self):
        """The lines of its log that are warnings or errors."""
        return [line for line in self.log().splitlines() if "[ERR]" in line or "[WARN]" in line]

    def send(self, to, payload, reliable):
        self.ask("send", to=to.name, message=payload.hex(), reliable=reliable)

    def leave(self):
        """Says goodbye; the process lives on."""
        self.ask("leave")

    def members(self):
        return {member["name"]: member for member in self.ask("members")["members"]}

    def view(self):
        return gossip.members(self.address, self.port)

    def told(self, kind, name):
        """The events of that kind about `name`."""
        with self._changed:
            return [e for e in self.events if e["event"] == kind and e.get("name") == name]

    def messages(self):
        with self._changed:
            return [bytes.fromhex(e["message"]) for e in self.events if e["event"] == "message"]

    def signal(self, number):
        self._child.send_signal(number)

    def kill(self):
        """SIGKILL, and gone when this returns."""
        self._child.kill()
        self._child.wait(10)
        for pipe in (self._child.stdin, self._child.stdout):
            try:
                pipe.close()
            except OSError:
                pass  # A command that it no longer read.

    end = kill


class SerfAgent:
    """Debian's `serf agent`, asked through its RPC port with Debian's `serf`."""

    STATES = {"alive": "alive", "leaving": "alive", "left": "left", "failed": "dead"}

    def __init__(self, name, address, log_path, *options):
        self.name = name
        self.address = address
        self.port = free_port(address, udp=True)
        self.log = lambda: read_log(log_path)
        self._rpc = f"{address}:{free_port(address)}"
        self._process = Process(
            ["serf", "agent", "-node", name, "-bind", f"{address}:{self.port}",
             "-rpc-addr", self._rpc, *options], log_path)
        wait_until(lambda: name in self.view(), PATIENCE, f"the Serf agent {name} is up")

    @property
    def alive(self):
        return self._process.alive

    def run(self, command, *arguments):
        """One `serf` command; its output."""
        done = subprocess.run(["serf", command, f"-rpc-addr={self._rpc}", *arguments],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise OSError(f"serf {command}: {done.stdout}{done.stderr}")
        return done.stdout

    def join(self, *others):
        self.run("join", *(f"{other.address}:{other.port}" for other in others))

    def leave(self):
        """The agent says goodbye and ends."""
        self.run("leave")
        self._process.wait(PATIENCE)

    def view(self):
        listed = json.loads(self.run("members", "-format=json"))["members"] or []
        return {member["name"]: {"state": self.STATES[member["status"]]} for member in listed}

    def kill(self):
        return self._process.kill()

    def end(self):
        if self._process.alive:
            self._process.kill()


class Scrimp(Node):
    """A scrimplb node."""

    def start(self):
        """It answers when this returns."""
        super().start()
        wait_until(self.view, PATIENCE, f"{self.name} is up")
        return self

    def view(self):
        return gossip.members(self.address, self.port)

    def signal(self, number):
        os.kill(self.pid, number)

    def leave(self):
        """SIGTERM; asserts that it ends well."""
        code = self.stop(PATIENCE)
        assert code == 0, f"{self.name} ended with {code}"

    def end(self):
        if self.alive:
            self.kill()

    def upstreams(self):
        """{application: sorted servers} in the nginx configuration it generates."""
        path = self.config["load-balancer-config"]["generator-target"]
        try:
            with open(path, encoding="utf-8") as target:
                text = target.read()
        except FileNotFoundError:
            return {}
        found = re.findall(r"^\s*upstream\s+scrimp_(\S+)\s*\{(.*?)\}", text, re.M | re.S)
        return {name: sorted(re.findall(r"^\s*server\s+([^\s;]+)", body, re.M))
                for name, body in found}


class Table:
    """Where the parties of one test sit; whoever is left at the end is ended.

    `compression` and `versions` (the delegate's minimum, maximum and current) hold for all.
    """

    def __init__(self, peer_program, compression=True, versions=(0, 0, 0)):
        self._peer_program = peer_program
        self._compression = compression
        self._versions = list(versions)
        self._addresses = Addresses()
        self._parties = []
        self.directory = tempfile.mkdtemp(prefix="scrimp-interop-")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for party in self._parties:
            party.end()
        if os.environ.get("SCRIMP_KEEP"):
            print(f"kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def logs(self):
        """{party: the last lines of its log}, without those that our own questions leave there."""
        return {party.name: [line for line in party.log().splitlines()
                             if "Stream connection from" not in line][-LOG_LINES_SHOWN:]
                for party in self._parties}

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _seat(self, party):
        self._parties.append(party)
        return party

    def go(self, name, **settings):
        """A Go peer. To follow another under its name, give `address` and `port`."""
        settings = {"compression": self._compression, "versions": self._versions, **settings}
        address = settings.pop("address", None) or self._addresses.take()
        return self._seat(GoPeer(self._peer_program, name, address, self._path(f"{name}.log"),
                                 **settings))

    def serf(self, name, *options):
        if not self._compression:
            options = (*options, "-disable-compression")
        return self._seat(SerfAgent(name, self._addresses.take(), self._path(f"{name}.log"),
                                    *options))

    def scrimp(self, name, seed=None, **settings):
        """A node, not started; `seed` is the party it joins through."""
        address = self._addresses.take()
        state = self._path(f"state-{name}")
        os.makedirs(state)
        config = {"node-name": name, "bind-address": address,
                  "port": str(free_port(address, udp=True)), "state-dir": state,
                  "compression": self._compression, "delegate-versions": self._versions,
                  "log-level": "debug", "provider": "dummy", **settings}
        if seed is not None:
            config["provider"] = "manual"
            config["provider-config"] = {"ip": seed.address, "port": str(seed.port)}
        return self._seat(Scrimp(name, self.directory, config))

    def backend(self, name, seed=None, applications=(application("web", 443, 8080),), **settings):
        """A scrimplb backend, running."""
        settings["backend-config"] = {"applications": list(applications)}
        return self.scrimp(name, seed, **settings).start()

    def balancer(self, name, seed=None, **settings):
        """A scrimplb balancer that writes its nginx configuration and runs no command, running."""
        settings["lb"] = True
        settings["resolver"] = "static"
        node = self.scrimp(name, seed, **settings)
        node.config["resolver-config"] = {"address": node.address}
        node.config["load-balancer-config"] = {
            "generator": "nginx", "generator-target": self._path(f"{name}.conf"),
            "check-command": [], "reload-command": []}
        return node.start()


def wait_view(party, wanted, seconds=PATIENCE):
    """Until `party` believes of each name what `wanted` says: {name: state}."""
    seen = {}

    def holds():
        if not party.alive:
            raise AssertionError(f"{party.name} is dead")
        seen.clear()
        seen.update({name: member["state"] for name, member in party.view().items()})
        return all(seen.get(name) == state for name, state in wanted.items())

    try:
        wait_until(holds, seconds, f"{party.name} sees {wanted}", every=0.05)
    except NotInTime as error:
        raise AssertionError(f"{error}; it sees {seen}") from None


def wait_together(*parties):
    """Until each of them sees all of them alive."""
    for party in parties:
        wait_view(party, {other.name: "alive" for other in parties})


def wait_meta(party, name, meta):
    """Until `party` has exactly these bytes as the metadata of `name`."""
    wait_until(lambda: party.view().get(name, {}).get("meta") == meta, PATIENCE,
               f"{party.name} has the metadata of {name}", every=0.05)


STOP, CONTINUE = signal.SIGSTOP, signal.SIGCONT
