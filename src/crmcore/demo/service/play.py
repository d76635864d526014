"""The second act: three months of service on one clock, and the two reports that show it."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.service.company import found
from crmcore.demo.service.season import BEGINS, DAYS, Season
from crmcore.demo.timetable import Script, Timetable
from crmcore.domain.ids import TaskId
from crmcore.services.reports.complaints import ComplaintsReport
from crmcore.services.reports.service import ServiceReport
from crmcore.services.steps.visits import MAINTENANCE

TICK: Final = timedelta(hours=1)
"""How often what is due is done and what waits is sent."""


@frozen(kw_only=True)
class Served:
    """What came of it.

    Attributes:
        counts: ``matters`` that were told; ``due`` work done, letters ``sent``.
    """

    counts: Counter[str]
    complaints: ComplaintsReport
    service: ServiceReport


@define
class Serve:
    """Three months of the service company.

    Args:
        crm: a house whose clock is the play's.
        told: is told the time and the counts, once for each day.
    """

    crm: Crm
    clock: FrozenClock
    told: Callable[[datetime, Counter[str]], None] = lambda _at, _counts: None
    counts: Counter[str] = field(factory=Counter)
    _timetable: Timetable = field(init=False)
    _visits: set[TaskId] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self._timetable = Timetable(self.clock)

    def run(self) -> Served:
        """Play it from the first day to the last."""
        self.clock.set(BEGINS)
        season = Season(self.crm, self.clock, found(self.crm))
        for at, script in season.scripts():
            self.counts["matters"] += 1
            self._timetable.begin(at, script)
        self._timetable.begin(BEGINS, self._scheduler(season))
        end = BEGINS + timedelta(days=DAYS)
        self._timetable.run(end)
        self._look_round()
        return Served(
            counts=self.counts,
            complaints=self.crm.reports.complaints(since=BEGINS, until=end),
            service=self.crm.reports.service(),
        )

    def _scheduler(self, season: Season) -> Script:
        day = BEGINS
        while True:
            self._look_round()
            for task in self.crm.tasks.list(state="open", limit=1000):
                given = task.given_at <= self.clock.now()  # an earlier play may have left some for later
                if task.kind == MAINTENANCE and given and task.id not in self._visits:
                    self._visits.add(task.id)
                    self._timetable.begin(self.clock.now(), season.visit(task))
            if self.clock.now() >= day:
                self.told(day, self.counts)
                day += timedelta(days=1)
            yield self.clock.now() + TICK

    def _look_round(self) -> None:
        self.counts["due"] += self.crm.run_due(limit=1000).done
        self.counts["sent"] += self.crm.deliver(limit=1000).sent
