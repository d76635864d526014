"""Whose working time: the house's, or a person's, who may work by another calendar and be absent."""

from crmcore.domain.criteria import Is
from crmcore.domain.ids import CalendarId
from crmcore.domain.people import User
from crmcore.domain.worktime.calendar import WorkCalendar
from crmcore.domain.worktime.time import ALWAYS, WorkTime
from crmcore.services.house import House
from crmcore.services.unit import Unit


def house_time(unit: Unit, house: House, calendar: CalendarId | None = None) -> WorkTime:
    """The working time of a calendar, of the house's own when none is named; round the clock when the house has none."""
    named = unit.peek(WorkCalendar, calendar)
    found = named if named is not None else unit.one(WorkCalendar, Is("name", house.calendar))
    return ALWAYS if found is None else found.time


def personal_time(unit: Unit, house: House, user: User) -> WorkTime:
    """The working time of a person: by his or her own calendar or the house's, less the absences."""
    time = house_time(unit, house, user.calendar)
    return time.without(absence.period for absence in user.absences)
