"""The working calendar: the stored business hours of the company.

Invariants:
    1. A calendar has hours. Without a calendar, all time is open.
    2. A day has one override. A holiday that is imported again is not added again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError, RequiredError
from crmcore.domain.kernel.fields.base import make_field
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.time import checked_date
from crmcore.domain.kernel.ids import CalendarId
from crmcore.domain.kernel.zones import zone_of
from crmcore.domain.organization.business_hours.business_hours import BusinessHours, cached_business_hours
from crmcore.domain.organization.business_hours.hours import DayOverride, Holiday, Shift, checked_week

DEFAULT_CALENDAR_NAME: Final = "default"
"""The name of the company's calendar, unless the host names another."""
MAX_DAYS: Final = 5_000
"""The maximum number of holidays, and of day overrides."""


def _check_zone(name: Any) -> None:
    zone_of(name, field="")


def _check_week(week: Any) -> None:
    if type(week) is not tuple or any(type(shift) is not Shift for shift in week):
        raise InvalidInputError("", "must be shifts; see Shift.week")
    if not week:
        raise RequiredError("", "must have hours")
    checked_week(week)


@record
class CalendarCreated(Event):
    """A calendar was created."""

    name: ClassVar[str] = "calendar.created"
    zone: str = fields.text(personal=False, max_length=60)


@record
class CalendarChanged(Event):
    """Hours, zone, holidays or day overrides of a calendar changed."""

    name: ClassVar[str] = "calendar.changed"
    aspect: str = fields.text(personal=False, max_length=60)
    day_count: int = fields.integer(default=0)


@record
class WorkCalendar(Entity):
    """A working calendar of the company, or of a part of it.

    Attributes:
        week: the shifts of every week.
        day_overrides: exchanged working days, short days, days off.
        country: of its holidays, by ISO 3166-1, with the region after a dash: ``DE-BY``.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("calendar", "calendars", unique_keys=(("name",),))

    id: CalendarId = fields.id_of("calendar")
    name: str = fields.text(personal=False, max_length=100)
    zone: str = make_field(_check_zone, personal=False, max_length=60, default="UTC")
    week: tuple[Shift, ...] = make_field(_check_week)
    holidays: tuple[Holiday, ...] = fields.embedded_list(Holiday, max_items=MAX_DAYS, default=())
    day_overrides: tuple[DayOverride, ...] = fields.embedded_list(DayOverride, max_items=MAX_DAYS, default=())
    country: str = fields.text(personal=False, max_length=10, default="", allow_blank=True)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: CalendarId,
        name: str,
        hours: str | Sequence[Shift],
        *,
        at: datetime,
        zone: str = "UTC",
        country: str = "",
    ) -> Self:
        """Create a calendar.

        Args:
            hours: of every week, in the format of OpenStreetMap: ``Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00``.
            (others): as the attributes.

        Raises:
            InvalidInputError: hours that overlap or cannot be parsed, or an unknown zone.
        """
        calendar = cls(id=id, name=name, zone=zone, week=_parse_week(hours), country=country, created_at=at)
        return calendar._record(CalendarCreated(at=at, zone=calendar.zone))

    @property
    def business_hours(self) -> BusinessHours:
        """The business hours of the calendar."""
        return cached_business_hours(self.zone, self.week, self.holidays, self.day_overrides)

    def set_hours(self, hours: str | Sequence[Shift], *, at: datetime, zone: str | None = None) -> Self:
        """Replace the weekly hours.

        Raises:
            InvalidInputError: as in `create`.
        """
        event = CalendarChanged(at=at, aspect="hours")
        return self._record(event, week=_parse_week(hours), zone=self.zone if zone is None else zone)

    def add_holidays(self, holidays: Iterable[Holiday], *, at: datetime) -> Self:
        """Add holidays. A holiday that is in the list does not change."""
        existing = {(holiday.day, holiday.name) for holiday in self.holidays}
        new = {(holiday.day, holiday.name): holiday for holiday in holidays}
        added = [holiday for key, holiday in new.items() if key not in existing]
        if not added:
            return self
        merged = tuple(sorted((*self.holidays, *added), key=lambda holiday: (holiday.day, holiday.name)))
        return self._record(CalendarChanged(at=at, aspect="holidays", day_count=len(added)), holidays=merged)

    def set_holiday_observed(self, day: date, *, observed: bool, at: datetime) -> Self:
        """Set whether the holidays of a day are observed.

        Raises:
            InvalidChoiceError: there is no holiday on that day.
        """
        if not any(holiday.day == day for holiday in self.holidays):
            raise InvalidChoiceError("day", allowed=("a day that is a holiday in this calendar",))
        holidays = tuple(copy_with(h, is_observed=observed) if h.day == day else h for h in self.holidays)
        if holidays == self.holidays:
            return self
        return self._record(CalendarChanged(at=at, aspect="holidays", day_count=1), holidays=holidays)

    def override_days(self, overrides: Iterable[DayOverride], *, at: datetime) -> Self:
        """Set the overrides of some days, in place of earlier ones."""
        new = {override.day: override for override in overrides}
        existing = {override.day: override for override in self.day_overrides}
        overrides = tuple(override for _, override in sorted({**existing, **new}.items()))
        if overrides == self.day_overrides:
            return self
        return self._record(CalendarChanged(at=at, aspect="days", day_count=len(new)), day_overrides=overrides)

    def swap_days(self, day_off: date, working_day: date, *, at: datetime, reason: str = "") -> Self:
        """Swap a working day: it becomes a day off, another day gets its hours.

        Raises:
            InvalidInputError: it is the same day.
        """
        day_off, working_day = checked_date("day_off", day_off), checked_date("working_day", working_day)
        if day_off == working_day:
            raise InvalidInputError("working_day", "must be another day than the one that is free")
        override = DayOverride(working_day, as_weekday=day_off.weekday(), reason=reason)
        return self.override_days((DayOverride(day_off, reason=reason), override), at=at)

    def remove_override(self, day: date, *, at: datetime) -> Self:
        """Remove the override of a day."""
        overrides = tuple(override for override in self.day_overrides if override.day != day)
        if overrides == self.day_overrides:
            return self
        return self._record(CalendarChanged(at=at, aspect="days", day_count=1), day_overrides=overrides)


def _parse_week(hours: str | Sequence[Shift]) -> tuple[Shift, ...]:
    return Shift.parse_week(hours) if isinstance(hours, str) else as_tuple("week", hours)
