"""Working calendars: when the house works, its holidays, and the days that are not like others."""

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from crmcore.domain.criteria import Is
from crmcore.domain.fields.number import checked_whole
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_day
from crmcore.domain.ids import CalendarId
from crmcore.domain.worktime.calendar import DEFAULT, WorkCalendar
from crmcore.domain.worktime.hours import Holiday, Hours, OneOff, Shift
from crmcore.domain.worktime.months import FIRST, LAST
from crmcore.services.house import House, story, view
from crmcore.services.steps.agenda import CALENDAR_CHANGED, schedule
from crmcore.services.unit import Unit


@frozen
class Calendars:
    """When the house works."""

    house: House

    @story("calendars.create")
    def create(
        self,
        unit: Unit,
        hours: str | Sequence[Shift],
        /,
        *,
        name: str = DEFAULT,
        zone: str | None = None,
        country: str = "",
        key: str | None = None,
    ) -> WorkCalendar:
        """Make a working calendar. The one that is named ``default`` is the house's own.

        Args:
            hours: of every week, as OpenStreetMap writes them: ``Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00``.
            zone: whose clock tells the hours; the house's when not given.
            country: whose holidays it keeps, by ISO 3166-1, with the part of the country behind a dash; see `bring_holidays`.

        Raises:
            InvalidInput: hours that overlap or cannot be read, or a zone that does not exist.
            Taken: there is a calendar of that name.
        """
        calendar = WorkCalendar.create(
            unit.id("calendar"), name, hours, at=unit.now, zone=zone or self.house.zone, country=country
        )
        return _changed(unit, calendar)

    @story("calendars.change_hours")
    def change_hours(
        self,
        unit: Unit,
        id: CalendarId,
        hours: str | Sequence[Shift],
        /,
        *,
        zone: str | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Work at other hours.

        Raises:
            InvalidInput: as in `create`.
        """
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        return _changed(unit, calendar.change_hours(hours, at=unit.now, zone=zone))

    @story("calendars.add_holiday")
    def add_holiday(
        self,
        unit: Unit,
        id: CalendarId,
        day: date,
        /,
        *,
        name: str = "",
        hours: str | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Keep a holiday.

        Args:
            hours: which of the day are closed, such as ``12:00-24:00``; the whole day when not given.
        """
        closed: Sequence[Hours | None] = (None,) if hours is None else Hours.read(hours)
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        named = [name if place == 0 else f"{name} ({place + 1})" for place in range(len(closed))]
        holidays = [Holiday(day, one, part) for one, part in zip(named, closed, strict=True)]
        return _changed(unit, calendar.add_holidays(holidays, at=unit.now))

    @story("calendars.bring_holidays")
    def bring_holidays(
        self,
        unit: Unit,
        id: CalendarId,
        year: int,
        /,
        *,
        language: str | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Bring the holidays of the calendar's country, and its exchanged working days, into the calendar.

        What is in the calendar already, kept or not, stays as it is. Bring a year again when its holidays were decreed anew.

        Raises:
            NotAllowed: the calendar has no country, or one that nobody knows the holidays of.
            MissingExtra: the library of holidays is not installed.
        """
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        checked_whole("year", year, least=FIRST, most=LAST - 1)
        spoken = self.house.language if language is None else checked_text("language", language, limit=35)
        found = self.house.holidays.of(calendar.country, year, language=spoken)
        calendar = calendar.add_holidays((Holiday(day, name) for day, name in found.free), at=unit.now)
        own = {one.day for one in calendar.one_offs}
        like = calendar.week[0].weekday
        worked = [OneOff(day, like=like, reason="working day") for day in found.worked if day not in own]
        return _changed(unit, calendar.set_days(worked, at=unit.now))

    @story("calendars.keep_holiday")
    def keep_holiday(
        self,
        unit: Unit,
        id: CalendarId,
        day: date,
        /,
        *,
        kept: bool = True,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Keep the holidays of a day, or work on them.

        Raises:
            NotAllowed: there is no holiday on that day.
        """
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        return _changed(unit, calendar.keep_holiday(checked_day("day", day), kept=kept, at=unit.now))

    @story("calendars.set_day")
    def set_day(
        self,
        unit: Unit,
        id: CalendarId,
        day: date,
        hours: str,
        /,
        *,
        reason: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Give one day hours of its own, whatever else is said of it.

        Args:
            hours: such as ``10:00-14:00``; an empty text is a day off.
        """
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        own = OneOff(day, Hours.read(hours) if hours else (), reason=reason)
        return _changed(unit, calendar.set_days((own,), at=unit.now))

    @story("calendars.clear_day")
    def clear_day(
        self,
        unit: Unit,
        id: CalendarId,
        day: date,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Let a day be again like others of its weekday."""
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        return _changed(unit, calendar.clear_day(day, at=unit.now))

    @story("calendars.exchange")
    def exchange(
        self,
        unit: Unit,
        id: CalendarId,
        /,
        *,
        free: date,
        worked: date,
        reason: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> WorkCalendar:
        """Be free on a working day, and work its hours on another day instead."""
        calendar = unit.get(WorkCalendar, id, version=expected_version)
        return _changed(unit, calendar.exchange(free, worked, at=unit.now, reason=reason))

    @view("calendars.get")
    def get(self, unit: Unit, id: CalendarId, /) -> WorkCalendar:
        """Read a calendar; its `time` answers what is asked of working time."""
        return unit.get(WorkCalendar, id)

    @view("calendars.named")
    def named(self, unit: Unit, name: str = DEFAULT, /) -> WorkCalendar | None:
        """Find a calendar by its name."""
        return unit.one(WorkCalendar, Is("name", checked_text("name", name)))

    @view("calendars.list")
    def list(self, unit: Unit, /) -> Sequence[WorkCalendar]:
        """Read all calendars."""
        return unit.find(WorkCalendar)


def _changed(unit: Unit, calendar: WorkCalendar) -> WorkCalendar:
    """Store a calendar; the deadlines and ladders that are counted by it are looked at anew at the next `run_due`."""
    if calendar.pending:
        schedule(unit, CALENDAR_CHANGED, calendar.id, at=unit.now)
    return unit.save(calendar)
