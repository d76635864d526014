"""Whose working time: the house's, or a person's, who may work by another calendar and be absent."""

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
    """The working time of a calendar, of the house's own when none is named; round the clock when the house has none."""
    by_id = uow.get_or_none(WorkCalendar, calendar_id)
    work_calendar = by_id if by_id is not None else uow.first(WorkCalendar, Eq("name", environment.calendar))
    return ALWAYS_OPEN if work_calendar is None else work_calendar.business_hours


def load_user_hours(uow: UnitOfWork, environment: Environment, user: User) -> BusinessHours:
    """The working time of a person: by his or her own calendar or the house's, less the absences."""
    business_hours = load_business_hours(uow, environment, user.calendar_id)
    return business_hours.excluding(absence.period for absence in user.absences)
