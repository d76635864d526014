"""Parts of business hours: hours, weekly shifts, holidays, day overrides.

Invariants:
    1. A shift belongs to the day on which it begins, and may end on the next one. It lasts a day at most.
    2. A whole holiday removes the shifts that begin on it. A partial one closes its hours, also those of a night shift.
    3. A day override replaces the weekly hours and the holidays of its day.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError, OutOfRangeError
from crmcore.domain.kernel.fields.base import checked_type

MINUTES_PER_DAY: Final = 1_440
"""The minutes of a day."""
MINUTES_PER_WEEK: Final = 7 * MINUTES_PER_DAY
WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""The weekdays of the OpenStreetMap format, Monday first."""

_TIME_RANGE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")
_WEEKDAY_RANGE = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?")


@value
class Hours:
    """Hours of one day, in minutes since midnight.

    Attributes:
        opens: the first minute.
        closes: the minute of closing; past 1,440 it lies on the next day.
    """

    opens: int = fields.integer(max=MINUTES_PER_DAY - 1)
    closes: int = fields.integer(min=1, max=2 * MINUTES_PER_DAY - 1)

    def __attrs_post_init__(self) -> None:
        if not self.opens < self.closes <= self.opens + MINUTES_PER_DAY:
            raise OutOfRangeError("hours.closes", "must lie after the opening, by a day at most")

    @classmethod
    def parse(cls, text: str) -> tuple[Self, ...]:
        """Parse hours such as ``09:00-13:00,14:00-18:00``.

        Hours that end before they begin end on the next day.

        Raises:
            InvalidInputError: they cannot be parsed, or overlap.

        Example:
            >>> Hours.parse("09:00-13:00,22:00-06:00")
            (Hours(opens=540, closes=780), Hours(opens=1320, closes=1800))
        """
        checked_type("hours", str, text)
        parsed = []
        for part in text.replace(" ", "").split(","):
            match = _TIME_RANGE.fullmatch(part)
            if match is None:
                raise InvalidInputError("hours", "must be written as 09:00-13:00,14:00-18:00")
            first, last = (int(n) for n in match.groups()[:2]), (int(n) for n in match.groups()[2:] if n)
            opens, closes = (hour * 60 + minute for hour, minute in (first, last))
            parsed.append(cls(opens, closes if closes > opens else closes + MINUTES_PER_DAY))
        ordered = tuple(sorted(parsed, key=lambda hours: hours.opens))
        check_no_overlap("hours", [(hours.opens, hours.closes) for hours in ordered])
        return ordered

    def __str__(self) -> str:
        return f"{_format_minute(self.opens)}-{_format_minute(self.closes if self.closes <= MINUTES_PER_DAY else self.closes - MINUTES_PER_DAY)}"


@value
class Shift:
    """Hours of one weekday.

    Attributes:
        weekday: 0 is Monday.
    """

    weekday: int = fields.integer(max=6)
    hours: Hours = fields.embedded(Hours)

    @classmethod
    def parse_week(cls, text: str) -> "tuple[Shift, ...]":
        """Parse the hours of a week in the format of OpenStreetMap.

        Raises:
            InvalidInputError: they cannot be parsed, or overlap.

        Example:
            >>> [str(shift) for shift in Shift.parse_week("Fr-Sa 22:00-06:00")]
            ['Fr 22:00-06:00', 'Sa 22:00-06:00']
            >>> len(Shift.parse_week("Mo-Fr 09:00-13:00,14:00-18:00; Sa 10:00-15:00")), len(Shift.parse_week("24/7"))
            (11, 7)
        """
        checked_type("week", str, text)
        shifts: list[Shift] = []
        for rule in ("Mo-Su 00:00-24:00" if text.strip() == "24/7" else text).split(";"):
            days, _, hours = rule.strip().partition(" ")
            shifts += [
                cls(weekday, hours_of_day) for weekday in _parse_weekdays(days) for hours_of_day in Hours.parse(hours)
            ]
        return checked_week(shifts)

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.hours}"


@value
class Holiday:
    """A whole or partial day off.

    Attributes:
        hours: that are closed; None is the whole day.
        is_observed: whether the company observes it. An imported holiday that is not observed stays in the list, so that it is not imported
            again.
    """

    day: date = fields.date()
    name: str = fields.text(personal=False, default="", allow_blank=True)
    hours: Hours | None = fields.embedded(Hours, optional=True, default=None)
    is_observed: bool = fields.boolean(default=True)


@value
class DayOverride:
    """The override of one day: other hours, or those of another weekday.

    Attributes:
        hours: of that day. Without hours and `as_weekday` it is a day off.
        as_weekday: the weekday whose hours it has, as when working days are swapped; 0 is Monday.
    """

    day: date = fields.date()
    hours: tuple[Hours, ...] = fields.embedded_list(Hours, max_items=24, default=())
    as_weekday: int | None = fields.integer(max=6, optional=True, default=None)
    reason: str = fields.text(personal=False, default="", allow_blank=True)

    def __attrs_post_init__(self) -> None:
        if self.hours and self.as_weekday is not None:
            raise InvalidInputError(
                "dayOverride.as_weekday", "must not be given with hours; they would contradict each other"
            )
        check_no_overlap("dayOverride.hours", sorted((hours.opens, hours.closes) for hours in self.hours))


def checked_week(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """Sort the shifts of a week and check them.

    Raises:
        InvalidInputError: two of them overlap, Sunday night and Monday morning included.
    """
    ordered = tuple(sorted(shifts, key=lambda shift: (shift.weekday, shift.hours.opens)))
    ranges = [
        (s.weekday * MINUTES_PER_DAY + s.hours.opens, s.weekday * MINUTES_PER_DAY + s.hours.closes) for s in ordered
    ]
    check_no_overlap(
        "week", [*ranges, *((first + MINUTES_PER_WEEK, last + MINUTES_PER_WEEK) for first, last in ranges[:1])]
    )
    return ordered


def check_no_overlap(field: str, ranges: Sequence[tuple[int, int]]) -> None:
    """Reject hours that overlap, in ascending order."""
    for (_, closes), (opens, _) in pairwise(ranges):
        if opens < closes:
            raise InvalidInputError(field, "must not overlap; begin each where the one before has ended, or later")


def _parse_weekdays(text: str) -> Iterator[int]:
    for part in text.split(","):
        match = _WEEKDAY_RANGE.fullmatch(part)
        if match is None:
            raise InvalidChoiceError("week", allowed=(*WEEKDAYS, "a range such as Mo-Fr", "24/7"))
        first = WEEKDAYS.index(match[1])
        last = WEEKDAYS.index(match[2]) if match[2] else first
        yield from ((first + offset) % 7 for offset in range((last - first) % 7 + 1))


def _format_minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
