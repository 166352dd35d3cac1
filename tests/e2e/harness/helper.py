"""scrimplb-fetch spoken to directly: one request in, one answer out (docs/helpers.md)."""

import json
import os
import subprocess

from .node import SCRIMPLB

FETCH = os.path.abspath(os.environ.get(
    "SCRIMPLB_FETCH", os.path.join(os.path.dirname(SCRIMPLB), "scrimplb-fetch")))


class Answer:
    """What one run said: `document` is its JSON object."""

    def __init__(self, completed):
        self.exit_code = completed.returncode
        self.text = completed.stdout
        self.stderr = completed.stderr
        self.document = json.loads(completed.stdout)

    @property
    def seeds(self):
        """Of a fetch, as ADDRESS:PORT."""
        return [f"{seed['address']}:{seed['port']}" for seed in self.document["seeds"]]

    @property
    def address(self):
        """Of a resolve."""
        return self.document["address"]

    @property
    def error(self):
        """None if it succeeded."""
        return self.document.get("error")

    @property
    def state(self):
        return self.document.get("state", {})


def ask(action, name, config, self_endpoint=None, state=None, environment=None, seconds=60,
        wrapper=()):
    """Runs the helper to its end; an Answer. `self_endpoint` is (address, port), to be published.

    `environment` replaces what the helper would inherit, PATH aside. `wrapper` is a command that
    runs the helper.
    """
    request = {"version": 1, "action": action, "name": name, "config": config,
               "state": state or {}}
    if self_endpoint:
        request["self"] = {"address": self_endpoint[0], "port": str(self_endpoint[1])}
    completed = subprocess.run(
        [*wrapper, FETCH], input=json.dumps(request), capture_output=True, text=True, timeout=seconds,
        check=False, env={"PATH": os.environ["PATH"], **(environment or {})})
    return Answer(completed)
