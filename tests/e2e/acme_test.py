"""ACME's HTTP-01 challenges: a real client runs on a backend, every balancer answers, and a real
server asks whichever it likes. SCRIMP_ENGINE names the proxy of the
first balancer; the second's is nginx."""

import http.client
import os
import unittest

from harness.acme import Pebble, certbot, dehydrated, names_of
from harness.case import ClusterCase
from harness.dns_server import DnsServer
from harness.nginx import Nginx
from harness.node import scrimplb
from harness.wait import wait_until

PATH = "/.well-known/acme-challenge/"
TOKEN = "-Zx4" + "t" * 39  # The first character looks like an option's.
ANSWER = TOKEN + "." + "k" * 43
NAMES = ["plain.scrimp.test", "shop.scrimp.test", "www.shop.scrimp.test"]


class Acme(ClusterCase):
    def setUp(self):
        super().setUp()
        cluster = self.cluster
        elsewhere = os.path.join(cluster.directory, "second")
        os.makedirs(elsewhere)
        self.second = Nginx(elsewhere, workers=1)
        self.second.start()
        self.addCleanup(self.second.stop)
        second = self.second
        self.other = cluster.make_balancer(
            "second", **{"generator": "nginx", "generator-target": second.target,
                         "http-port": second.http_port,
                         "https-port": second.https_port,
                         "tls-chain-location": second.chain, "tls-key-location": second.key,
                         "check-command": second.check_command(),
                         "reload-command": second.reload_command()})
        for key in cluster.nginx.settings():
            del self.other.config["load-balancer-config"][key]
        cluster.start_balancer()
        self.other.start()
        self.addCleanup(self.other.stop)
        # An application that has port 80 to itself, and a client of its own perhaps.
        self.backend = cluster.add_backend("b1", "plain", ["plain.scrimp.test"])
        (plain,) = self.backend.node.config["backend-config"]["applications"]
        plain["listen-port"] = str(cluster.nginx.http_port)
        self.backend.start()
        for node in (self.backend.node, cluster.balancer, self.other):
            cluster.wait_members(["b1", "balancer", "second"], node)
        wait_until(lambda: all(self.get(port, "shop.scrimp.test", path="/")[0] == 301
                               for port in self.ports), 20, "both answer")
        wait_until(lambda: "b1" in self.get(self.ports[0], "plain.scrimp.test", path="/")[1], 20,
                   "the application answers")
        self.engine = cluster.nginx.generator
        # HAProxy asks nothing of the daemon where an application has the port.
        self.names = NAMES[1:] if self.engine == "haproxy" else NAMES

    @property
    def ports(self):
        return self.cluster.nginx.http_port, self.second.http_port

    def get(self, port, host, token="unknown", path=PATH):
        """Status and body of a challenge's place, or another; 0 if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path + (token if path == PATH else ""), headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def ask(self, *words):
        return scrimplb("challenge", *words[:1], "--config-file", self.backend.node.config_path,
                        "--", *words[1:])

    def test_every_balancer_answers_and_real_clients_get_their_certificates(self):
        said = self.ask("add", TOKEN, ANSWER)
        self.assertEqual((said.returncode, said.stdout), (0, "held by balancer, second\n"),
                         said.stderr)
        for port in self.ports:
            for host in self.names:
                self.assertEqual(self.get(port, host, TOKEN), (200, ANSWER))
        # What is not ours goes on: to the application that has the port, or to HTTPS. A worker from
        # before the application takes connections until it is told to quit.
        if self.engine != "caddy":
            wait_until(lambda: "b1" in self.get(self.ports[0], "plain.scrimp.test")[1], 5,
                       "the application answers what is not ours")
        over = 404 if self.engine == "caddy" else 301
        self.assertEqual(self.get(self.ports[0], "shop.scrimp.test")[0], over)
        self.assertNotEqual(self.ask("add", TOKEN, ANSWER + "\n").returncode, 0)

        # A balancer that restarts hears of it again.
        self.other.stop()
        self.other.start()
        wait_until(lambda: self.get(self.ports[1], "x.test", TOKEN) == (200, ANSWER), 20,
                   "the restarted one answers too")
        self.assertEqual(self.ask("remove", TOKEN).returncode, 0)
        for port in self.ports:
            wait_until(lambda port=port: self.get(port, "x.test", TOKEN)[0] in (301, over), 5,
                       "it is over")

        names = self.enterContext(
            DnsServer(self.cluster.addresses.take(), self.cluster.directory))
        names.start(*(f"host-record={name},127.0.0.1" for name in NAMES))
        # dehydrated starts some fifty programs for each name.
        for client, port, wanted in ((certbot, self.ports[1], NAMES),
                                     (dehydrated, self.ports[0], NAMES[1:2])):
            with Pebble(self.cluster.directory, self.cluster.nginx.chain, self.cluster.nginx.key,
                        port, names.name) as pebble:
                chain = client(pebble, self.backend.node.config_path, *wanted)
                self.assertEqual(names_of(chain), wanted)

    def test_a_balancer_that_takes_none_is_named(self):
        third = self.cluster.make_balancer("third", generator="dummy", challenges=["b2*"])
        for key in ("check-command", "reload-command", "generator-target",
                    *self.cluster.nginx.settings()):
            del third.config["load-balancer-config"][key]
        third.start()
        self.addCleanup(third.stop)
        self.cluster.wait_members(["b1", "balancer", "second", "third"], self.backend.node)
        said = self.ask("add", TOKEN, ANSWER)
        self.assertEqual(said.returncode, 1)
        self.assertIn("held by balancer, second; third takes none of this node", said.stderr)


if __name__ == "__main__":
    unittest.main()
