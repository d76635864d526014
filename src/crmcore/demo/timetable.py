"""Timetable of a simulation: runs scenarios in order, on one clock."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import count

from attrs import define, field

from crmcore.adapters.clocks import FrozenClock

Scenario = Iterator[datetime]
"""A generator that yields the times at which it continues."""


@define
class Timetable:
    """Runs the scenario with the earliest time, and sets the clock to it."""

    clock: FrozenClock
    _queue: list[tuple[datetime, int, Scenario]] = field(factory=list, init=False)
    _sequence_numbers: Iterator[int] = field(factory=count, init=False)

    def add(self, at: datetime, scenario: Scenario) -> None:
        """Schedule a scenario at a time."""
        heapq.heappush(self._queue, (at, next(self._sequence_numbers), scenario))

    def run(self, until: datetime) -> None:
        """Run scenarios up to a time; later steps do not run."""
        while self._queue and self._queue[0][0] < until:
            at, number, scenario = heapq.heappop(self._queue)
            self.clock.set(max(at, self.clock.now()))
            next_at = next(scenario, None)
            if next_at is not None:
                heapq.heappush(self._queue, (next_at, number, scenario))
        self.clock.set(until)
