"""The program at the shell: what it prints, and what its exit codes mean."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from harness.network import Addresses, free_port
from harness.node import SCRIMPLB, Node, application, scrimplb
from harness.process import ROOT
from harness.wait import wait_until

ORIGINALS = os.path.join(ROOT, "src", "app", "testdata")
"""Configuration files in the original's forms."""

TESTED_FROM = os.path.dirname(ORIGINALS)
"""Their relative paths count from here."""


class Commands(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory(prefix="scrimp-"))
        self.addresses = Addresses()

    def write(self, config):
        path = os.path.join(self.directory, "scrimp.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config if isinstance(config, str) else json.dumps(config))
        return path

    def backend(self, **changes):
        address = self.addresses.take()
        return {"bind-address": address, "port": str(free_port(address, udp=True)),
                "provider": "dummy", "state-dir": os.path.join(self.directory, "state"),
                "backend-config": {"applications": [application("web", 443, 8080)]}, **changes}

    def assert_refused(self, config, *parts):
        """validate exits with 2 and one sentence that has every part and names the file."""
        path = self.write(config)
        result = scrimplb("validate", path)
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, 2, said)
        self.assertIn(path, said)
        for part in parts:
            self.assertIn(part, said)
        self.assertLessEqual(len(said.strip().splitlines()), 2, said)

    def test_version_and_help_exit_with_0(self):
        version = scrimplb("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"\d+\.\d+\.\d+")
        told = scrimplb("--help")
        self.assertEqual(told.returncode, 0)
        for word in ("-config-file", "-enumerate-network", "validate"):
            self.assertIn(word.lstrip("-"), told.stdout)

    def test_an_unknown_flag_exits_with_2(self):
        self.assertEqual(scrimplb("-config-fle", "x").returncode, 2)

    def test_validate_accepts_a_good_file(self):
        result = scrimplb("validate", self.write(self.backend()))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_validate_accepts_the_originals_files(self):
        names = [name for name in sorted(os.listdir(ORIGINALS)) if name.endswith(".json")]
        self.assertTrue(names)
        for name in names:
            with self.subTest(name):
                result = scrimplb("validate", os.path.join(ORIGINALS, name), cwd=TESTED_FROM)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_validate_names_file_key_and_remedy(self):
        self.assert_refused(self.backend(**{"bind-adress": "10.0.0.1"}),
                            "bind-adress", "bind-address")
        self.assert_refused(self.backend(port="70000"), "port", "70000")
        self.assert_refused(self.backend(provider="manul"), "manul", "manual")
        self.assert_refused(self.backend(**{"backend-config": {"applications": []}}),
                            "application")
        spoilt = application("web", 443, 8080, ["x; } server { listen 81; }"])
        self.assert_refused(self.backend(**{"backend-config": {"applications": [spoilt]}}),
                            "domain")
        self.assert_refused('{"lb": tru', "scrimp.json")
        self.assert_refused({**self.backend(), "lb": "yes"}, "lb")

    def test_validate_of_a_missing_file_exits_with_2(self):
        result = scrimplb("validate", os.path.join(self.directory, "none.json"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("none.json", result.stdout + result.stderr)

    def test_the_daemon_refuses_what_validate_refuses(self):
        path = self.write(self.backend(provder="dummy"))
        result = scrimplb("-config-file", path)
        self.assertEqual(result.returncode, 2)
        self.assertIn("provder", result.stdout + result.stderr)

    def test_flags_are_gos_one_dash_or_two_with_or_without_equals(self):
        path = self.write(self.backend(nonsense=1))
        for flags in (["-config-file", path], ["--config-file", path], [f"-config-file={path}"],
                      [f"--config-file={path}"]):
            with self.subTest(flags):
                result = scrimplb(*flags)
                self.assertEqual(result.returncode, 2)
                self.assertIn("nonsense", result.stdout + result.stderr)

    def test_the_default_configuration_is_scrimp_json_in_the_working_directory(self):
        self.write(self.backend(nonsense=1))
        result = scrimplb(cwd=self.directory)
        self.assertEqual(result.returncode, 2)
        self.assertIn("nonsense", result.stdout + result.stderr)

    def test_enumerate_network_prints_addresses_and_goes_on(self):
        path = self.write(self.backend())
        with subprocess.Popen([SCRIMPLB, "-enumerate-network", "-config-file", path],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
            try:
                said = ""
                while "listening on" not in said:
                    line = child.stdout.readline()
                    self.assertTrue(line, f"it ended: {said}")
                    said += line
                self.assertIn("127.0.0.1", said)
            finally:
                child.send_signal(signal.SIGTERM)
                child.stdout.read()
            self.assertEqual(child.wait(10), 0)

    def test_two_nodes_on_one_port_is_an_error_that_names_it(self):
        config = self.backend()
        first = Node("first", self.directory, config).start()
        try:
            wait_until(lambda: first.log(), 10, "the first has begun")
            second = subprocess.run([SCRIMPLB, "-config-file", self.write(config)],
                                    capture_output=True, text=True, timeout=30, check=False)
            self.assertNotEqual(second.returncode, 0)
            self.assertIn(config["port"], second.stdout + second.stderr)
        finally:
            self.assertEqual(first.stop(), 0)

    def test_wire_decode_reads_payloads_and_prints_json(self):
        # docs/protocol.md, golden vectors: an ack alone, and an ack with a nack in a compound.
        ack = "0282a75061796c6f6164c0a55365714e6f2a"
        result = scrimplb("wire", "decode", input=f"udp {ack}\nudp 0701\ntcp 0881aa557365724d73"
                                                  "674c656e0568656c6c6f\n")
        self.assertEqual(result.returncode, 0, result.stderr)
        first, second, third = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertIn('"SeqNo": 42', json.dumps(first))
        self.assertTrue(re.search(r"ack", json.dumps(first), re.I))
        self.assertIn("error", second)
        self.assertTrue(re.search(r"user", json.dumps(third), re.I))


if __name__ == "__main__":
    unittest.main()
