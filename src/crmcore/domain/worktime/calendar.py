"""The working calendar: when the house, or a part of it, works.

Rule 1: a calendar always has hours; a house that has no calendar works round the clock.
Rule 2: a day has one set of hours of its own, and a holiday that is brought twice stands in the list once.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.errors.given import Blank, InvalidInput, NotAllowed
from crmcore.domain.fields.build import build
from crmcore.domain.fields.part import listed
from crmcore.domain.fields.time import checked_day
from crmcore.domain.ids import CalendarId
from crmcore.domain.kernel import Entity, Event, Shape, changed, record
from crmcore.domain.worktime.hours import Holiday, OneOff, Shift, checked_week
from crmcore.domain.worktime.time import WorkTime, worktime
from crmcore.domain.zones import zone_of

DEFAULT: Final = "default"
"""The name of the calendar by which the house works, unless the host says otherwise."""
DAYS: Final = 5_000
"""How many holidays, and how many days of their own, a calendar holds."""


def _check_zone(name: Any) -> None:
    zone_of(name, field="")


def _check_week(week: Any) -> None:
    if type(week) is not tuple or any(type(shift) is not Shift for shift in week):
        raise InvalidInput("", "must be shifts; see Shift.week")
    if not week:
        raise Blank("", "must have hours")
    checked_week(week)


@record
class CalendarCreated(Event):
    """A working calendar was created."""

    name: ClassVar[str] = "calendar.created"
    zone: str = fields.text(personal=False, limit=60)


@record
class CalendarChanged(Event):
    """A working calendar's hours, zone, holidays or days of their own changed."""

    name: ClassVar[str] = "calendar.changed"
    what: str = fields.text(personal=False, limit=60)
    days: int = fields.whole(default=0)


@record
class WorkCalendar(Entity):
    """When the house, or a part of it, works.

    Attributes:
        week: the shifts of every week.
        one_offs: days that are not like others: exchanged working days, short days, days off.
        country: whose holidays it keeps, by ISO 3166-1, with the part of the country behind a dash: ``DE-BY``.
    """

    shape: ClassVar[Shape] = Shape("calendar", "calendars", unique=(("name",),))

    id: CalendarId = fields.ref("calendar")
    name: str = fields.text(personal=False, limit=100)
    zone: str = build(_check_zone, personal=False, limit=60, default="UTC")
    week: tuple[Shift, ...] = build(_check_week)
    holidays: tuple[Holiday, ...] = fields.parts(Holiday, most=DAYS, default=())
    one_offs: tuple[OneOff, ...] = fields.parts(OneOff, most=DAYS, default=())
    country: str = fields.text(personal=False, limit=10, default="", blank=True)
    created_at: datetime = fields.moment()

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
            InvalidInput: hours that overlap or cannot be read, or a zone that does not exist.
        """
        calendar = cls(id=id, name=name, zone=zone, week=_week(hours), country=country, created_at=at)
        return calendar._after(CalendarCreated(at=at, zone=calendar.zone))

    @property
    def time(self) -> WorkTime:
        """The working time that it tells."""
        return worktime(self.zone, self.week, self.holidays, self.one_offs)

    def change_hours(self, hours: str | Sequence[Shift], *, at: datetime, zone: str | None = None) -> Self:
        """Work at other hours.

        Raises:
            InvalidInput: as in `create`.
        """
        fact = CalendarChanged(at=at, what="hours")
        return self._after(fact, week=_week(hours), zone=self.zone if zone is None else zone)

    def add_holidays(self, holidays: Iterable[Holiday], *, at: datetime) -> Self:
        """Keep some holidays. One that is in the list already, kept or not, stays as it is."""
        known = {(holiday.day, holiday.name) for holiday in self.holidays}
        new = {(holiday.day, holiday.name): holiday for holiday in holidays}
        added = [holiday for key, holiday in new.items() if key not in known]
        if not added:
            return self
        kept = tuple(sorted((*self.holidays, *added), key=lambda holiday: (holiday.day, holiday.name)))
        return self._after(CalendarChanged(at=at, what="holidays", days=len(added)), holidays=kept)

    def keep_holiday(self, day: date, *, kept: bool, at: datetime) -> Self:
        """Keep the holidays of a day, or work on them.

        Raises:
            NotAllowed: there is no holiday on that day.
        """
        if not any(holiday.day == day for holiday in self.holidays):
            raise NotAllowed("day", allowed=("a day that is a holiday in this calendar",))
        holidays = tuple(changed(h, active=kept) if h.day == day else h for h in self.holidays)
        if holidays == self.holidays:
            return self
        return self._after(CalendarChanged(at=at, what="holidays", days=1), holidays=holidays)

    def set_days(self, days: Iterable[OneOff], *, at: datetime) -> Self:
        """Give some days hours of their own, in place of those that they had of their own before."""
        new = {one.day: one for one in days}
        known = {one.day: one for one in self.one_offs}
        days = tuple(one for _, one in sorted({**known, **new}.items()))
        if days == self.one_offs:
            return self
        return self._after(CalendarChanged(at=at, what="days", days=len(new)), one_offs=days)

    def exchange(self, free: date, worked: date, *, at: datetime, reason: str = "") -> Self:
        """Be free on a working day, and work its hours on another day instead.

        Raises:
            InvalidInput: it is the same day.
        """
        free, worked = checked_day("free", free), checked_day("worked", worked)
        if free == worked:
            raise InvalidInput("worked", "must be another day than the one that is free")
        like = OneOff(worked, like=free.weekday(), reason=reason)
        return self.set_days((OneOff(free, reason=reason), like), at=at)

    def clear_day(self, day: date, *, at: datetime) -> Self:
        """Let a day be again like others of its weekday."""
        days = tuple(one for one in self.one_offs if one.day != day)
        if days == self.one_offs:
            return self
        return self._after(CalendarChanged(at=at, what="days", days=1), one_offs=days)


def _week(hours: str | Sequence[Shift]) -> tuple[Shift, ...]:
    return Shift.week(hours) if isinstance(hours, str) else listed("week", hours)
