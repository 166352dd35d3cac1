"""The live view: members, routes and reloads, until Ctrl-C.

On a terminal the picture is redrawn in place; elsewhere a line is printed for each change.
"""

import os
import sys
import time

from harness import gossip
from harness.cluster import Cluster
from harness.wait import wait_until

HOST = "localhost"

REFRESH_SECONDS = 0.5

CLEAR = "\x1b[H\x1b[J"


def watch():
    with Cluster() as cluster:
        print("starting nginx, a balancer and two backends ...", flush=True)
        cluster.start_balancer()
        backends = [cluster.add_backend(name, "web", [HOST, "web.scrimp.test"]).start()
                    for name in ("one", "two")]
        cluster.wait_routed(*backends)
        wait_until(lambda: cluster.is_answered_by(HOST, ("one", "two")), 10, "a first answer")
        introduction = "\n".join(introduce(cluster, backends))
        print(introduction, flush=True)
        redraw = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        shown = None
        while True:
            picture = "\n".join(draw(cluster))
            if picture != shown:
                if redraw:
                    print(CLEAR + introduction + "\n\n" + picture, flush=True)
                else:
                    print(f"\n{time.strftime('%H:%M:%S')}\n{picture}", flush=True)
                shown = picture
            time.sleep(REFRESH_SECONDS)


def introduce(cluster, backends):
    """What to open, who answers, and what to try."""
    port = cluster.nginx.https_port
    answers = [cluster.get(HOST).body.strip() for _ in range(4)]
    yield f"open    https://{HOST}:{port}/   (its certificate was made just now; accept it)"
    yield f"or      curl --cacert {cluster.nginx.chain} https://{HOST}:{port}/"
    yield f"asked   4 times: {'; '.join(answers)}"
    yield "try     in another terminal, while you watch:"
    for backend in backends:
        yield f"          kill {backend.node.pid}      # {backend.name} says goodbye" \
            f"          kill -9 {backend.node.pid}   # {backend.name} crashes"
    yield "end     Ctrl-C"


def draw(cluster):
    """The picture, line by line."""
    nginx = cluster.nginx
    yield "members, as the balancer sees them"
    try:
        members = gossip.members(cluster.balancer.address, cluster.balancer.port)
    except OSError as error:
        yield f"    the balancer does not answer: {error}"
        members = {}
    for name, member in sorted(members.items()):
        address = ".".join(str(byte) for byte in member["address"][-4:])
        yield f"    {name:<12} {address}:{member['port']:<6} {member['state']}"
    yield "routes, as nginx has them"
    for name, servers in sorted(nginx.routes().items()):
        yield f"    {name:<12} {'  '.join(servers)}"
    if not nginx.routes():
        yield "    none: every request is answered with 503"
    yield f"nginx    {nginx.reloads()} reloads, {len(nginx.workers())} workers"
