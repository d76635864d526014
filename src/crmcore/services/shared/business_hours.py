"""Business hours of the company, of a work calendar and of a user."""

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.ids import CalendarId
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.users import User
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


def load_business_hours(
    uow: UnitOfWork, environment: Environment, calendar_id: CalendarId | None = None
) -> BusinessHours:
    """Load the business hours of a calendar, by default the company's.

    Without a company calendar, all hours are business hours.
    """
    by_id = uow.get_or_none(WorkCalendar, calendar_id)
    work_calendar = by_id if by_id is not None else uow.first(WorkCalendar, Eq("name", environment.calendar))
    return ALWAYS_OPEN if work_calendar is None else work_calendar.business_hours


def load_user_hours(uow: UnitOfWork, environment: Environment, user: User) -> BusinessHours:
    """Load the business hours of a user, without the absences."""
    business_hours = load_business_hours(uow, environment, user.calendar_id)
    return business_hours.excluding(absence.period for absence in user.absences)
