"""A unittest.TestCase that speaks to the S3 provider's helper."""

import concurrent.futures
import unittest

from .helper import ask
from .radosgw import RadosGateway

SECRET, TOKEN = "test/secret+key=0123456789", "session/token==0123456789"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIATESTKEY", "AWS_SECRET_ACCESS_KEY": SECRET,
               "AWS_SESSION_TOKEN": TOKEN}
SELF = ("10.0.0.5", 9999)
"""Who is published, unless a test says another port."""


def at_once(push, names):
    """push(name) for each name, each in a thread; raises what any of them raised."""
    with concurrent.futures.ThreadPoolExecutor(len(names)) as threads:
        for _ in threads.map(push, names):
            pass


class S3Case(unittest.TestCase):
    """The provider spoken to by its helper, with credentials in `environment`, and an eye on what is
    said about them."""

    environment = ENVIRONMENT

    def ask(self, action, config, port=SELF[1], state=None, **options):
        environment = options.pop("environment", self.environment)
        answer = ask(action, "s3", config, (SELF[0], port) if action == "publish" else None,
                     state, environment, **options)
        for secret in (SECRET, TOKEN, RadosGateway.secret_key):
            self.assertNotIn(secret, answer.text + answer.stderr)
        return answer

    def seeds(self, config, **options):
        answer = self.ask("fetch", config, **options)
        self.assertEqual((answer.error, answer.exit_code), (None, 0))
        return answer.seeds

    def publish(self, config, port=SELF[1], state=None, **options):
        """The state to hand in the next time."""
        answer = self.ask("publish", config, port, state, **options)
        self.assertEqual((answer.error, answer.exit_code), (None, 0))
        return answer.state

    def refused(self, action, config, *parts, **options):
        """One sentence that has every part."""
        answer = self.ask(action, config, **options)
        self.assertEqual(answer.exit_code, 1, answer.text)
        for part in parts:
            self.assertIn(part, answer.error)
        self.assertNotIn("\n", answer.error)
        self.assertEqual(answer.stderr, "")
        return answer.error
