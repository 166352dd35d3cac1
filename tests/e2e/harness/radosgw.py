"""A real S3 store: Ceph's gateway over one monitor and one object store in memory, on loopback.

It verifies signatures and honours conditional writes, which small imitations do not. Everything
lies in one temporary directory and ends by process id; a start takes some 13 s, so a test module
starts it once.

What is not obvious, for whoever changes it: there is no manager, so nothing autoscales and pools
need their sizes told; `osd class dir` must point at Debian's rados-classes, or the gateway's index
operations fail; the second messenger protocol is switched off because it needs a second port;
`chooseleaf type = 0` lets one store on one host hold a placement group.
"""

import os
import shutil
import subprocess
import tempfile
import uuid

from .network import free_port
from .process import Process
from .wait import wait_until

ADDRESS = "127.0.0.1"
REGION = "default"
"""Ceph's name for the zone group there is without multi-site; it accepts any region in signatures."""

_CLASSES = "/usr/lib/x86_64-linux-gnu/rados-classes"
_CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v1:{address}:{mon_port}
public addr = {address}
cluster addr = {address}
auth cluster required = none
auth service required = none
auth client required = none
ms bind msgr2 = false
run dir = {directory}
admin socket = {directory}/$name.sock
pid file =
log file = {directory}/$name.log
debug none = 0
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
mon pg warn min per osd = 0
osd class dir = {classes}
osd objectstore = memstore
memstore device bytes = 268435456
osd data = {directory}/osd
mon data = {directory}/mon
rgw frontends = beast endpoint={address}:{port}
rgw data = {directory}/rgw
rgw thread pool size = 16
rgw enable usage log = false
rgw run sync thread = false
"""


def missing():
    """The programs it needs that this machine does not have."""
    return [program for program in
            ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph")
            if not shutil.which(program)]


class RadosGateway:
    """Use as a context manager. `access_key` and `secret_key` are of its one user."""

    access_key = "scrimpkey"
    secret_key = "scrimp/secret+0123456789"

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="scrimp-rgw-")
        self.port = free_port(ADDRESS)
        self.endpoint = f"http://{ADDRESS}:{self.port}"
        self._configuration = os.path.join(self.directory, "ceph.conf")
        self._processes = []

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            # Nothing here is to survive, so nothing needs to be put away.
            process.kill()
        if not os.environ.get("SCRIMP_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self):
        fsid, mon_port = str(uuid.uuid4()), free_port(ADDRESS)
        for folder in ("mon", "osd", "rgw"):
            os.mkdir(os.path.join(self.directory, folder))
        with open(self._configuration, "w", encoding="utf-8") as file:
            file.write(_CONFIGURATION.format(
                fsid=fsid, address=ADDRESS, mon_port=mon_port, directory=self.directory,
                classes=_CLASSES, port=self.port))
        monmap = os.path.join(self.directory, "monmap")
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                  f"[v1:{ADDRESS}:{mon_port}]", monmap, configured=False)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._spawn("ceph-mon", "-f", "-i", "a")
        store = str(uuid.uuid4())
        wait_until(lambda: self._try("ceph", "--connect-timeout", "10", "osd", "new", store, "0"),
                   60, "the monitor knows the store", every=0.2)
        self._run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", store)
        self._spawn("ceph-osd", "-f", "-i", "0")
        self._spawn("radosgw", "-f", "-n", "client.admin")
        self.add_user("scrimp", self.access_key, self.secret_key)

    def add_user(self, name, access_key, secret_key):
        self._run("radosgw-admin", "user", "create", "--uid", name, "--display-name", name,
                  "--access-key", access_key, "--secret-key", secret_key)

    def _log(self, name):
        return os.path.join(self.directory, f"{name}.out")

    def _spawn(self, program, *arguments):
        self._processes.append(Process(
            [program, "-c", self._configuration, *arguments], self._log(program)))

    def _try(self, *command):
        """Whether it succeeded: a command to a monitor now and then meets it half awake."""
        try:
            self._run(*command)
        except RuntimeError:
            return False
        return True

    def _run(self, program, *arguments, configured=True):
        options = ["-c", self._configuration] if configured else []
        done = subprocess.run([program, *options, *arguments], capture_output=True, text=True,
                              timeout=60, check=False, cwd=self.directory)
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
        return done.stdout
