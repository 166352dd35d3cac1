"""What the tests of single stores share: the helper asked, its answers held against what is told."""

import os
import shutil
import tempfile
import time
import unittest

from .helper import ask
from .network import Addresses, free_port

SECRET = "correct-horse-battery-staple"


class StoreCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="scrimp-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.addresses = Addresses()

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def assert_fetched(self, provider, seeds, **config):
        answer = ask("fetch", provider, config)
        self.assertEqual((answer.exit_code, answer.error), (0, None))
        self.assertEqual(answer.seeds, seeds)

    def publish(self, provider, address, port=9999, **config):
        answer = ask("publish", provider, config, (address, port))
        self.assertEqual((answer.exit_code, answer.error), (0, None))

    def assert_refused(self, provider, *parts, action="fetch", seconds=10, **config):
        """One sentence with every part, in time, without the secret."""
        begin = time.monotonic()
        answer = ask(action, provider, config, ("10.0.0.1", 9999) if action == "publish" else None)
        self.assertLess(time.monotonic() - begin, seconds)
        self.assertNotEqual(answer.exit_code, 0)
        for part in parts:
            self.assertIn(part, answer.error)
        self.assertNotIn("\n", answer.error)
        self.assertNotIn(SECRET, answer.text + answer.stderr)
        return answer.error

    def unused(self):
        address = self.addresses.take()
        return f"http://{address}:{free_port(address)}"
