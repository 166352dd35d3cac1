"""A real S3 store: Ceph's gateway over one monitor and one object store in memory, on loopback.

It verifies signatures and honours conditional writes, which small imitations do not. Everything
lies in one temporary directory and ends by process id; a start takes some 13 s, so a test module
starts it once.

What is not obvious, for whoever changes it: there is no manager, so nothing autoscales and pools
need their sizes told; `osd class dir` must point at Debian's rados-classes, or the gateway's index
operations fail; the second messenger protocol is switched off because it needs a second port; a program
that asks the monitor for configuration first may send its first command before it knows the
cluster's id, and is refused: servers are told not to ask, tools are run again; `chooseleaf type = 0` lets one store on one host hold a placement group.
"""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
import uuid

from .network import free_port
from .process import Process
from .s3_client import S3Client
from .wait import wait_until

ADDRESS = "127.0.0.1"

_CLASSES = "/usr/lib/x86_64-linux-gnu/rados-classes"
_CONFIGURATION = """\
[global]
fsid = {fsid}
monmap = {directory}/monmap
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
rgw frontends = beast endpoint={gateway}:{port}
rgw data = {directory}/rgw
rgw dns name = localhost
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

    def __init__(self, gateway=ADDRESS):
        """`gateway`: the address of this machine at which S3 is served."""
        self.directory = tempfile.mkdtemp(prefix="scrimp-rgw-")
        self.gateway = gateway
        self.port = free_port(gateway)
        self.endpoint = f"http://{gateway}:{self.port}"
        self._configuration = os.path.join(self.directory, "ceph.conf")
        self._processes = []
        self._gateway = None

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
                classes=_CLASSES, gateway=self.gateway, port=self.port))
        monmap = os.path.join(self.directory, "monmap")
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                  f"[v1:{ADDRESS}:{mon_port}]", monmap, configured=False)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._spawn("ceph-mon", "-f", "-i", "a")
        store = str(uuid.uuid4())
        self._insist("ceph", "--connect-timeout", "30", "osd", "new", store, "0")
        self._run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", store)
        self._spawn("ceph-osd", "-f", "-i", "0")
        self.start_gateway()
        self._insist("radosgw-admin", "user", "create", "--uid", "scrimp", "--display-name",
                     "scrimp", "--access-key", self.access_key, "--secret-key", self.secret_key)
        wait_until(self._answers, 60, "the gateway answers", every=0.1)

    def create_bucket(self, name):
        """A client for it."""
        client = S3Client(self.gateway, self.port, self.access_key, self.secret_key, name)
        client.create_bucket()
        return client

    def start_gateway(self):
        """The part that speaks S3, at the port it had; it answers some seconds later."""
        self._gateway = self._spawn("radosgw", "-f", "-n", "client.admin")

    def stop_gateway(self):
        """At once, as in a power cut. What is stored stays."""
        self._processes.remove(self._gateway)
        self._gateway.kill()

    def _answers(self):
        with urllib.request.urlopen(self.endpoint, timeout=10) as answer:
            return answer.status == 200

    def _spawn(self, program, *arguments):
        process = Process([program, "--no-mon-config", "-c", self._configuration, *arguments],
                          os.path.join(self.directory, f"{program}.out"))
        self._processes.append(process)
        return process

    def _insist(self, *command):
        """Runs it, again if it is refused."""
        for _ in range(4):
            try:
                return self._run(*command)
            except RuntimeError:
                time.sleep(0.2)
        return self._run(*command)

    def _run(self, program, *arguments, configured=True):
        options = ["-c", self._configuration] if configured else []
        done = subprocess.run([program, *options, *arguments], capture_output=True, text=True,
                              timeout=60, check=False, cwd=self.directory)
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
        return done.stdout
