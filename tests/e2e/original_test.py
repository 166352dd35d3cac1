"""The original's own configurations, as they are: a balancer with S3, a backend with S3, backends
with one address and with a directory, a balancer with the dummy provider. They name one port and
absolute paths, so each runs on a machine of its own; the environment says where S3 and the metadata
service are, as it does for AWS's own tools, and Ceph's gateway is the store."""

import os
import shutil
import tempfile
import unittest

from harness.machine import Machine, make_network
from harness.metadata_server import Imds
from harness.network import network_for_module
from harness.nginx import make_certificate, routes_of
from harness.node import SCRIMPLB
from harness.process import ROOT
from harness.radosgw import RadosGateway
from harness.wait import wait_until

CONFIGURATIONS = os.path.join(ROOT, "src", "app", "testdata")
STORE = "10.0.0.254"


def setUpModule():
    network_for_module()
    make_network()


class TheOriginalsConfigurations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="scrimp-original-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.store = cls.enterClassContext(RadosGateway(STORE))
        cls.bucket = cls.store.create_bucket("scrimp-seeds")

    def machine(self, name, *addresses):
        machine = Machine(name, self.directory, addresses)
        self.addCleanup(machine.remove)
        return machine

    def start(self, machine, configuration, **environment):
        # The directory of applications is named relative to where the program is started.
        process = machine.start(
            SCRIMPLB, "-config-file", os.path.join(CONFIGURATIONS, configuration),
            cwd=os.path.dirname(CONFIGURATIONS),
            AWS_ACCESS_KEY_ID=self.store.access_key, AWS_SECRET_ACCESS_KEY=self.store.secret_key,
            AWS_ENDPOINT_URL_S3=self.store.endpoint, **environment)
        self.addCleanup(lambda: process.alive and process.kill())
        return process

    def test_a_balancer_and_three_backends_run_unchanged(self):
        balancer = self.machine("lb", "10.0.0.1", "fd00::1")
        os.mkdir(os.path.join(balancer.etc, "scrimplb"))
        make_certificate(os.path.join(balancer.etc, "scrimplb"))
        # As docs/nginx.md asks of whoever has Debian's nginx.
        os.remove(os.path.join(balancer.etc, "nginx", "sites-enabled", "default"))
        service = self.enterContext(Imds(STORE, local_ipv4="10.0.0.1"))
        self.start(balancer, "lb-s3.json", AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)
        wait_until(lambda: self.bucket.seeds() == ["10.0.0.1:9999"], 30,
                   "the balancer is published")
        for name, configuration, addresses in (
                ("s3", "backend-s3.json", ["10.0.0.2"]),
                ("directory", "backend-directory.json", ["10.0.0.3"]),
                ("manual", "backend-manual.json", ["10.0.0.4", "fd00::4"])):
            self.start(self.machine(name, *addresses), configuration)
        target = os.path.join(balancer.etc, "nginx", "conf.d", "scrimp.conf")

        def routes():
            with open(target, encoding="utf-8") as file:
                return routes_of(file.read())
        expected = {"plain": ["10.0.0.2:8080"], "secure": ["10.0.0.2:8443"],
                    "shop": ["10.0.0.4:8080"]}
        wait_until(lambda: expected.items() <= routes().items() and len(routes()) == 5, 30,
                   "every application is routed")
        self.assertEqual({name for name, servers in routes().items()
                          if servers[0].startswith("10.0.0.3:")}, {"app1", "app2"})

    def test_a_balancer_with_the_dummy_provider_begins_a_cluster(self):
        alone = self.machine("alone", "10.0.0.9", "fd00::9")
        process = self.start(alone, "lb-dummy.json")
        wait_until(lambda: "rollout" in alone.log(), 10, "it configures its proxy")
        self.assertTrue(process.alive)


if __name__ == "__main__":
    unittest.main()
