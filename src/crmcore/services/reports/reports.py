"""All reports: `crm.reports`."""

from datetime import datetime

from attrs import frozen

from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.presentation.model import LabelledName, Page, TextKey
from crmcore.presentation.renderable import Renderable
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.reports.complaints import ComplaintsReport, complaints_report
from crmcore.services.reports.field_service import FieldServiceReport, field_service_report
from crmcore.services.reports.funnel import FunnelReport, funnel_report
from crmcore.services.reports.overdue import OverdueReport, overdue_report
from crmcore.services.reports.people import PeopleReport, people_report
from crmcore.services.reports.sources import SourcesReport, sources_report
from crmcore.services.reports.stuck import StuckReport, stuck_report
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.unit_of_work import UnitOfWork


@record
class DashboardReport(Renderable):
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
            title=LabelledName(TextKey("report"), self.funnel.name),
            subtitle=self.at,
            sections=[part.section() for part in parts],
        )


@frozen
class Reports:
    """Live answers, counted when they are asked for. A period's end lies outside it; None is no limit."""

    _environment: Environment

    @query("reports.dashboard")
    def dashboard(
        self, uow: UnitOfWork, funnel_id: FunnelId, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> DashboardReport:
        """Answer everything at once, of one instant: the funnel, its sources, the people, what is late.

        Raises:
            NotFoundError: no such funnel.
            NaiveDatetimeError, OutOfRangeError: a period that cannot be.
        """
        funnel = uow.get(Funnel, funnel_id)
        return DashboardReport(
            at=uow.now,
            funnel=funnel_report(uow, funnel, since=since, until=until),
            sources=sources_report(uow, funnel_id=funnel.id, since=since, until=until),
            people=people_report(uow, since=since, until=until),
            overdue=overdue_report(uow),
        )

    @query("reports.funnel")
    def funnel(
        self, uow: UnitOfWork, funnel_id: FunnelId, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> FunnelReport:
        """Tell how far the deals that were opened in a period came, where they were lost, and why.

        Raises:
            NotFoundError: no such funnel.
            NaiveDatetimeError, OutOfRangeError: a period that cannot be.
        """
        return funnel_report(uow, uow.get(Funnel, funnel_id), since=since, until=until)

    @query("reports.sources")
    def sources(
        self,
        uow: UnitOfWork,
        /,
        *,
        funnel_id: FunnelId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> SourcesReport:
        """Tell where requests came from, and which source brought most customers."""
        if funnel_id is not None:
            uow.get(Funnel, funnel_id)
        return sources_report(uow, funnel_id=funnel_id, since=since, until=until)

    @query("reports.people")
    def people(
        self, uow: UnitOfWork, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> PeopleReport:
        """Tell what each of us did and brought."""
        return people_report(uow, since=since, until=until)

    @query("reports.complaints")
    def complaints(
        self, uow: UnitOfWork, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> ComplaintsReport:
        """Tell how the complaints that were received in a period were handled, by type and by person, what they cost, and what waits now.

        Raises:
            NaiveDatetimeError, OutOfRangeError: a period that cannot be.
        """
        return complaints_report(uow, load_business_hours(uow, self._environment), since=since, until=until)

    @query("reports.field_service")
    def field_service(self, uow: UnitOfWork, /) -> FieldServiceReport:
        """Answer how service stands now: equipment, visits, contracts, replacements, questions without an answer."""
        return field_service_report(uow, time_zone=self._environment.time_zone)

    @query("reports.overdue")
    def overdue(self, uow: UnitOfWork, /) -> OverdueReport:
        """Tell what is late now."""
        return overdue_report(uow)

    @query("reports.stuck")
    def stuck(self, uow: UnitOfWork, /, *, funnel_id: FunnelId | None = None) -> StuckReport:
        """Tell which deals have been in their stage for longer than it allows, in one funnel or in all.

        Raises:
            NotFoundError: no such funnel.
        """
        funnels = tuple(uow.iterate(Funnel)) if funnel_id is None else (uow.get(Funnel, funnel_id),)
        return stuck_report(uow, funnels, load_business_hours(uow, self._environment))
