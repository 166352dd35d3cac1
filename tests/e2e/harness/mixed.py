"""Go memberlist peers and scrimplb nodes at one table: the interoperability tests' parties, for
tests of this suite that need a network of their own as well."""

import os
import shutil
import sys
import unittest

from .process import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "interop"))

# pylint: disable=wrong-import-position,unused-import
from parties import (CONTINUE, PATIENCE, STOP, GoPeer, Scrimp, Table, build_peer,  # noqa: E402,F401
                     metadata, wait_together, wait_view)


def peer_for_module():
    """For setUpModule(): the path of the Go peer's program, gone with the module."""
    peer = build_peer()
    unittest.addModuleCleanup(shutil.rmtree, os.path.dirname(peer), ignore_errors=True)
    return peer
