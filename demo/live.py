"""The live view: members, routes and reloads, until Ctrl-C.

On a terminal the picture is redrawn in place; elsewhere it is printed again with each change. A
backend that was ended from outside is started again after a while, so there is always something to
try.
"""

import os
import sys
import time

from harness import gossip
from harness.cluster import Cluster
from harness.wait import wait_until

HOST = "localhost"

REFRESH_SECONDS = 0.5

REVIVE_SECONDS = 15
"""Long enough to see a crashed backend suspected, found dead and taken out."""

CLEAR = "\x1b[H\x1b[J"


def watch():
    with Cluster(workers=1) as cluster:
        print("starting nginx, a balancer and two backends ...", flush=True)
        cluster.start_balancer()
        backends = [cluster.add_backend(name, "web", [HOST, "web.scrimp.test"]).start()
                    for name in ("one", "two")]
        cluster.wait_routed(*backends)
        answers = first_answers(cluster, {backend.name for backend in backends})
        introduction = list(introduce(cluster, answers))
        redraw = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        if not redraw:
            print("\n".join(introduction), flush=True)
        ended = {}
        shown = None
        while True:
            picture = [*draw(cluster), *things_to_try(backends)]
            if picture != shown:
                head = [CLEAR + introduction[0], *introduction[1:]] if redraw else []
                print("\n".join([*head, time.strftime("\n%H:%M:%S"), *picture]), flush=True)
                shown = picture
            time.sleep(REFRESH_SECONDS)
            revive(backends, ended)


def first_answers(cluster, names):
    """Asks until everybody has answered; who did, in order."""
    answers = []

    def everybody_answered():
        answers.append(cluster.get(HOST).backend)
        return names <= set(answers)

    wait_until(everybody_answered, 20, "everybody answers")
    return [name for name in answers if name]


def introduce(cluster, answers):
    """What to open, and who has answered."""
    port = cluster.nginx.https_port
    yield f"open    https://{HOST}:{port}/   (its certificate was made just now; accept it)"
    yield f"or      curl --cacert {cluster.nginx.chain} https://{HOST}:{port}/"
    yield f"asked   {len(answers)} times, answered by {', '.join(answers)}"
    yield "end     Ctrl-C"


def draw(cluster):
    """Members, routes and reloads, line by line."""
    nginx = cluster.nginx
    yield "members, as the balancer sees them"
    try:
        members = gossip.members(cluster.balancer.address, cluster.balancer.port)
    except OSError as error:
        yield f"    the balancer does not answer: {error}"
        members = {}
    for name, member in sorted(members.items()):
        address = ".".join(str(byte) for byte in member["address"][-4:])
        yield f"    {name:<10} {address}:{member['port']:<6} {member['state']}"
    yield "routes, as nginx has them"
    for name, servers in sorted(nginx.routes().items()):
        yield f"    {name:<10} {'  '.join(servers)}"
    if not nginx.routes():
        yield "    none: every request is answered with 503"
    yield f"nginx reloaded {nginx.reloads()} times, {len(nginx.workers())} workers"


def things_to_try(backends):
    yield "try in another terminal, while you watch"
    for backend in backends:
        if backend.node.alive:
            pid, application = backend.node.pid, backend.server.pid
            yield f"    kill {pid}  {backend.name} says goodbye      " \
                  f"    kill -9 {pid} {application}  {backend.name} crashes"
        else:
            yield f"    {backend.name} has ended; it is started again after {REVIVE_SECONDS} s"


def revive(backends, ended):
    """Starts again what has been down for long enough; `ended` remembers since when."""
    now = time.monotonic()
    for backend in backends:
        if backend.node.alive:
            ended.pop(backend.name, None)
        elif now - ended.setdefault(backend.name, now) >= REVIVE_SECONDS:
            backend.start()
