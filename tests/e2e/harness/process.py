"""A child process that never outlives us.

Each child runs in a session of its own, so that a Ctrl-C at the terminal reaches only us and we
end the children in order. If we are killed outright, the kernel tells the child (setpriv's
--pdeathsig, where util-linux has it); on every other way out the exit hook below does.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time

_SETPRIV = shutil.which("setpriv")
_running = set()


class Process:
    """argv started with its output appended to log_path; `pid` is the program's own."""

    def __init__(self, argv, log_path, env=None, pass_fds=(), cwd=None):
        parent_guard = [_SETPRIV, "--pdeathsig", "TERM", "--"] if _SETPRIV else []
        with open(log_path, "ab") as log:
            self._child = subprocess.Popen(
                parent_guard + list(argv), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env=env, pass_fds=pass_fds, cwd=cwd,
                start_new_session=True)
        self.pid = self._child.pid
        self.log_path = log_path
        _running.add(self)

    @property
    def exit_code(self):
        """None while it runs; negative: the signal that ended it."""
        code = self._child.poll()
        if code is not None:
            _running.discard(self)
        return code

    @property
    def alive(self):
        return self.exit_code is None

    def signal(self, number):
        if self.alive:
            self._child.send_signal(number)

    def wait(self, seconds):
        """The exit code; raises subprocess.TimeoutExpired."""
        code = self._child.wait(seconds)
        _running.discard(self)
        return code

    def kill(self):
        """SIGKILL, and gone when this returns."""
        self.signal(signal.SIGKILL)
        return self.wait(10)

    def stop(self, seconds=10):
        """SIGTERM, then after `seconds` SIGKILL; returns the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def status(self, field):
        """A number of kB from /proc/PID/status, such as VmRSS."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
        raise KeyError(field)


def children_of(pid):
    """Process ids of the direct children of pid, sorted."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            return sorted(int(child) for child in children.read().split())
    except OSError:
        return []


def _end_all():
    for process in list(_running):
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + 3
    for process in list(_running):
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def _exit_on_signal(number, _frame):
    sys.exit(128 + number)


def tidy_up_on_exit():
    """Call once in a program's main: SIGTERM and SIGHUP then leave through `finally`, as Ctrl-C."""
    signal.signal(signal.SIGTERM, _exit_on_signal)
    signal.signal(signal.SIGHUP, _exit_on_signal)


atexit.register(_end_all)

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
"""The top of the source tree."""
