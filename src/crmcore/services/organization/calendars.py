"""Work calendars: business hours, holidays and single days that differ."""

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.fields.time import checked_date
from crmcore.domain.kernel.ids import CalendarId
from crmcore.domain.organization.business_hours.calendar import DEFAULT_CALENDAR_NAME, WorkCalendar
from crmcore.domain.organization.business_hours.hours import DayOverride, Holiday, Hours, Shift
from crmcore.domain.organization.business_hours.month_index import END_YEAR, FIRST_YEAR
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.job_scheduling import CALENDAR_CHANGED, schedule_job
from crmcore.services.unit_of_work import UnitOfWork


@frozen
class Calendars:
    """Commands and queries for work calendars."""

    _environment: Environment

    @command("calendars.create")
    def create(
        self,
        uow: UnitOfWork,
        hours: str | Sequence[Shift],
        /,
        *,
        name: str = DEFAULT_CALENDAR_NAME,
        time_zone: str | None = None,
        country: str = "",
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Create a work calendar.

        The calendar named ``default`` is the company's calendar.

        Args:
            hours: weekly hours in OpenStreetMap syntax: ``Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00``.
            time_zone: the IANA time zone of the hours; defaults to `Crm(time_zone=...)`.
            country: the country of its holidays, an ISO 3166-1 code with a subdivision after a dash; see `import_holidays`.

        Raises:
            InvalidInputError: the hours overlap or cannot be parsed, or the time zone does not exist.
            DuplicateKeyError: another calendar has the name.
        """
        calendar = WorkCalendar.create(
            uow.new_id("calendar"),
            name,
            hours,
            at=uow.now,
            zone=time_zone or self._environment.time_zone,
            country=country,
        )
        return _save_calendar(uow, calendar)

    @command("calendars.set_hours")
    def set_hours(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        hours: str | Sequence[Shift],
        /,
        *,
        time_zone: str | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Set the weekly hours.

        Raises:
            InvalidInputError: as in `create`.
        """
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        return _save_calendar(uow, calendar.set_hours(hours, at=uow.now, zone=time_zone))

    @command("calendars.add_holiday")
    def add_holiday(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        day: date,
        /,
        *,
        name: str = "",
        hours: str | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Add a holiday.

        Args:
            hours: the closed hours, such as ``12:00-24:00``; defaults to the whole day.
        """
        closed_hours: Sequence[Hours | None] = (None,) if hours is None else Hours.parse(hours)
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        names = [name if index == 0 else f"{name} ({index + 1})" for index in range(len(closed_hours))]
        holidays = [Holiday(day, label, part) for label, part in zip(names, closed_hours, strict=True)]
        return _save_calendar(uow, calendar.add_holidays(holidays, at=uow.now))

    @command("calendars.import_holidays")
    def import_holidays(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        year: int,
        /,
        *,
        language: str | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Import the holidays and exchanged working days of a country.

        Existing holidays and overrides are not changed. Import a year again after its holidays were amended.

        Raises:
            InvalidChoiceError: the calendar has no country, or the holidays of the country are unknown.
            MissingDependencyError: the optional holidays library is not installed.
        """
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        checked_integer("year", year, min=FIRST_YEAR, max=END_YEAR - 1)
        chosen_language = (
            self._environment.language if language is None else checked_text("language", language, max_length=35)
        )
        holiday_year = self._environment.holiday_provider.for_year(calendar.country, year, language=chosen_language)
        calendar = calendar.add_holidays((Holiday(day, name) for day, name in holiday_year.holidays), at=uow.now)
        overridden_days = {override.day for override in calendar.day_overrides}
        like_weekday = calendar.week[0].weekday
        overrides = [
            DayOverride(day, as_weekday=like_weekday, reason="working day")
            for day in holiday_year.working_days
            if day not in overridden_days
        ]
        return _save_calendar(uow, calendar.override_days(overrides, at=uow.now))

    @command("calendars.set_holiday_observed")
    def set_holiday_observed(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        day: date,
        /,
        *,
        is_observed: bool = True,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Set whether the holidays of a day are days off.

        Raises:
            InvalidChoiceError: the day has no holiday.
        """
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        return _save_calendar(
            uow, calendar.set_holiday_observed(checked_date("day", day), observed=is_observed, at=uow.now)
        )

    @command("calendars.override_day")
    def override_day(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        day: date,
        hours: str,
        /,
        *,
        reason: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Override the hours of one day.

        Args:
            hours: the hours, such as ``10:00-14:00``; an empty text means a day off.
        """
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        override = DayOverride(day, Hours.parse(hours) if hours else (), reason=reason)
        return _save_calendar(uow, calendar.override_days((override,), at=uow.now))

    @command("calendars.remove_override")
    def remove_override(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        day: date,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Remove the override of a day."""
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        return _save_calendar(uow, calendar.remove_override(day, at=uow.now))

    @command("calendars.swap_days")
    def swap_days(
        self,
        uow: UnitOfWork,
        calendar_id: CalendarId,
        /,
        *,
        day_off: date,
        working_day: date,
        reason: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> WorkCalendar:
        """Make a working day a day off, and work its hours on another day."""
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        return _save_calendar(uow, calendar.swap_days(day_off, working_day, at=uow.now, reason=reason))

    @query("calendars.get")
    def get(self, uow: UnitOfWork, calendar_id: CalendarId, /) -> WorkCalendar:
        """Return a calendar; its `business_hours` counts working time."""
        return uow.get(WorkCalendar, calendar_id)

    @query("calendars.get_by_name")
    def get_by_name(self, uow: UnitOfWork, name: str = DEFAULT_CALENDAR_NAME, /) -> WorkCalendar | None:
        """Return the calendar with a name, or None."""
        return uow.first(WorkCalendar, Eq("name", checked_text("name", name)))

    @query("calendars.list")
    def list(self, uow: UnitOfWork, /) -> Sequence[WorkCalendar]:
        """List all calendars."""
        return uow.find(WorkCalendar)


def _save_calendar(uow: UnitOfWork, calendar: WorkCalendar) -> WorkCalendar:
    """Store a calendar.

    The next `run_due_jobs` recalculates the deadlines that depend on it.
    """
    if calendar.pending_events:
        schedule_job(uow, CALENDAR_CHANGED, calendar.id, at=uow.now)
    return uow.save(calendar)
