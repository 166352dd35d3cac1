"""The same random packets and streams to a Go memberlist 0.2.2 node and to ours: see
differential/main.go, which makes them and plays Go's part, and differential.cc, which plays ours and
compares.

SCRIMP_DIFFERENTIAL_EPISODES and SCRIMP_DIFFERENTIAL_SEED choose how many and from where on.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
EPISODES = os.environ.get("SCRIMP_DIFFERENTIAL_EPISODES", "100")
SEED = os.environ.get("SCRIMP_DIFFERENTIAL_SEED", "1")


class Differential(unittest.TestCase):
    def setUp(self):
        directory = tempfile.mkdtemp(prefix="scrimp-differential-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.go = os.path.join(directory, "differential")
        environment = {"GOCACHE": os.path.join(directory, "cache"), **os.environ,
                       "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
        subprocess.run(["go", "build", "-o", self.go, "."], check=True, env=environment,
                       cwd=os.path.join(HERE, "differential"))

    def test_go_and_we_agree(self):
        with subprocess.Popen([self.go, "-seed", SEED, "-episodes", EPISODES],
                              stdout=subprocess.PIPE) as go:
            ours = subprocess.run([os.environ["DIFFERENTIAL"]], stdin=go.stdout, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        print(ours.stdout)
        self.assertEqual(ours.returncode, 0, ours.stderr)
        self.assertEqual(go.returncode, 0)
        self.assertTrue(ours.stdout.startswith(f"{EPISODES} episodes, 0 different:"), ours.stdout)
        self.assert_it_was_a_comparison(ours.stdout)

    def assert_it_was_a_comparison(self, said):
        """Every kind of step was played, and what is forgiven to either side stays an exception."""
        def number(pattern):
            return int(re.search(pattern, said).group(1))
        episodes = int(EPISODES)
        if episodes < 100:
            return
        for step, least in (("packet", 15), ("stream", 4), ("drain", 4)):
            self.assertGreater(number(rf"(\d+) {step}\b"), least * episodes, said)
        self.assertGreater(number(r"(\d+) ack\b"), episodes // 2, said)
        self.assertLessEqual(number(r"(\d+) news lost"), episodes // 20, said)
        self.assertLessEqual(4 * number(r"(\d+) of \d+ damaged"), number(r"of (\d+) damaged"), said)


if __name__ == "__main__":
    unittest.main()
