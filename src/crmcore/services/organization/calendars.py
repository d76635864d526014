"""Working calendars: when the house works, its holidays, and the days that are not like others."""

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
    """When the house works."""

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
        """Make a working calendar. The one that is named ``default`` is the house's own.

        Args:
            hours: of every week, as OpenStreetMap writes them: ``Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00``.
            time_zone: whose clock tells the hours; the house's when not given.
            country: whose holidays it keeps, by ISO 3166-1, with the part of the country behind a dash; see `import_holidays`.

        Raises:
            InvalidInputError: hours that overlap or cannot be read, or a zone that does not exist.
            DuplicateKeyError: there is a calendar of that name.
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
        """Work at other hours.

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
        """Keep a holiday.

        Args:
            hours: which of the day are closed, such as ``12:00-24:00``; the whole day when not given.
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
        """Bring the holidays of the calendar's country, and its exchanged working days, into the calendar.

        What is in the calendar already, kept or not, stays as it is. Bring a year again when its holidays were decreed anew.

        Raises:
            InvalidChoiceError: the calendar has no country, or one that nobody knows the holidays of.
            MissingDependencyError: the library of holidays is not installed.
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
        """Keep the holidays of a day, or work on them.

        Raises:
            InvalidChoiceError: there is no holiday on that day.
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
        """Give one day hours of its own, whatever else is said of it.

        Args:
            hours: such as ``10:00-14:00``; an empty text is a day off.
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
        """Let a day be again like others of its weekday."""
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
        """Be free on a working day, and work its hours on another day instead."""
        calendar = uow.get(WorkCalendar, calendar_id, version=expected_version)
        return _save_calendar(uow, calendar.swap_days(day_off, working_day, at=uow.now, reason=reason))

    @query("calendars.get")
    def get(self, uow: UnitOfWork, calendar_id: CalendarId, /) -> WorkCalendar:
        """Read a calendar; its `time` answers what is asked of working time."""
        return uow.get(WorkCalendar, calendar_id)

    @query("calendars.get_by_name")
    def get_by_name(self, uow: UnitOfWork, name: str = DEFAULT_CALENDAR_NAME, /) -> WorkCalendar | None:
        """Find a calendar by its name."""
        return uow.first(WorkCalendar, Eq("name", checked_text("name", name)))

    @query("calendars.list")
    def list(self, uow: UnitOfWork, /) -> Sequence[WorkCalendar]:
        """Read all calendars."""
        return uow.find(WorkCalendar)


def _save_calendar(uow: UnitOfWork, calendar: WorkCalendar) -> WorkCalendar:
    """Store a calendar; the deadlines and ladders that are counted by it are looked at anew at the next `run_due_jobs`."""
    if calendar.pending_events:
        schedule_job(uow, CALENDAR_CHANGED, calendar.id, at=uow.now)
    return uow.save(calendar)
