"""Polling until something holds: the only way this suite waits for the daemon."""

import time


class NotInTime(AssertionError):
    """What was waited for did not come; says what, for how long, and what was there instead."""


def wait_until(probe, seconds, what, every=0.01):
    """Calls probe() until it returns something true, and returns that.

    `seconds` bounds liveness only: make it generous, a test that passes takes no longer for it.
    An OSError in probe() counts as "not yet".
    """
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = probe()
            if last:
                return last
        except OSError as error:
            last = error
        if time.monotonic() >= deadline:
            raise NotInTime(f"{what}: not within {seconds:g} s (last: {last!r})")
        time.sleep(every)


def holds_for(probe, seconds, what, every=0.05):
    """Asserts that probe() stays true all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not probe():
            raise AssertionError(f"{what}: no longer so")
        time.sleep(every)
