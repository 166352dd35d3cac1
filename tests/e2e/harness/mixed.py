"""Go memberlist peers and scrimplb nodes at one table: the interoperability tests' parties, for
tests of this suite that need a network of their own as well."""

import os
import sys

from .process import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "interop"))

# pylint: disable=wrong-import-position,unused-import
from parties import (CONTINUE, PATIENCE, STOP, GoPeer, Scrimp, Table, build_peer,  # noqa: E402,F401
                     metadata, wait_together, wait_view)
