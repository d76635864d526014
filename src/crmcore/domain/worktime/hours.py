"""What working time is made of: hours, shifts of a week, holidays, and days on which everything is different.

Rule 1: a shift belongs to the day on which it begins, and may end on the next one; it lasts a day at most.
Rule 2: a whole holiday takes away the shifts that begin on it. A partial one closes its hours by the clock, also of a night shift.
Rule 3: what is said of one day by name, its own hours or those of another weekday, replaces all else that is said of that day.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, Self

from crmcore.domain import fields
from crmcore.domain.errors.given import InvalidInput, NotAllowed, OutOfRange
from crmcore.domain.fields.build import checked_type
from crmcore.domain.kernel import value

MINUTES: Final = 1_440
"""Minutes of a day of the clock."""
WEEK: Final = 7 * MINUTES
DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""The weekdays as OpenStreetMap writes them, Monday first."""

_TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")
_DAYS = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?")


@value
class Hours:
    """Hours of one day by the clock, in minutes since its midnight.

    Attributes:
        opens: the first minute.
        closes: the minute at which it is over; past 1,440 it lies on the next day.
    """

    opens: int = fields.whole(most=MINUTES - 1)
    closes: int = fields.whole(least=1, most=2 * MINUTES - 1)

    def __attrs_post_init__(self) -> None:
        if not self.opens < self.closes <= self.opens + MINUTES:
            raise OutOfRange("hours.closes", "must lie after the opening, by a day at most")

    @classmethod
    def read(cls, written: str) -> tuple[Self, ...]:
        """Read hours such as ``09:00-13:00,14:00-18:00``. What ends before it begins ends on the next day.

        Raises:
            InvalidInput: they cannot be read, or overlap.

        Example:
            >>> Hours.read("09:00-13:00,22:00-06:00")
            (Hours(opens=540, closes=780), Hours(opens=1320, closes=1800))
        """
        checked_type("hours", str, written)
        read = []
        for piece in written.replace(" ", "").split(","):
            found = _TIMES.fullmatch(piece)
            if found is None:
                raise InvalidInput("hours", "must be written as 09:00-13:00,14:00-18:00")
            first, last = (int(n) for n in found.groups()[:2]), (int(n) for n in found.groups()[2:] if n)
            opens, closes = (hour * 60 + minute for hour, minute in (first, last))
            read.append(cls(opens, closes if closes > opens else closes + MINUTES))
        ordered = tuple(sorted(read, key=lambda hours: hours.opens))
        check_apart("hours", [(hours.opens, hours.closes) for hours in ordered])
        return ordered

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{_clock(self.closes if self.closes <= MINUTES else self.closes - MINUTES)}"


@value
class Shift:
    """Hours of one weekday, every week.

    Attributes:
        weekday: 0 is Monday.
    """

    weekday: int = fields.whole(most=6)
    hours: Hours = fields.part(Hours)

    @classmethod
    def week(cls, written: str) -> "tuple[Shift, ...]":
        """Read a week's hours as OpenStreetMap writes opening hours.

        Raises:
            InvalidInput: they cannot be read, or overlap.

        Example:
            >>> [str(shift) for shift in Shift.week("Fr-Sa 22:00-06:00")]
            ['Fr 22:00-06:00', 'Sa 22:00-06:00']
            >>> len(Shift.week("Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00")), len(Shift.week("24/7"))
            (11, 7)
        """
        checked_type("week", str, written)
        shifts: list[Shift] = []
        for line in ("Mo-Su 00:00-24:00" if written.strip() == "24/7" else written).split(";"):
            days, _, hours = line.strip().partition(" ")
            shifts += [cls(weekday, one) for weekday in _weekdays(days) for one in Hours.read(hours)]
        return checked_week(shifts)

    def __str__(self) -> str:
        return f"{DAYS[self.weekday]} {self.hours}"


@value
class Holiday:
    """A day off, or hours of a day.

    Attributes:
        hours: which are closed, by the clock; None is the whole day.
        active: whether the house keeps it. One that is brought from a calendar of a country and is not kept stays in the list, so that
            it is not brought again.
    """

    day: date = fields.day()
    name: str = fields.text(personal=False, default="", blank=True)
    hours: Hours | None = fields.part(Hours, optional=True, default=None)
    active: bool = fields.flag(default=True)


@value
class OneOff:
    """One day that is not like others of its weekday: it has hours of its own, or those of another weekday.

    Attributes:
        hours: of that day; none of them, and no `like`, is a day off.
        like: the weekday whose hours it has, as when a working day is exchanged; 0 is Monday.
    """

    day: date = fields.day()
    hours: tuple[Hours, ...] = fields.parts(Hours, most=24, default=())
    like: int | None = fields.whole(most=6, optional=True, default=None)
    reason: str = fields.text(personal=False, default="", blank=True)

    def __attrs_post_init__(self) -> None:
        if self.hours and self.like is not None:
            raise InvalidInput("oneOff.like", "must not be given with hours; they would contradict each other")
        check_apart("oneOff.hours", sorted((hours.opens, hours.closes) for hours in self.hours))


def checked_week(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """Put the shifts of a week in order.

    Raises:
        InvalidInput: two of them overlap, Sunday's night and Monday's morning among them.
    """
    ordered = tuple(sorted(shifts, key=lambda shift: (shift.weekday, shift.hours.opens)))
    spans = [(s.weekday * MINUTES + s.hours.opens, s.weekday * MINUTES + s.hours.closes) for s in ordered]
    check_apart("week", [*spans, *((first + WEEK, last + WEEK) for first, last in spans[:1])])
    return ordered


def check_apart(field: str, spans: Sequence[tuple[int, int]]) -> None:
    """Refuse hours that overlap, in ascending order."""
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            raise InvalidInput(field, "must not overlap; begin each where the one before has ended, or later")


def _weekdays(written: str) -> Iterator[int]:
    for piece in written.split(","):
        found = _DAYS.fullmatch(piece)
        if found is None:
            raise NotAllowed("week", allowed=(*DAYS, "a range such as Mo-Fr", "24/7"))
        first = DAYS.index(found[1])
        last = DAYS.index(found[2]) if found[2] else first
        yield from ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
