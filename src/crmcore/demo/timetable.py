"""The timetable of a play: scripts that say when they go on, and one clock that nothing else moves."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count

from attrs import define, field

from crmcore.adapters.clocks import FrozenClock

Scenario = Iterator[datetime]
"""Goes on at the times that it names."""


@define
class Timetable:
    """Takes whichever script is next, and puts the clock to its time."""

    clock: FrozenClock
    _queue: list[tuple[datetime, int, Scenario]] = field(factory=list, init=False)
    _sequence_numbers: Iterator[int] = field(factory=count, init=False)

    def add(self, at: datetime, scenario: Scenario) -> None:
        """Let a script begin at a time."""
        heapq.heappush(self._queue, (at, next(self._sequence_numbers), scenario))

    def run(self, until: datetime) -> None:
        """Play up to a time; what would go on later does not."""
        while self._queue and self._queue[0][0] < until:
            at, number, scenario = heapq.heappop(self._queue)
            self.clock.set(max(at, self.clock.now()))
            next_at = next(scenario, None)
            if next_at is not None:
                heapq.heappush(self._queue, (next_at, number, scenario))
        self.clock.set(until)
