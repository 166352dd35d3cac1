"""The story of `demo --once`: a small cluster lives through a normal week, under load.

Each step is measured from outside, as a user would see it: by HTTPS requests, by the configuration
on disk and by nginx's own log. While anything changes, 200 requests a second run, and none may
fail.
"""

import time

from harness.cluster import Cluster
from harness.wait import wait_until
from table import Count, Measure

WEB = "web.scrimp.test"

TOGETHER = 10
"""Backends that are started at once."""

IDLE_SECONDS = 12
"""After the last change, until a node holds only what it needs (runtime/rare_code.h: 10 s)."""

QUIET_SECONDS = 1.5
"""Without a reload for so long, a rollout has settled (it waits at most 0.6 s) and so has nginx."""


class Story:
    def __init__(self, cluster, repeat, say):
        self.cluster = cluster
        self.repeat = repeat
        self.say = say
        self.rows = []
        self.one = cluster.add_backend("one")
        self.two = cluster.add_backend("two")

    def measure(self, step, unit, goal, original=""):
        row = Measure(step, unit, goal, original)
        self.rows.append(row)
        return row

    def count(self, step, goal, original=""):
        row = Count(step, goal, original)
        self.rows.append(row)
        return row

    def note_load(self, row, load):
        row.samples.append(len(load.failed))
        row.of += load.report["sent"]
        row.resent += load.report["resent"]
        if load.failed:
            row.notes.append(load.summary())

    def begin(self):
        self.say("a private nginx, a balancer, two backends")
        # One backend dies again and again here, and would be held back for it (docs/health.md).
        self.cluster.balancer.config["load-balancer-config"]["damping"] = "0s"
        self.cluster.balancer.write_config()
        self.cluster.start_balancer()
        for backend in (self.one, self.two):
            backend.start()
        self.cluster.wait_routed(self.one, self.two)
        wait_until(lambda: self.cluster.is_answered_by(WEB, ("one", "two")), 10, "a first answer")
        self.cluster.wait_quiet(QUIET_SECONDS)

    def first_answer(self):
        """A backend that nobody has met, with an application of its own: its start to its first
        200 through nginx."""
        row = self.measure("a backend starts: first 200", "s", 0.09, "0.08 to 0.09 s")
        for number in range(self.repeat):
            self.say(f"a backend starts ({number + 1} of {self.repeat})")
            name = f"solo{number}"
            host = f"{name}.scrimp.test"
            backend = self.cluster.add_backend(name, name)
            # The application is up, as behind a service manager's ordering; the node is not.
            wait_until(backend.server.answers, 10, f"{name} is up")
            started = time.monotonic()
            backend.node.start()
            # Asking before it can be true would take the processors from what is measured.
            self.cluster.wait_routed(backend)
            wait_until(lambda: self.cluster.is_answered_by(host, [name]), 20, f"{name} answers",
                       every=0.002)
            row.samples.append(time.monotonic() - started)
            backend.stop()
            self.cluster.wait_out(backend)
            self.cluster.wait_quiet(QUIET_SECONDS)

    def join_under_load(self):
        failed = self.count("... requests failed while one joins", 0, "9 a join")
        slow_failed = self.count("... with a slow request under way", 0, "1,048 a join")
        slow_cut = self.count("... the slow request cut", 0, "always")
        for number in range(self.repeat):
            for slow in (False, True):
                self.say(f"a join under load{', with a slow request' if slow else ''}")
                backend = self.cluster.add_backend(f"join{number}{'slow' if slow else ''}")
                with self.cluster.load(WEB) as load:
                    if slow:
                        request = self.cluster.slow_request(WEB, 2)
                    time.sleep(0.3)
                    backend.node.start()
                    self.cluster.wait_routed(backend)
                    time.sleep(0.7)
                    if slow:
                        slow_cut.samples.append(self.is_cut(request))
                        slow_cut.of += 1
                self.note_load(slow_failed if slow else failed, load)
                backend.stop()
                self.cluster.wait_out(backend)
                self.cluster.wait_quiet(QUIET_SECONDS)

    @staticmethod
    def is_cut(request):
        """0 if the answer came whole (a short one would be an OSError), else 1."""
        try:
            return 0 if request.response().status == 200 else 1
        except OSError:
            return 1

    def many_together(self):
        routed = self.measure(f"{TOGETHER} backends start at once: all answer", "s", 1.0,
                              "30 to 50 s")
        reloads = self.count("... reloads", 2)
        failed = self.count("... requests failed meanwhile", 0)
        for number in range(self.repeat):
            self.say(f"{TOGETHER} backends at once ({number + 1} of {self.repeat})")
            backends = [self.cluster.add_backend(f"ten{number}x{i}", f"ten{number}")
                        for i in range(TOGETHER)]
            for backend in backends:
                wait_until(backend.server.answers, 10, f"{backend.name} is up")
            before = self.cluster.nginx.reloads()
            with self.cluster.load(WEB) as load:
                started = time.monotonic()
                for backend in backends:
                    backend.node.start()
                self.cluster.wait_routed(*backends, seconds=60)
                self.wait_all_answer(f"ten{number}.scrimp.test", backends)
                routed.samples.append(time.monotonic() - started)
                self.cluster.wait_quiet(QUIET_SECONDS)
            reloads.samples.append(self.cluster.nginx.reloads() - before)
            self.note_load(failed, load)
            for backend in backends:
                backend.node.terminate()
            for backend in backends:
                backend.stop()
            for backend in backends:
                self.cluster.wait_out(backend)
            self.cluster.wait_quiet(QUIET_SECONDS)

    def wait_all_answer(self, host, backends):
        missing = {backend.name for backend in backends}

        def one_more():
            answer = self.cluster.get(host)
            missing.discard(answer.backend)
            return not missing

        wait_until(one_more, 60, f"each of {len(backends)} answers", every=0.002)

    def lose(self, step, goal, original, lose, word):
        """Backend two leaves the configuration by `lose`, under load, and comes back."""
        out = self.measure(step, "s", goal, original)
        failed = self.count("... requests failed meanwhile", 0)
        back = self.measure("... started again: in the configuration", "s", 5.0)
        for number in range(self.repeat):
            self.say(f"a backend is {word} ({number + 1} of {self.repeat})")
            reloads = self.cluster.nginx.reloads()
            with self.cluster.load(WEB) as load:
                time.sleep(0.3)
                started = time.monotonic()
                lose(self.two)
                self.cluster.wait_out(self.two)
                wait_until(lambda: self.cluster.nginx.reloads() > reloads, 20, "nginx reloads")
                out.samples.append(time.monotonic() - started)
                self.two.end()
                time.sleep(0.7)
            self.note_load(failed, load)
            self.cluster.wait_quiet(QUIET_SECONDS)
            started = time.monotonic()
            self.two.start()
            self.cluster.wait_routed(self.two, seconds=60)
            back.samples.append(time.monotonic() - started)
            self.cluster.wait_quiet(QUIET_SECONDS)

    def reload_under_load(self):
        failed = self.count("nginx reloaded three times: requests failed", 0)
        self.say("reloads under load")
        with self.cluster.load(WEB) as load:
            for _ in range(3):
                time.sleep(0.4)
                self.cluster.nginx.reload()
            time.sleep(0.7)
        self.note_load(failed, load)

    def memory(self):
        self.say("nothing happens")
        time.sleep(IDLE_SECONDS)
        for label, node in (("balancer", self.cluster.balancer), ("backend", self.one.node)):
            row = self.measure(f"resident memory, idle {label}", "MB", 5.0, "18 MB")
            row.samples.append(node.resident_kb() / 1024)

    def end(self):
        self.say("everybody leaves")
        row = self.count("nodes that did not exit with 0 on SIGTERM", 0)
        codes = [self.one.stop(), self.two.stop(), self.cluster.balancer.stop()]
        row.samples.append(sum(code != 0 for code in codes))
        row.of = len(codes)


def play(repeat, say):
    """The rows, in order. AssertionError if the story came to a stop."""
    # One worker is nginx's own default. With more, the old ones keep taking connections for 0.1 s
    # after a reload: nothing fails, but what is measured would be nginx's pause (docs/nginx.md).
    with Cluster(workers=1) as cluster:
        story = Story(cluster, repeat, say)
        story.begin()
        story.first_answer()
        story.join_under_load()
        story.many_together()
        story.lose("a backend is stopped (SIGTERM): out of rotation", 0.3, "3.4 to 4.5 s",
                   lambda backend: backend.node.terminate(), "stopped")
        story.lose("a backend is killed (SIGKILL): out of the configuration", 3.0, "3.6 to 3.9 s",
                   lambda backend: backend.kill(), "killed")
        story.reload_under_load()
        story.memory()
        story.end()
        return story.rows
