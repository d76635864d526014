"""All reports: `crm.reports`."""

from datetime import datetime

from attrs import frozen

from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import FunnelId
from crmcore.domain.kernel import record
from crmcore.services.house import House, view
from crmcore.services.pages.sheet import Named, Page, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.complaints import ComplaintsReport, complaints_report
from crmcore.services.reports.funnel import FunnelReport, funnel_report
from crmcore.services.reports.overdue import OverdueReport, overdue_report
from crmcore.services.reports.people import PeopleReport, people_report
from crmcore.services.reports.service import ServiceReport, service_report
from crmcore.services.reports.sources import SourcesReport, sources_report
from crmcore.services.reports.stuck import StuckReport, stuck_report
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit


@record
class LiveReport(Shown):
    """What the owner of the house looks at all the while.

    Attributes:
        at: the instant that it shows.
        sources: where the funnel's requests came from, the source with most customers first.
        people: what everybody did in the period, in all funnels.
    """

    at: datetime
    funnel: FunnelReport
    sources: SourcesReport
    people: PeopleReport
    overdue: OverdueReport

    def page(self) -> Page:
        """Lay it out, a chapter for each part."""
        parts = (self.funnel, self.sources, self.people, self.overdue)
        return Page(
            title=Named(Word("report"), self.funnel.name), subtitle=self.at, chapters=[p.chapter() for p in parts]
        )


@frozen
class Reports:
    """Live answers, counted when they are asked for. A period's end lies outside it; None is no limit."""

    house: House

    @view("reports.live")
    def live(
        self, unit: Unit, funnel: FunnelId, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> LiveReport:
        """Answer everything at once, of one instant: the funnel, its sources, the people, what is late.

        Raises:
            NotFound: no such funnel.
            NaiveTime, OutOfRange: a period that cannot be.
        """
        drawn = unit.get(Funnel, funnel)
        return LiveReport(
            at=unit.now,
            funnel=funnel_report(unit, drawn, since=since, until=until),
            sources=sources_report(unit, funnel=drawn.id, since=since, until=until),
            people=people_report(unit, since=since, until=until),
            overdue=overdue_report(unit),
        )

    @view("reports.funnel")
    def funnel(
        self, unit: Unit, funnel: FunnelId, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> FunnelReport:
        """Tell how far the deals that were opened in a period came, where they were lost, and why.

        Raises:
            NotFound: no such funnel.
            NaiveTime, OutOfRange: a period that cannot be.
        """
        return funnel_report(unit, unit.get(Funnel, funnel), since=since, until=until)

    @view("reports.sources")
    def sources(
        self,
        unit: Unit,
        /,
        *,
        funnel: FunnelId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> SourcesReport:
        """Tell where requests came from, and which source brought most customers."""
        if funnel is not None:
            unit.get(Funnel, funnel)
        return sources_report(unit, funnel=funnel, since=since, until=until)

    @view("reports.people")
    def people(self, unit: Unit, /, *, since: datetime | None = None, until: datetime | None = None) -> PeopleReport:
        """Tell what each of us did and brought."""
        return people_report(unit, since=since, until=until)

    @view("reports.complaints")
    def complaints(
        self, unit: Unit, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> ComplaintsReport:
        """Tell how the complaints that were received in a period were handled, by type and by person, what they cost, and what waits now.

        Raises:
            NaiveTime, OutOfRange: a period that cannot be.
        """
        return complaints_report(unit, house_time(unit, self.house), since=since, until=until)

    @view("reports.service")
    def service(self, unit: Unit, /) -> ServiceReport:
        """Answer how service stands now: equipment, visits, contracts, replacements, questions without an answer."""
        return service_report(unit, zone=self.house.zone)

    @view("reports.overdue")
    def overdue(self, unit: Unit, /) -> OverdueReport:
        """Tell what is late now."""
        return overdue_report(unit)

    @view("reports.stuck")
    def stuck(self, unit: Unit, /, *, funnel: FunnelId | None = None) -> StuckReport:
        """Tell which deals have been in their stage for longer than it allows, in one funnel or in all.

        Raises:
            NotFound: no such funnel.
        """
        funnels = tuple(unit.every(Funnel)) if funnel is None else (unit.get(Funnel, funnel),)
        return stuck_report(unit, funnels, house_time(unit, self.house))
