"""scrimplb-activate as systemd would start it: as root, with its listening socket as descriptor 3."""

import os
import pwd
import socket
import subprocess
import sys

from .node import SCRIMPLB
from .process import Process

ACTIVATE = os.path.abspath(os.environ.get(
    "SCRIMPLB_ACTIVATE", os.path.join(os.path.dirname(SCRIMPLB), "scrimplb-activate")))

# sd_listen_fds(3): the process id is that of the program itself, so it is set in the last moment.
_LAUNCH = """\
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Activator:
    """The helper behind a socket that everybody may connect to: who may ask, it must know itself."""

    def __init__(self, directory, config_path, user):
        self.path = os.path.join(directory, "activate.sock")
        self.log_path = os.path.join(directory, "activate.log")
        self._arguments = ["--config-file", config_path, "--user", user]
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self._listener.listen()
        self._process = None

    def start(self):
        file = self._listener.fileno()
        os.set_inheritable(file, True)
        self._process = Process(
            [sys.executable, "-S", "-E", "-c", _LAUNCH, str(file), ACTIVATE, *self._arguments],
            self.log_path, pass_fds=(file,))
        return self

    def stop(self):
        self._listener.close()
        self._process.stop()

    @property
    def alive(self):
        return self._process.alive

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def ask_raw(self, request, user=None, seconds=15):
        """Sends these bytes and returns all that comes back; as another user, if told."""
        if user is None:
            return _exchange(self.path, request, seconds)
        script = ("import sys; sys.path.insert(0, sys.argv[1]);"
                  "from harness.activator import _exchange;"
                  "sys.stdout.buffer.write(_exchange(sys.argv[2], sys.stdin.buffer.read(), 15))")
        harness = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        account = pwd.getpwnam(user)
        return subprocess.run(
            ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
             sys.executable, "-E", "-c", script, harness, self.path],
            input=request, capture_output=True, timeout=30, check=True).stdout

    def ask(self, verb, text=b"", **options):
        """The answer's fate and text."""
        answer = self.ask_raw(f"scrimplb 1 {verb} {len(text)}\n".encode() + text, **options)
        head, _, said = answer.partition(b"\n")
        return head.split()[2].decode(), said.decode()


def _exchange(path, request, seconds):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(path)
        try:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It has heard enough; its answer is there all the same.
        answer = b""
        while True:
            try:
                part = client.recv(65536)
            except ConnectionResetError:
                return answer
            if not part:
                return answer
            answer += part
