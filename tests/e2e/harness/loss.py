"""What a row of the zero-loss table says: an event, the traffic through it, and who was to blame for
every request that failed."""

from typing import NamedTuple

from .nginx import SHUTDOWN_SECONDS
from .traffic import blamed_upstreams

TALK_SLACK = 3
"""Seconds by which nginx may be late when it ends a WebSocket of an old worker."""


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


def account(failures, dead, nginx_log, reload_moments):
    """(idempotent, accounted, unaccounted): `dead` are the backends that died, `nginx_log` what was
    said meanwhile, `reload_moments` seconds after which talks began that are cut now."""
    blamed = blamed_upstreams(nginx_log)
    idempotent, accounted, unaccounted = [], {}, []
    for failure in failures:
        if failure.idempotent:
            idempotent.append(failure)
            continue
        why = _reason(failure, dead, blamed.get(failure.number, set()), reload_moments)
        if why:
            accounted[why] = accounted.get(why, 0) + 1
        else:
            unaccounted.append(failure)
    return idempotent, accounted, unaccounted


def _reason(failure, dead, blamed, reload_moments):
    if any(failure.number in backend.server.lost or backend.name == failure.backend
           or backend.upstream in blamed for backend in dead):
        return "talk with a host that died" if failure.kind == "talk" else "in flight to a dead host"
    if failure.kind == "talk" and any(
            0 <= failure.ended - moment - SHUTDOWN_SECONDS <= TALK_SLACK
            and failure.began <= moment + TALK_SLACK for moment in reload_moments):
        return f"talk older than {SHUTDOWN_SECONDS} s in an old worker"
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
