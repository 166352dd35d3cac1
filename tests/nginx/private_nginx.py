"""A private nginx on ports from the kernel, and backends for it to stand before."""

import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

# pylint: disable=wrong-import-position
from harness.network import free_port  # noqa: E402

RENDER_TABLE = os.environ.get("RENDER_TABLE", "render_table")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
ANY_CERTIFICATE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANY_CERTIFICATE.check_hostname = False
ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE
GENERATION_PATH = "/.well-known/scrimplb/generation"
MAIN = """
{user}daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/lb.conf;
}}
"""


def route(name="web", listen_port=443, protocol="http", domains=("web.example",),
          upstreams=("127.0.0.1:8080",), options=None):
    """`options` as an application announces them."""
    return {"name": name, "listen_port": listen_port, "protocol": protocol,
            "domains": list(domains), "upstreams": list(upstreams), "options": options or {}}


class PrivateNginx:
    """A folder with a certificate, a main configuration and our file in it."""

    def __init__(self, http_port=None, https_port=None, ipv6=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="scrimplb-nginx-"))
        self.http_port = http_port or free_port()
        self.https_port = https_port or free_port()
        self.ipv6 = ipv6
        self.process = None
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-keyout", self.folder / "key.pem", "-out",
                        self.folder / "chain.pem"], check=True, capture_output=True)
        # Started by root, workers would otherwise be a user who may not enter our folder.
        user = "user root;\n" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user))

    def render(self, routes, ca=""):
        table = {"routes": routes, "chain": str(self.folder / "chain.pem"),
                 "key": str(self.folder / "key.pem"), "http_port": self.http_port,
                 "https_port": self.https_port, "ipv6": self.ipv6, "ca": str(ca)}
        done = subprocess.run([RENDER_TABLE], input=json.dumps(table), text=True,
                              capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        (self.folder / "lb.conf").write_text(done.stdout)
        return done.stdout

    def add_before(self, text):
        """Puts what an operator may have of his own before our text."""
        ours = self.folder / "lb.conf"
        ours.write_text(text.replace(" ssl;", f" ssl; ssl_certificate {self.folder}/chain.pem;"
                                     f" ssl_certificate_key {self.folder}/key.pem;")
                        + ours.read_text())

    def check_command(self):
        return [NGINX, "-t", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", "stderr"]

    def check(self):
        return subprocess.run(self.check_command(), text=True, capture_output=True, check=False)

    def weigh_check(self):
        """The exit code of a check, and the most memory it had, in kB."""
        checking = subprocess.Popen(self.check_command(), stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(checking.pid, 0)
        checking.returncode = os.waitstatus_to_exitcode(status)
        return checking.returncode, usage.ru_maxrss

    def start(self):
        self.process = subprocess.Popen(
            [NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf", "-e",
             self.folder / "error.log"])
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.https_port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("nginx did not start:\n" + (self.folder / "error.log").read_text())

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
        shutil.rmtree(self.folder)

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.https_port), 10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ANY_CERTIFICATE.wrap_socket(raw, server_hostname="web.example")

    def ask(self, path="/", method="GET", host="web.example", headers=(), body=None):
        connection = http.client.HTTPSConnection("127.0.0.1", context=ANY_CERTIFICATE)
        connection.sock = self.connect()
        connection.request(method, path, body, {"Host": host, **dict(headers)})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    def ask_plain(self, path, host="web.example"):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it saw, as JSON."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = json.dumps({"path": self.path, "port": self.server.server_port,
                           "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


class Backend:
    """An echoing application; kill() resets every connection, as a killed process does."""

    def __init__(self, address="127.0.0.1"):
        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
            connections = []

            def process_request(self, request, client_address):
                self.connections.append(request)
                super().process_request(request, client_address)

            def handle_error(self, *_):
                pass

        self.server = Server((address, 0), Echo)
        self.port = self.server.server_port
        host = f"[{address}]" if ":" in address else address
        self.endpoint = f"{host}:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def kill(self):
        self.server.shutdown()
        self.server.socket.close()
        for connection in self.server.connections:
            try:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            except OSError:
                pass


class RawBackend:
    """Hands every connection to `talk`, counted from 1, in a thread of its own."""

    def __init__(self, talk):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.talk = talk
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        number = 0
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self.talk, args=(connection, number), daemon=True).start()

    def kill(self):
        # Before the number of its descriptor may be another's, whose connections it would take.
        self.listener.shutdown(socket.SHUT_RDWR)  # Wakes accept(), which close() would not.
        self.thread.join()
        self.listener.close()
