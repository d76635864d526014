"""The play: requests come in, people act, time passes, late work is told and letters leave, all on one clock.

Everything that happens is a script that says when it goes on; the play takes whichever is next. Nothing else moves the clock.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from attrs import define, field, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.company import ZONE, Company, found
from crmcore.demo.generator import FIRST_DAY, WEEKS
from crmcore.demo.script import Story
from crmcore.demo.timetable import Script, Timetable
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.root import CrmError
from crmcore.domain.values.period import Period
from crmcore.domain.zones import instant, zone_of
from crmcore.services.reports.reports import LiveReport
from crmcore.sheets.columns import Columns
from crmcore.sheets.intake import capture
from crmcore.sheets.leads import Lead, asked_at, lead_of
from crmcore.sheets.reading import Row, Sheet
from crmcore.sheets.rejects import Reject, Rejects

SEASON: Final = Period(
    instant(FIRST_DAY, zone_of(ZONE)),
    instant(FIRST_DAY + timedelta(weeks=WEEKS), zone_of(ZONE)),
)
"""The three months that are played."""

TICK: Final = timedelta(minutes=15)
"""How often the company's scheduler looks at what is due and sends what waits."""


@frozen(kw_only=True)
class Played:
    """What came of it.

    Attributes:
        counts: ``rows``; of them ``taken`` in now, ``known`` from an earlier play, and ``repeated``; ``due`` work done, letters ``sent``.
        papers: the documents that were made, with the request's key.
        report: what the owner sees at the end.
    """

    counts: Counter[str]
    rejected: tuple[Reject, ...]
    papers: tuple[tuple[str, Document], ...]
    report: LiveReport


@define
class Play:
    """Three months of the company.

    Args:
        crm: a house whose clock is the play's.
        told: is told the time and the counts, once for each day of the play.
        season: from when to when it is played.
    """

    crm: Crm
    clock: FrozenClock
    told: Callable[[datetime, Counter[str]], None] = lambda _at, _counts: None
    season: Period = SEASON
    counts: Counter[str] = field(factory=Counter)
    _timetable: Timetable = field(init=False)
    _stories: dict[str, Story] = field(factory=dict)
    _known: set[ExternalId | None] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self._timetable = Timetable(self.clock)

    def run(self, sheet: Sheet, columns: Columns, rejects: Rejects) -> Played:
        """Play a sheet of requests from the first day to the last.

        Raises:
            InvalidInput: the sheet cannot be read.
        """
        columns.check(sheet.heads)
        self.clock.set(self.season.since)
        company = found(self.crm.acting_as("founder"))
        self._known = {deal.request for deal in self._deals(company)}
        self._read(sheet, columns, rejects, company)
        self._timetable.begin(self.season.since, self._scheduler())
        self._timetable.run(self.season.until)
        self._look_round()
        return Played(
            counts=self.counts,
            rejected=tuple(rejects.all),
            papers=tuple((key, paper) for key, story in self._stories.items() for paper in story.papers),
            report=self.crm.reports.live(company.funnel.id, since=self.season.since, until=self.season.until),
        )

    def _read(self, sheet: Sheet, columns: Columns, rejects: Rejects, company: Company) -> None:
        """Put every row that can be read in its place in time; rows without a time come one after the other."""
        undated = (self.season.since + timedelta(hours=10 + n * 3) for n in count())
        for row in sheet:
            self.counts["rows"] += 1
            try:
                lead = lead_of(row, columns)
                at = _moment(lead, self.season) or min(next(undated), self.season.until - timedelta(hours=6))
            except InvalidInput as error:
                rejects.add(row, error)
            else:
                self._timetable.begin(at, self._request(row, lead, rejects, company))

    def _request(self, row: Row, lead: Lead, rejects: Rejects, company: Company) -> Script:
        key = f"{lead.request.system} {lead.request.key}"
        again = key in self._stories
        desk = self.crm.acting_as(lead.arguments.get("source") or "unknown")
        try:
            captured = capture(desk, lead, funnel=company.funnel.id, key=None if again else f"demo {key}"[:255])
        except CrmError as error:
            if error.status >= 500:
                raise  # it is not the row's fault
            rejects.add(row, error)
            return
        if captured.repeated:
            self.counts["repeated"] += 1
            return
        self.counts["known" if lead.request in self._known else "taken"] += 1
        story = self._stories[key] = Story.of(self.crm, self.clock, company, captured)
        yield from story.tell(captured.task)

    def _deals(self, company: Company) -> Iterator[Deal]:
        """The deals of an earlier play, page by page."""
        page = self.crm.deals.list(funnel=company.funnel.id, limit=1000)
        while page:
            yield from page
            page = self.crm.deals.list(funnel=company.funnel.id, after=page[-1], limit=1000)

    def _scheduler(self) -> Script:
        day = self.season.since
        while True:
            self._look_round()
            if self.clock.now() >= day:
                self.told(day, self.counts)
                day += timedelta(days=1)
            yield self.clock.now() + TICK

    def _look_round(self) -> None:
        due = self.crm.run_due(limit=1000)
        self.counts["due"] += due.done
        if due.done or self._is_full_hour():
            self.counts["sent"] += self.crm.deliver(limit=1000).sent

    def _is_full_hour(self) -> bool:
        return self.clock.now().minute == 0


def _moment(lead: Lead, season: Period) -> datetime | None:
    """Read when a request came, as the company's wall clock shows it."""
    at = asked_at(lead, zone=ZONE)
    if at is not None and at not in season:
        raise InvalidInput(
            "at", f"must lie in the time that is played, {season.since:%Y-%m-%d} to {season.until:%Y-%m-%d}"
        )
    return at
