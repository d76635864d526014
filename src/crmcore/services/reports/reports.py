"""The reports service: `crm.reports`."""

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
    """The funnel, its sources, the users and overdue work, at one instant.

    Attributes:
        at: the instant of the report.
        sources: the sources of the funnel's leads, by number of customers.
        people: the results of all users in the period, in all funnels.
    """

    at: datetime
    funnel: FunnelReport
    sources: SourcesReport
    people: PeopleReport
    overdue: OverdueReport

    def page(self) -> Page:
        """Return the report as a page, with one section per part."""
        parts = (self.funnel, self.sources, self.people, self.overdue)
        return Page(
            title=LabelledName(TextKey("report"), self.funnel.name),
            subtitle=self.at,
            sections=[part.section() for part in parts],
        )


@frozen
class Reports:
    """Reports, computed on demand. The end of a period is exclusive."""

    _environment: Environment

    @query("reports.dashboard")
    def dashboard(
        self, uow: UnitOfWork, funnel_id: FunnelId, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> DashboardReport:
        """Return the dashboard: funnel, sources, people and overdue work.

        Raises:
            NotFoundError: no such funnel.
            NaiveDatetimeError, OutOfRangeError: the period is invalid.
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
        """Report the stages, conversion and losses of deals opened in a period.

        Raises:
            NotFoundError: no such funnel.
            NaiveDatetimeError, OutOfRangeError: the period is invalid.
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
        """Report leads, won deals, customers and revenue by source."""
        if funnel_id is not None:
            uow.get(Funnel, funnel_id)
        return sources_report(uow, funnel_id=funnel_id, since=since, until=until)

    @query("reports.people")
    def people(
        self, uow: UnitOfWork, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> PeopleReport:
        """Report calls, meetings, deals and revenue by user."""
        return people_report(uow, since=since, until=until)

    @query("reports.complaints")
    def complaints(
        self, uow: UnitOfWork, /, *, since: datetime | None = None, until: datetime | None = None
    ) -> ComplaintsReport:
        """Report complaints of a period by type and owner, and the backlog.

        Raises:
            NaiveDatetimeError, OutOfRangeError: the period is invalid.
        """
        return complaints_report(uow, load_business_hours(uow, self._environment), since=since, until=until)

    @query("reports.field_service")
    def field_service(self, uow: UnitOfWork, /) -> FieldServiceReport:
        """Report equipment, visits, contracts, replacements and knowledge gaps."""
        return field_service_report(uow, time_zone=self._environment.time_zone)

    @query("reports.overdue")
    def overdue(self, uow: UnitOfWork, /) -> OverdueReport:
        """Report overdue tasks and complaints."""
        return overdue_report(uow)

    @query("reports.stuck")
    def stuck(self, uow: UnitOfWork, /, *, funnel_id: FunnelId | None = None) -> StuckReport:
        """Report the deals that exceed the age limit of their stage.

        Raises:
            NotFoundError: no such funnel.
        """
        funnels = tuple(uow.iterate(Funnel)) if funnel_id is None else (uow.get(Funnel, funnel_id),)
        return stuck_report(uow, funnels, load_business_hours(uow, self._environment))
