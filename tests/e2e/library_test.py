"""libscrimplb as its users meet it: installed into an empty prefix, found by CMake, linked into the
two example programs, which then work in a real cluster."""

import os
import shutil
import subprocess
import tempfile
import unittest

from harness.network import Addresses, free_port
from harness.node import SCRIMPLB, Node, application
from harness.process import ROOT, Process
from harness.wait import wait_until

EXAMPLES = os.path.join(ROOT, "examples", "library")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


class InstalledLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="scrimp-library-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.prefix = os.path.join(cls.directory, "prefix")
        run("cmake", "--install", os.path.dirname(SCRIMPLB), "--prefix", cls.prefix)
        build = os.path.join(cls.directory, "build")
        # Without link-time optimisation: the archive serves any linker, and the test is quicker.
        run("cmake", "-S", EXAMPLES, "-B", build, "-G", "Ninja",
            "-DCMAKE_EXE_LINKER_FLAGS=-fno-lto", f"-DCMAKE_PREFIX_PATH={cls.prefix}")
        run("cmake", "--build", build)
        cls.build = build

    def setUp(self):
        addresses = Addresses()
        self.balancer = self.node("balancer", addresses.take(), {"lb": True, "resolver": "ipv4"})
        self.backend = self.node("shop", addresses.take(), {
            "provider": "manual",
            "provider-config": {"ip": self.balancer.address, "port": str(self.balancer.port)},
            "backend-config": {"applications": [
                application(f"shop{i:03}", 443, 8080) for i in range(100)]}})
        self.own = addresses.take()
        self.seed = f"{self.balancer.address}:{self.balancer.port}"
        self.balancer.start()
        # The examples join once: whoever they are pointed at must be there.
        self.balancer.wait_log(f"listening on {self.seed}")

    def node(self, name, address, config):
        node = Node(name, self.directory, {
            "node-name": name, "bind-address": address, "port": str(free_port(address)), **config})
        self.addCleanup(lambda: node.alive and node.kill())
        return node

    def start(self, program, *arguments):
        log = os.path.join(self.directory, f"{program}.log")
        process = Process([os.path.join(self.build, program), *arguments], log)
        self.addCleanup(lambda: process.alive and process.kill())
        return process, log

    def test_the_installed_program_is_the_one_that_was_built(self):
        built, installed = (subprocess.check_output([path, "--version"]) for path in (
            SCRIMPLB, os.path.join(self.prefix, "bin", "scrimplb")))
        self.assertEqual(built, installed)

    def test_a_program_joins_the_cluster_and_prints_its_events(self):
        events, log = self.start("cluster_events", self.seed, self.own)
        wait_until(lambda: "joined balancer" in read(log), 30, "the balancer is seen")
        self.backend.start()
        wait_until(lambda: f"joined shop {self.backend.address}" in read(log), 30, "a join")
        self.backend.stop()
        wait_until(lambda: "left shop" in read(log), 30, "a goodbye")
        self.assertEqual(events.stop(), 0, "it leaves the cluster when told to stop")

    def test_a_generator_of_ones_own_follows_the_cluster(self):
        target = os.path.join(self.directory, "domains.map")
        self.backend.start()
        self.start("domain_map", self.seed, self.own, target)
        # A hundred applications do not fit into metadata: most come by the exchange.
        expected = "".join(f"shop{i:03}.scrimp.test {self.backend.address}:8080\n"
                           for i in range(100))
        wait_until(lambda: read(target) == expected, 30, "all hundred are in the map")
        self.backend.stop()
        wait_until(lambda: read(target) == "", 30, "and gone with their backend")


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


if __name__ == "__main__":
    unittest.main()
