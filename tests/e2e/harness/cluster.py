"""A private nginx, a balancer and backends put together, all on loopback."""

import os
import shutil
import tempfile
import time

from . import gossip
from .application import Application
from .caddy import Caddy
from .client import Client, SlowRequest
from .haproxy import Haproxy
from .load import Load
from .network import Addresses, free_port
from .nginx import Nginx
from .node import SCRIMPLB, Node, application
from .wait import wait_until

ENGINES = {"nginx": Nginx, "haproxy": Haproxy, "caddy": Caddy}


class Backend:
    """A host: a node and its application, which live and die as told."""

    def __init__(self, node, server):
        self.node = node
        self.server = server
        self.name = node.name

    @property
    def upstream(self):
        """As the proxy's configuration names it."""
        address = self.server.address
        return f"[{address}]:{self.server.port}" if ":" in address else \
            f"{address}:{self.server.port}"

    def start(self):
        if not self.server.alive:
            self.server.start()
        self.node.start()
        return self

    def kill(self):
        """The host is gone: SIGKILL for both."""
        self.node.kill()
        self.server.kill()

    def stop(self):
        """As a service manager does it: SIGTERM for the node, and once it is gone, for the
        application. Returns the node's exit code."""
        self.node.terminate()
        return self.end()

    def end(self):
        """Waits for the node, which was told to go, and stops the application."""
        code = self.node.wait()
        self.server.stop()
        return code


class Cluster:
    """Use as a context manager. Nothing but nginx (with so many workers) runs until told to.
    `make_application` is called as Application is, for every backend; `connections` is how many a
    worker of the proxy may have, to clients and backends. The proxy is `nginx`, whatever
    `engine` makes of it; without one, what SCRIMP_ENGINE says."""

    def __init__(self, workers=2, make_application=Application, connections=2048, engine=None):
        if not os.access(SCRIMPLB, os.X_OK):
            raise FileNotFoundError(f"no scrimplb at {SCRIMPLB}: ./dev build, or set SCRIMPLB")
        self.directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addresses = Addresses()
        engine = engine or ENGINES[os.environ.get("SCRIMP_ENGINE", "nginx")]
        self.nginx = engine(self.directory, workers, connections)
        self.client = Client(self.nginx.chain)
        self._make_application = make_application
        self.backends = {}
        self._application_ports = {}
        self.seeds_path = os.path.join(self.directory, "seeds.json")
        self.balancer = self.make_balancer()

    def __enter__(self):
        self.nginx.start()
        return self

    def __exit__(self, *_):
        for backend in self.backends.values():
            if backend.node.alive:
                backend.node.kill()
            backend.server.kill()
        if self.balancer.alive:
            self.balancer.stop()
        self.nginx.stop()
        if os.environ.get("SCRIMP_KEEP"):
            print(f"kept: {self.directory}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def node_config(self, name, address=None):
        """What every node of this cluster has in its configuration file."""
        address = address or self.addresses.take()
        state = os.path.join(self.directory, f"state-{name}")
        os.makedirs(state, exist_ok=True)
        return {"node-name": name, "bind-address": address,
                "port": str(free_port(address, udp=True)), "log-level": "debug",
                "state-dir": state,
                "provider": "file", "provider-config": {"path": self.seeds_path}}

    def make_balancer(self, name="balancer", **settings):
        """A balancer's Node, not started; `settings` go into load-balancer-config."""
        config = self.node_config(name)
        config["lb"] = True
        config["resolver"] = "static"
        config["resolver-config"] = {"address": config["bind-address"]}
        config["load-balancer-config"] = {
            "generator": self.nginx.generator, "generator-target": self.nginx.target,
            "tls-chain-location": self.nginx.chain, "tls-key-location": self.nginx.key,
            "http-port": self.nginx.http_port, "https-port": self.nginx.https_port,
            "check-command": self.nginx.check_command(),
            "reload-command": self.nginx.reload_command(), **self.nginx.settings(), **settings}
        return Node(name, self.directory, config)

    def start_balancer(self):
        """Started, and nginx serves what it generated (the 503 page where nobody is yet)."""
        self.balancer.start()
        wait_until(lambda: self.get("nobody.scrimp.test").status == 503, 20,
                   "the balancer's first configuration is served")

    def add_backend(self, name, application_name="web", domains=None, address=None):
        """A Backend whose application runs; its node is not started. Backends of one
        application share its port, so they are pooled."""
        config = self.node_config(name, address)
        if application_name not in self._application_ports:
            self._application_ports[application_name] = free_port()
        server = self._make_application(name, config["bind-address"], self.directory,
                                        self._application_ports[application_name])
        config["backend-config"] = {"applications": [
            application(application_name, self.nginx.https_port, server.port, domains)]}
        backend = Backend(Node(name, self.directory, config), server)
        self.backends[name] = backend
        return backend

    def get(self, host, path="/", **options):
        """One request through nginx's TLS port."""
        return self.client.get(host, self.nginx.https_port, path, **options)

    def load(self, host, **options):
        """A steady load on nginx's TLS port, to be entered."""
        return Load(self.nginx.chain, host, self.nginx.https_port, **options)

    def held_request(self, host):
        """A request under way until it is let go."""
        return self.client.hold(host, self.nginx.https_port)

    def slow_request(self, host, seconds):
        """A request under way that takes so long."""
        return SlowRequest(self.client, host, self.nginx.https_port, seconds)

    def is_answered_by(self, host, names):
        """A probe: one request, whether it is a 200 of one of `names`."""
        answer = self.get(host)
        return answer.status == 200 and answer.backend in names

    def wait_routed(self, *backends, seconds=20):
        """Until the configuration has all of them and nothing that is to come is missing."""
        wanted = {backend.upstream for backend in backends}
        wait_until(lambda: wanted <= set(self.nginx.servers()), seconds,
                   f"{', '.join(sorted(wanted))} in the configuration", every=0.002)

    def wait_out(self, backend, seconds=30):
        """Until the configuration no longer has it."""
        wait_until(lambda: backend.upstream not in self.nginx.servers(), seconds,
                   f"{backend.name} out of the configuration", every=0.002)

    def wait_quiet(self, seconds=1.0, at_most=30):
        """Until nginx was not reloaded for so long and no old worker is left."""
        since, count = time.monotonic(), self.nginx.reloads()
        deadline = since + at_most
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if self.nginx.reloads() != count:
                since, count = time.monotonic(), self.nginx.reloads()
            elif time.monotonic() - since >= seconds:
                return
        raise AssertionError("nginx is reloaded again and again")

    def members(self, node=None):
        """Names of the living members, as `node` (the balancer) sees them."""
        node = node or self.balancer
        return gossip.alive_members(node.address, node.port)

    def wait_members(self, names, node=None, seconds=20):
        wanted = sorted(names)
        wait_until(lambda: self.members(node) == wanted, seconds, f"members are {wanted}",
                   every=0.05)
