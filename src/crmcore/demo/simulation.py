"""Simulation of the window company: leads, scenarios and scheduler.

Every scenario is a generator that yields the time of its next step. The timetable runs the earliest step, and sets the clock.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from attrs import define, field, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.company import ZONE, Company, create_or_load_company
from crmcore.demo.generator import FIRST_DAY, WEEKS
from crmcore.demo.lead_scenario import LeadScenario
from crmcore.demo.timetable import Scenario, Timetable
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.kernel.zones import instant, zone_of
from crmcore.domain.messaging.documents import Document
from crmcore.domain.sales.deals.deal import Deal
from crmcore.importing.column_mapping import ColumnMapping
from crmcore.importing.csv_reader import CsvTable, Row
from crmcore.importing.lead_import import capture_lead
from crmcore.importing.lead_row import LeadRow, parse_lead, parse_requested_at
from crmcore.importing.rejects import Reject, RejectsFile
from crmcore.services.reports.reports import DashboardReport

SIMULATED_PERIOD: Final = Period(
    instant(FIRST_DAY, zone_of(ZONE)),
    instant(FIRST_DAY + timedelta(weeks=WEEKS), zone_of(ZONE)),
)
"""The simulated period."""

SCHEDULER_INTERVAL: Final = timedelta(minutes=15)
"""Interval in which due jobs run and messages are delivered."""


@frozen(kw_only=True)
class SimulationResult:
    """The result of the simulation.

    Attributes:
        counts: ``rows``, of which ``imported``, ``already_known`` from an earlier run, and ``duplicates``; ``jobs_done``; messages ``sent``.
        documents: the rendered documents, with the keys of the requests.
        report: the dashboard at the end.
    """

    counts: Counter[str]
    rejected: tuple[Reject, ...]
    documents: tuple[tuple[str, Document], ...]
    report: DashboardReport


@define
class Simulation:
    """Simulation of three months of the company.

    Args:
        crm: a `Crm` that uses `clock`.
        on_progress: called once per simulated day with the time and the counts.
        period: the simulated period.
    """

    crm: Crm
    clock: FrozenClock
    on_progress: Callable[[datetime, Counter[str]], None] = lambda _at, _counts: None
    period: Period = SIMULATED_PERIOD
    counts: Counter[str] = field(factory=Counter)
    _timetable: Timetable = field(init=False)
    _scenarios: dict[str, LeadScenario] = field(factory=dict)
    _known_request_ids: set[ExternalId | None] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self._timetable = Timetable(self.clock)

    def run(self, table: CsvTable, mapping: ColumnMapping, rejects: RejectsFile) -> SimulationResult:
        """Run the requests of a CSV file from the first day to the last.

        Raises:
            InvalidInputError: the file cannot be read.
        """
        mapping.check(table.headings)
        self.clock.set(self.period.since)
        company = create_or_load_company(self.crm.acting_as("founder"))
        self._known_request_ids = {deal.external_id for deal in self._existing_deals(company)}
        self._schedule_rows(table, mapping, rejects, company)
        self._timetable.add(self.period.since, self._run_scheduler())
        self._timetable.run(self.period.until)
        self._run_due_work()
        return SimulationResult(
            counts=self.counts,
            rejected=tuple(rejects.rejects),
            documents=tuple(
                (key, document) for key, scenario in self._scenarios.items() for document in scenario.documents
            ),
            report=self.crm.reports.dashboard(company.funnel.id, since=self.period.since, until=self.period.until),
        )

    def _schedule_rows(self, table: CsvTable, mapping: ColumnMapping, rejects: RejectsFile, company: Company) -> None:
        """Schedule the valid rows; rows without a time follow one another."""
        undated = (self.period.since + timedelta(hours=10 + n * 3) for n in count())
        for row in table:
            self.counts["rows"] += 1
            try:
                lead = parse_lead(row, mapping)
                at = _requested_at(lead, self.period) or min(next(undated), self.period.until - timedelta(hours=6))
            except InvalidInputError as error:
                rejects.add(row, error)
            else:
                self._timetable.add(at, self._process_row(row, lead, rejects, company))

    def _process_row(self, row: Row, lead: LeadRow, rejects: RejectsFile, company: Company) -> Scenario:
        key = f"{lead.request_id.system} {lead.request_id.key}"
        is_repeated = key in self._scenarios
        crm = self.crm.acting_as(lead.arguments.get("source") or "unknown")
        try:
            capture = capture_lead(
                crm, lead, funnel_id=company.funnel.id, key=None if is_repeated else f"demo {key}"[:255]
            )
        except CrmError as error:
            if error.status >= 500:
                raise  # not caused by the row
            rejects.add(row, error)
            return
        if capture.is_duplicate:
            self.counts["duplicates"] += 1
            return
        self.counts["already_known" if lead.request_id in self._known_request_ids else "imported"] += 1
        scenario = self._scenarios[key] = LeadScenario.from_capture(self.crm, self.clock, company, capture)
        yield from scenario.run(capture.task)

    def _existing_deals(self, company: Company) -> Iterator[Deal]:
        """Yield the deals of an earlier run, page by page."""
        page = self.crm.deals.list(funnel_id=company.funnel.id, limit=1000)
        while page:
            yield from page
            page = self.crm.deals.list(funnel_id=company.funnel.id, after=page[-1], limit=1000)

    def _run_scheduler(self) -> Scenario:
        day = self.period.since
        while True:
            self._run_due_work()
            if self.clock.now() >= day:
                self.on_progress(day, self.counts)
                day += timedelta(days=1)
            yield self.clock.now() + SCHEDULER_INTERVAL

    def _run_due_work(self) -> None:
        jobs_report = self.crm.run_due_jobs(limit=1000)
        self.counts["jobs_done"] += jobs_report.done
        if jobs_report.done or self._is_full_hour():
            self.counts["sent"] += self.crm.deliver(limit=1000).sent

    def _is_full_hour(self) -> bool:
        return self.clock.now().minute == 0


def _requested_at(lead: LeadRow, period: Period) -> datetime | None:
    """Return the time of a request, in the company's time zone."""
    at = parse_requested_at(lead, time_zone=ZONE)
    if at is not None and at not in period:
        raise InvalidInputError(
            "at", f"must be in the simulated period, {period.since:%Y-%m-%d} to {period.until:%Y-%m-%d}"
        )
    return at
