"""A steady load: N requests a second, and what became of each.

The generator (load_generator.py) is a process of its own, so that the harness's work does not
disturb its rhythm.
"""

import json
import os
import subprocess
import sys

_GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load_generator.py")

FINISH_SECONDS_MAX = 20
"""Above the generator's own limit on one request."""


class Load:
    """Use as a context manager; `report` is there after the block. `host` may be several, which
    are asked in turn.

    report: sent, good, resent, failed (list of [seconds since start, reason]), backends ({name:
    answers}), slowest_ms.
    """

    def __init__(self, certificate, host, port, rate=200, path="/", address="127.0.0.1"):
        hosts = [host] if isinstance(host, str) else list(host)
        self._options = {"certificate": certificate, "host": hosts, "port": port, "rate": rate,
                         "path": path, "address": address}
        self._child = None
        self.report = None

    def __enter__(self):
        self._child = subprocess.Popen(
            [sys.executable, "-E", _GENERATOR, json.dumps(self._options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        said = self._child.stdout.readline().strip()
        if said != "ready":
            self._child.kill()
            raise RuntimeError(f"the load generator's first request was not answered: {said}")
        return self

    def __exit__(self, *_):
        try:
            output, _ = self._child.communicate(timeout=FINISH_SECONDS_MAX)
            self.report = json.loads(output)
        finally:
            self._child.kill()
            self._child.wait()

    @property
    def failed(self):
        return self.report["failed"]

    def summary(self):
        """`0 of 1234`, with the first reasons if any failed."""
        reasons = "".join(f"; {reason} at {at:.2f} s" for at, reason in self.failed[:3])
        return f"{len(self.failed)} of {self.report['sent']}{reasons}"
