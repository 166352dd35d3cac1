"""What was measured, beside its goal.

Two kinds of rows. A Count (requests failed, reloads) is a matter of being right: beyond its goal
the story did not hold. A Measure (seconds, megabytes) depends on the machine too: beyond its goal
it is shown as missed, and only beyond GROSS times the goal did the story not hold. Memory does not
depend on how busy the machine is, so its goal is strict.

Beside them stands what the original Go program took for the same step, measured on a machine of two
cores over loopback; empty where nothing was measured.

"sent again": kept-alive connections that nginx closed while a request was on its way. Clients send
such a request once more (harness/load_generator.py), so it is not a failure, but it is told.
"""

import statistics
from dataclasses import dataclass, field

GROSS = 5
"""A machine busy with other work misses a goal by some factor; a broken daemon by orders."""


@dataclass
class Measure:
    step: str
    unit: str
    goal: float
    original: str = ""
    samples: list = field(default_factory=list)

    @property
    def value(self):
        return statistics.median(self.samples)

    @property
    def held(self):
        factor = GROSS if self.unit == "s" else 1
        return bool(self.samples) and self.value <= factor * self.goal

    @property
    def verdict(self):
        if not self.held:
            return "FAILED"
        return "ok" if self.value <= self.goal else "missed"

    @property
    def measured(self):
        if not self.samples:
            return "nothing"
        spread = ""
        if len(self.samples) > 1:
            spread = f"  ({min(self.samples):.3f} to {max(self.samples):.3f})"
        return f"{self.value:.3f} {self.unit}{spread}"

    def as_json(self):
        return {"step": self.step, "unit": self.unit, "goal": self.goal, "median": self.value,
                "original": self.original,
                "samples": [round(sample, 4) for sample in self.samples],
                "verdict": self.verdict}


@dataclass
class Count:
    step: str
    goal: int
    original: str = ""
    samples: list = field(default_factory=list)
    of: int = 0
    resent: int = 0
    notes: list = field(default_factory=list)

    @property
    def value(self):
        return max(self.samples)

    @property
    def held(self):
        return bool(self.samples) and self.value <= self.goal

    @property
    def verdict(self):
        return "ok" if self.held else "FAILED"

    @property
    def measured(self):
        if not self.samples:
            return "nothing"
        shown = f"{sum(self.samples)} of {self.of}" if self.of else f"{self.value}"
        resent = [f"{self.resent} sent again"] if self.resent else []
        return "; ".join([shown, *resent, *self.notes])

    def as_json(self):
        return {"step": self.step, "goal": self.goal, "max": self.value, "of": self.of,
                "resent": self.resent, "original": self.original, "samples": self.samples,
                "notes": self.notes, "verdict": self.verdict}


def render(rows):
    """Lines of aligned columns: step, measured, goal, verdict, the original."""
    cells = [("step", "measured (median of several)", "goal", "", "the original")]
    for row in rows:
        goal = f"<= {row.goal:g} {row.unit}" if isinstance(row, Measure) else f"<= {row.goal}"
        cells.append((row.step, row.measured, goal, row.verdict, row.original))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in cells)
