"""A private nginx: own prefix, own ports, a certificate made on the spot, no privileges needed.

It is configured as an operator would for `scrimplb`: one main file that includes conf.d/*.conf,
and nothing else. Reloads are counted in nginx's own error log, worker generations by process id.
"""

import datetime
import os
import re
import subprocess

from .network import free_port
from .process import Process, children_of
from .wait import wait_until

NGINX = os.environ.get("NGINX", "/usr/sbin/nginx")

SHUTDOWN_SECONDS = 60
"""After a reload, old workers end after so long whatever they have open."""

DOMAIN = "scrimp.test"
"""Applications of the tests live below this one; the certificate covers one level of names."""


def make_certificate(directory):
    """Writes chain.pem and key.pem; returns their paths."""
    chain = os.path.join(directory, "chain.pem")
    key = os.path.join(directory, "key.pem")
    names = f"DNS:localhost,DNS:*.localhost,DNS:{DOMAIN},DNS:*.{DOMAIN},IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "90", "-subj", f"/CN={DOMAIN}",
         "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-addext", f"subjectAltName={names}", "-keyout", key, "-out", chain],
        check=True, capture_output=True)
    return chain, key


MAIN = """\
{user}daemon off;
worker_processes {workers};
worker_shutdown_timeout {shutdown};
pid {prefix}/nginx.pid;
error_log {prefix}/error.log notice;
events {{ worker_connections {connections}; }}
http {{
    map $status $failed {{ ~^[123] 0; default 1; }}
    log_format failed '$status $request_uri $upstream_addr';
    access_log {prefix}/failed.log failed if=$failed;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    include {prefix}/conf.d/*.conf;
}}
"""


class Nginx:
    generator = "nginx"

    def __init__(self, directory, workers, connections=2048):
        self.prefix = os.path.join(directory, "nginx")
        os.makedirs(os.path.join(self.prefix, "conf.d"))
        self.main = os.path.join(self.prefix, "nginx.conf")
        self.target = os.path.join(self.prefix, "conf.d", "scrimplb.conf")
        self.error_log = os.path.join(self.prefix, "error.log")
        self.chain, self.key = make_certificate(directory)
        self.http_port = free_port()
        self.https_port = free_port()
        self._process = None
        # Started by root, workers would otherwise be a user who may not enter our prefix.
        user = "user root;\n" if os.geteuid() == 0 else ""
        with open(self.main, "w", encoding="utf-8") as main:
            main.write(MAIN.format(user=user, prefix=self.prefix, workers=workers,
                                   connections=connections, shutdown=f"{SHUTDOWN_SECONDS}s"))

    def start(self):
        self._process = Process([NGINX, "-p", self.prefix, "-c", self.main, "-e", self.error_log],
                                os.path.join(self.prefix, "output.log"))
        wait_until(self._has_started, 10, "nginx is up")

    def _has_started(self):
        if not self._process.alive:
            raise RuntimeError(f"nginx did not start: {self.log()}")
        return os.path.exists(os.path.join(self.prefix, "nginx.pid")) and self.workers()

    def stop(self):
        if self._process:
            self._process.stop()

    @property
    def alive(self):
        return self._process.alive

    @property
    def pid(self):
        """The master's; it stays the same through every reload."""
        return self._process.pid

    def workers(self):
        """Process ids of all workers, those that are finishing old requests included."""
        return children_of(self.pid)

    def settings(self):
        """What load-balancer-config needs for this one alone."""
        return {}

    def reload_command(self):
        """As docs/nginx.md has it."""
        return ["sh", "-c", f"kill -HUP $(cat {self.prefix}/nginx.pid)"]

    def reload(self):
        subprocess.run(self.reload_command(), check=True, capture_output=True)

    def check_command(self):
        """As docs/nginx.md has it for a private nginx; `scrimplb` is the running program."""
        return ["scrimplb", "check-nginx", "--main", self.main, "--prefix", self.prefix,
                "{candidate}", "{target}"]

    def log(self):
        try:
            with open(self.error_log, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def reloads(self):
        """Times the master was told to reconfigure."""
        return len(re.findall(r"signal 1 \(SIGHUP\) received.*reconfiguring", self.log()))

    def failed_requests(self):
        """Lines of status, place and the upstreams that were tried, of all that were not answered
        as was wished."""
        try:
            with open(os.path.join(self.prefix, "failed.log"), encoding="ascii",
                      errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def reload_moments(self):
        """When, comparable with time.time(), to the second."""
        return [datetime.datetime.strptime(said, "%Y/%m/%d %H:%M:%S").timestamp()
                for said in re.findall(
                    r"^(\S+ \S+) .*signal 1 \(SIGHUP\) received.*reconfiguring", self.log(), re.M)]

    def failed_reloads(self):
        """Lines of the master about a configuration that it refused."""
        return re.findall(r".*\[emerg\].*", self.log())

    def test(self):
        """Runs `nginx -t` on what stands on disk; (accepted, what it said)."""
        result = subprocess.run([NGINX, "-t", "-p", self.prefix, "-c", self.main, "-e", "stderr"],
                                capture_output=True, text=True, check=False)
        return result.returncode == 0, result.stderr

    def text(self):
        """The generated configuration, empty if there is none yet."""
        try:
            with open(self.target, encoding="utf-8") as target:
                return target.read()
        except FileNotFoundError:
            return ""

    def routes(self):
        """{application: sorted servers} as the generated configuration has them."""
        return routes_of(self.text())

    def servers(self):
        """Every upstream server there is, sorted."""
        return sorted({server for servers in self.routes().values() for server in servers})


def routes_of(text):
    """{application: sorted servers} as a generated configuration has them."""
    routes = {}
    upstream = re.compile(r"^\s*upstream\s+scrimp_(\S+)\s*\{(.*?)\}", re.M | re.S)
    for name, body in upstream.findall(text):
        routes[name] = sorted(re.findall(r"^\s*server\s+([^\s;]+)", body, re.M))
    return routes
