"""The timetable of a play: scripts that say when they go on, and one clock that nothing else moves."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count

from attrs import define, field

from crmcore.adapters.clocks import FrozenClock

Script = Iterator[datetime]
"""Goes on at the times that it names."""


@define
class Timetable:
    """Takes whichever script is next, and puts the clock to its time."""

    clock: FrozenClock
    _waiting: list[tuple[datetime, int, Script]] = field(factory=list, init=False)
    _numbers: Iterator[int] = field(factory=count, init=False)

    def begin(self, at: datetime, script: Script) -> None:
        """Let a script begin at a time."""
        heapq.heappush(self._waiting, (at, next(self._numbers), script))

    def run(self, until: datetime) -> None:
        """Play up to a time; what would go on later does not."""
        while self._waiting and self._waiting[0][0] < until:
            at, number, script = heapq.heappop(self._waiting)
            self.clock.set(max(at, self.clock.now()))
            following = next(script, None)
            if following is not None:
                heapq.heappush(self._waiting, (following, number, script))
        self.clock.set(until)
