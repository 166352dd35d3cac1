"""What a row of the zero-loss table says: an event, the traffic through it, and who was to blame for
every request that failed."""

from typing import NamedTuple

from .nginx import SHUTDOWN_SECONDS
from .traffic import blamed_upstreams

SLACK = 3
"""Seconds by which nginx may be late: it says to the second when it was reloaded."""


class Row(NamedTuple):
    event: str
    times: int
    seconds: float
    requests: int
    idempotent: list
    """Failures of requests that may be repeated: there must be none."""
    accounted: dict
    """{why: how many} of the other failures."""
    unaccounted: list
    resent: int
    moved: int
    """WebSockets that ended well because their host said goodbye."""
    quiet: dict
    """The phase before the event: Sent, P50Ms, P99Ms, SlowestMs."""
    during: dict
    reloads: int

    @property
    def failures(self):
        return self.idempotent + self.unaccounted


def account(failures, dead, nginx, since, saw):
    """(idempotent, accounted, unaccounted): `dead` are the backends that died, `since` the length of
    nginx.failed_requests() before, `saw` tells which host got the POST of a number."""
    blamed = blamed_upstreams(nginx.failed_requests()[since:])
    reloads = nginx.reload_moments()
    idempotent, accounted, unaccounted = [], {}, []
    for failure in failures:
        if failure.idempotent:
            idempotent.append(failure)
        elif why := (_death(failure, dead, blamed.get(failure.number, set()))
                     or _end_of_old_worker(failure, reloads)
                     or _end_of_kept_connection(failure, reloads, saw)):
            accounted[why] = accounted.get(why, 0) + 1
        else:
            unaccounted.append(failure)
    return idempotent, accounted, unaccounted


def _death(failure, dead, blamed):
    if any(failure.number in backend.server.lost or backend.name == failure.backend
           or backend.upstream in blamed for backend in dead):
        return "WebSockets of hosts that died" if failure.kind == "talk" else \
            "in flight to hosts that died"
    return None


def _end_of_old_worker(failure, reloads):
    if failure.kind == "talk" and any(
            failure.began <= moment + SLACK
            and 0 <= failure.ended - moment - SHUTDOWN_SECONDS <= SLACK for moment in reloads):
        return f"WebSockets of workers that were old for {SHUTDOWN_SECONDS} s"
    return None


def _end_of_kept_connection(failure, reloads, saw):
    """nginx before 1.27.4 (keepalive_min_timeout) ends idle connections with the worker, maybe in
    the moment at which the client sends on one. It got no byte of an answer and may repeat what
    RFC 9110 lets it; browsers and curl repeat a POST as well."""
    if failure.kept and not failure.begun and not saw(failure.number) and any(
            0 <= failure.ended - moment <= SLACK for moment in reloads):
        return (f"over {failure.protocol}, on kept connections that nginx ended when it was "
                "reloaded; no host got them")
    return None


_HEADINGS = ("event", "times", "s", "requests", "failed: idempotent", "others, accounted for",
             "others, not", "resent", "p50", "p99", "slowest", "quiet p99", "reloads")


def table(rows):
    """As text, times in milliseconds."""
    lines = [_HEADINGS] + [(
        row.event, str(row.times), f"{row.seconds:.0f}", f"{row.requests:,}",
        str(len(row.idempotent)), str(sum(row.accounted.values())), str(len(row.unaccounted)),
        str(row.resent), f"{row.during['P50Ms']:.1f}", f"{row.during['P99Ms']:.1f}",
        f"{row.during['SlowestMs']:.0f}", f"{row.quiet['P99Ms']:.1f}", str(row.reloads))
        for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADINGS))]
    text = [" | ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(line, widths))) for line in lines]
    text.insert(1, "-|-".join("-" * width for width in widths))
    for row in rows:
        for why, count in sorted(row.accounted.items()):
            text.append(f"{row.event}: {count} {why}")
        if row.moved:
            text.append(f"{row.event}: {row.moved} WebSockets looked elsewhere, as their host asked")
    return "\n".join(text)
