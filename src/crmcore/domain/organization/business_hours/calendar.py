"""The working calendar: when the house, or a part of it, works.

Rule 1: a calendar always has hours; a house that has no calendar works round the clock.
Rule 2: a day has one set of hours of its own, and a holiday that is brought twice stands in the list once.
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
"""The name of the calendar by which the house works, unless the host says otherwise."""
MAX_DAYS: Final = 5_000
"""How many holidays, and how many days of their own, a calendar holds."""


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
    """A working calendar was created."""

    name: ClassVar[str] = "calendar.created"
    zone: str = fields.text(personal=False, max_length=60)


@record
class CalendarChanged(Event):
    """A working calendar's hours, zone, holidays or days of their own changed."""

    name: ClassVar[str] = "calendar.changed"
    aspect: str = fields.text(personal=False, max_length=60)
    day_count: int = fields.integer(default=0)


@record
class WorkCalendar(Entity):
    """When the house, or a part of it, works.

    Attributes:
        week: the shifts of every week.
        day_overrides: days that are not like others: exchanged working days, short days, days off.
        country: whose holidays it keeps, by ISO 3166-1, with the part of the country behind a dash: ``DE-BY``.
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
        """Make a calendar.

        Args:
            hours: of every week, as OpenStreetMap writes them: ``Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00``.
            (others): as the attributes.

        Raises:
            InvalidInputError: hours that overlap or cannot be read, or a zone that does not exist.
        """
        calendar = cls(id=id, name=name, zone=zone, week=_parse_week(hours), country=country, created_at=at)
        return calendar._record(CalendarCreated(at=at, zone=calendar.zone))

    @property
    def business_hours(self) -> BusinessHours:
        """The working time that it tells."""
        return cached_business_hours(self.zone, self.week, self.holidays, self.day_overrides)

    def set_hours(self, hours: str | Sequence[Shift], *, at: datetime, zone: str | None = None) -> Self:
        """Work at other hours.

        Raises:
            InvalidInputError: as in `create`.
        """
        event = CalendarChanged(at=at, aspect="hours")
        return self._record(event, week=_parse_week(hours), zone=self.zone if zone is None else zone)

    def add_holidays(self, holidays: Iterable[Holiday], *, at: datetime) -> Self:
        """Keep some holidays. One that is in the list already, kept or not, stays as it is."""
        existing = {(holiday.day, holiday.name) for holiday in self.holidays}
        new = {(holiday.day, holiday.name): holiday for holiday in holidays}
        added = [holiday for key, holiday in new.items() if key not in existing]
        if not added:
            return self
        merged = tuple(sorted((*self.holidays, *added), key=lambda holiday: (holiday.day, holiday.name)))
        return self._record(CalendarChanged(at=at, aspect="holidays", day_count=len(added)), holidays=merged)

    def set_holiday_observed(self, day: date, *, observed: bool, at: datetime) -> Self:
        """Keep the holidays of a day, or work on them.

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
        """Give some days hours of their own, in place of those that they had of their own before."""
        new = {override.day: override for override in overrides}
        existing = {override.day: override for override in self.day_overrides}
        overrides = tuple(override for _, override in sorted({**existing, **new}.items()))
        if overrides == self.day_overrides:
            return self
        return self._record(CalendarChanged(at=at, aspect="days", day_count=len(new)), day_overrides=overrides)

    def swap_days(self, day_off: date, working_day: date, *, at: datetime, reason: str = "") -> Self:
        """Be free on a working day, and work its hours on another day instead.

        Raises:
            InvalidInputError: it is the same day.
        """
        day_off, working_day = checked_date("day_off", day_off), checked_date("working_day", working_day)
        if day_off == working_day:
            raise InvalidInputError("working_day", "must be another day than the one that is free")
        override = DayOverride(working_day, as_weekday=day_off.weekday(), reason=reason)
        return self.override_days((DayOverride(day_off, reason=reason), override), at=at)

    def remove_override(self, day: date, *, at: datetime) -> Self:
        """Let a day be again like others of its weekday."""
        overrides = tuple(override for override in self.day_overrides if override.day != day)
        if overrides == self.day_overrides:
            return self
        return self._record(CalendarChanged(at=at, aspect="days", day_count=1), day_overrides=overrides)


def _parse_week(hours: str | Sequence[Shift]) -> tuple[Shift, ...]:
    return Shift.parse_week(hours) if isinstance(hours, str) else as_tuple("week", hours)
