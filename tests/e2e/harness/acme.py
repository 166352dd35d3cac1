"""A test ACME server, Debian's pebble, and two clients of Debian's: certbot and dehydrated.

Pebble validates by HTTP-01 on the port it is told, at the address that the given name server says.
"""

import json
import os
import ssl
import subprocess
import urllib.request

from .network import free_port
from .node import SCRIMPLB
from .process import Process
from .wait import wait_until


class Pebble:
    """Use as a context manager: it runs. `chain` and `key` are its own TLS files, for 127.0.0.1."""

    def __init__(self, directory, chain, key, http_port, name_server):
        self.directory = os.path.join(directory, f"pebble-{http_port}")
        os.makedirs(self.directory)
        self.chain = chain
        self._port = free_port()
        self._name_server = name_server
        self._process = None
        with open(os.path.join(self.directory, "config.json"), "w", encoding="utf-8") as file:
            json.dump({"pebble": {
                "listenAddress": f"127.0.0.1:{self._port}",
                "managementListenAddress": f"127.0.0.1:{free_port()}",
                "certificate": chain, "privateKey": key, "httpPort": http_port,
                "tlsPort": free_port(), "ocspResponderURL": ""}}, file)

    @property
    def url(self):
        return f"https://127.0.0.1:{self._port}/dir"

    def __enter__(self):
        self._process = Process(
            ["/usr/bin/pebble", "-config", os.path.join(self.directory, "config.json"),
             "-dnsserver", self._name_server],
            os.path.join(self.directory, "log"),
            env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"})
        wait_until(self._answers, 10, "pebble answers")
        return self

    def __exit__(self, *_):
        self._process.stop()

    def _answers(self):
        try:
            context = ssl.create_default_context(cafile=self.chain)
            return urllib.request.urlopen(self.url, timeout=2, context=context).status == 200
        except OSError:
            return False

    def log(self):
        with open(os.path.join(self.directory, "log"), encoding="utf-8") as file:
            return file.read()


def certbot(pebble, config_path, *domains):
    """The path of the chain that certbot got, with the node of config_path for its hooks; what it
    said is the error if it got none."""
    home = os.path.join(pebble.directory, "certbot")
    hook = f"{SCRIMPLB} challenge certbot %s --config-file {config_path}"
    _run(["certbot", "certonly", "--non-interactive", "--agree-tos", "--server", pebble.url,
          "--register-unsafely-without-email", "--key-type", "ecdsa", "--config-dir", home,
          "--work-dir", home, "--logs-dir", home, "--manual", "--preferred-challenges", "http",
          "--manual-auth-hook", hook % "add", "--manual-cleanup-hook", hook % "remove",
          *(word for domain in domains for word in ("-d", domain))],
         REQUESTS_CA_BUNDLE=pebble.chain)
    return os.path.join(home, "live", domains[0], "fullchain.pem")


def dehydrated(pebble, config_path, *domains):
    """The same with dehydrated."""
    home = os.path.join(pebble.directory, "dehydrated")
    os.makedirs(home)
    hook = os.path.join(home, "hook")
    with open(hook, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\nexec {SCRIMPLB} challenge dehydrated '
                   f'--config-file {config_path} -- "$@"\n')
    os.chmod(hook, 0o755)
    config = os.path.join(home, "config")
    with open(config, "w", encoding="ascii") as file:
        file.write(f'CA={pebble.url}\nBASEDIR={home}\nWELLKNOWN={home}\nHOOK={hook}\n'
                   'CHALLENGETYPE=http-01\nKEY_ALGO=prime256v1\nKEYSIZE=2048\n')
    names = [word for domain in domains for word in ("--domain", domain)]
    for action in (["--register", "--accept-terms"], ["--cron", *names]):
        _run(["dehydrated", "--config", config, *action], CURL_CA_BUNDLE=pebble.chain)
    return os.path.join(home, "certs", domains[0], "fullchain.pem")


def names_of(chain):
    """The domains of a certificate, sorted."""
    said = subprocess.run(["openssl", "x509", "-in", chain, "-noout", "-ext", "subjectAltName"],
                          check=True, capture_output=True, text=True).stdout
    return sorted(word.strip(" ,").removeprefix("DNS:")
                  for word in said.replace(",", " ").split() if word.startswith("DNS:"))


def _run(words, **environment):
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(f"{words[0]}: {done.stdout}\n{done.stderr}")
