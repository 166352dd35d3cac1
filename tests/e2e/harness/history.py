"""What a node's log says of the other members, and when: exact to the millisecond, however rarely
one looks."""

import datetime
import re
from typing import NamedTuple

_EVENT = re.compile(r"(\S+)Z \w+ member (\w+): (\S+) at ")
_LEFT_OUT = "too much to tell"


class Event(NamedTuple):
    moment: float
    """Comparable with time.time()."""
    change: str
    """joined, updated, suspected, recovered, left or failed."""
    name: str


class History:
    """Of one node. It is read on from where it was last looked at."""

    def __init__(self, node):
        self.node = node
        self._events = []
        self._offset = 0
        self.complete = True
        """Whether every event is there: the log has a budget of lines."""

    def events(self, *changes, since=0.0):
        """Those of these kinds, or all, from the moment `since`."""
        self._read_on()
        return [event for event in self._events
                if event.moment >= since and (not changes or event.change in changes)]

    def first(self, change, since=0.0):
        """{name: the moment at which it was first said of it}"""
        moments = {}
        for event in self.events(change, since=since):
            moments.setdefault(event.name, event.moment)
        return moments

    def _read_on(self):
        try:
            with open(self.node.log_path, "rb") as log:
                log.seek(self._offset)
                text = log.read()
        except FileNotFoundError:
            return
        text = text[:text.rfind(b"\n") + 1]
        self._offset += len(text)
        for line in text.decode(errors="replace").splitlines():
            if found := _EVENT.match(line):
                when, change, name = found.groups()
                moment = datetime.datetime.fromisoformat(when + "+00:00").timestamp()
                self._events.append(Event(moment, change, name))
            elif _LEFT_OUT in line:
                self.complete = False


def accusations(histories, healthy, since=0.0, changes=("failed",)):
    """Who was accused though healthy: [(accuser, Event)]."""
    return [(history.node.name, event) for history in histories
            for event in history.events(*changes, since=since) if event.name in healthy]
