"""Simulation of the service company: three months, and two reports."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.service_company.company import create_or_load_company
from crmcore.demo.service_company.season import DAYS, STARTS_AT, Season
from crmcore.demo.timetable import Scenario, Timetable
from crmcore.domain.kernel.ids import TaskId
from crmcore.services.reports.complaints import ComplaintsReport
from crmcore.services.reports.field_service import FieldServiceReport
from crmcore.services.shared.maintenance_visits import MAINTENANCE_TASK

SCHEDULER_INTERVAL: Final = timedelta(hours=1)
"""Interval in which due jobs run and messages are delivered."""


@frozen(kw_only=True)
class ServiceSimulationResult:
    """The result of the simulation.

    Attributes:
        counts: ``scenarios``, ``jobs_done``, and messages ``sent``.
    """

    counts: Counter[str]
    complaints: ComplaintsReport
    field_service: FieldServiceReport


@define
class ServiceSimulation:
    """Simulation of three months of the service company.

    Args:
        crm: a `Crm` that uses `clock`.
        on_progress: called once per simulated day with the time and the counts.
    """

    crm: Crm
    clock: FrozenClock
    on_progress: Callable[[datetime, Counter[str]], None] = lambda _at, _counts: None
    counts: Counter[str] = field(factory=Counter)
    _timetable: Timetable = field(init=False)
    _scheduled_visits: set[TaskId] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self._timetable = Timetable(self.clock)

    def run(self) -> ServiceSimulationResult:
        """Run the simulation from the first day to the last."""
        self.clock.set(STARTS_AT)
        season = Season(self.crm, self.clock, create_or_load_company(self.crm))
        for at, script in season.scenarios():
            self.counts["scenarios"] += 1
            self._timetable.add(at, script)
        self._timetable.add(STARTS_AT, self._run_scheduler(season))
        end = STARTS_AT + timedelta(days=DAYS)
        self._timetable.run(end)
        self._run_due_work()
        return ServiceSimulationResult(
            counts=self.counts,
            complaints=self.crm.reports.complaints(since=STARTS_AT, until=end),
            field_service=self.crm.reports.field_service(),
        )

    def _run_scheduler(self, season: Season) -> Scenario:
        day = STARTS_AT
        while True:
            self._run_due_work()
            for task in self.crm.tasks.list(state="open", limit=1000):
                is_created = task.created_at <= self.clock.now()  # an earlier run may have created later ones
                if task.kind == MAINTENANCE_TASK and is_created and task.id not in self._scheduled_visits:
                    self._scheduled_visits.add(task.id)
                    self._timetable.add(self.clock.now(), season.visit(task))
            if self.clock.now() >= day:
                self.on_progress(day, self.counts)
                day += timedelta(days=1)
            yield self.clock.now() + SCHEDULER_INTERVAL

    def _run_due_work(self) -> None:
        self.counts["jobs_done"] += self.crm.run_due_jobs(limit=1000).done
        self.counts["sent"] += self.crm.deliver(limit=1000).sent
