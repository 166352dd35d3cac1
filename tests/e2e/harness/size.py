"""How much of a thing a test does. `./dev e2e NAME` measures what the project promises; ctest runs
the same test small, or leaves it out, because it has minutes for everything."""

import os

WHOLE = os.environ.get("SCRIMP_WHOLE") == "1"
"""Set by ./dev e2e NAME. Only then are goals of time asserted: in ctest, others share the
machine."""


def size(name, small, whole):
    """A number: what SCRIMP_<name> says, or else one of the two."""
    return int(os.environ.get(f"SCRIMP_{name}", whole if WHOLE else small))


def load_text():
    """How busy the machine is, which every figure is to be read with."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def percentile(values, percent):
    """By nearest rank: with 50 values, the 99th is the greatest."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def spread_text(seconds):
    return (f"median {percentile(seconds, 50):.2f} s, 90 % {percentile(seconds, 90):.2f} s, "
            f"99 % {percentile(seconds, 99):.2f} s, most {max(seconds):.2f} s "
            f"({len(seconds)} values)")
