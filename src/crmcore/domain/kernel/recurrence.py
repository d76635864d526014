"""Recurrence rules (RFC 5545), evaluated on the wall clock of a time zone.

Invariants:
    1. The first occurrence is the start. All others are counted from it, so that a series does not drift.
    2. In a month or year without the day, the last day is used: the 31st is the end of the month.
    3. Gaps and overlaps of the wall clock are resolved as in `zones`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from typing import Any, Final

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

from crmcore.domain.kernel.entity import value
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError, OutOfRangeError
from crmcore.domain.kernel.fields.base import make_field
from crmcore.domain.kernel.fields.time import MAX_TIMESTAMP
from crmcore.domain.kernel.zones import instant, zone_of

_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_RULE_PARTS: Final = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"}
)
_PART_LIMITS: Final = {"INTERVAL": 1_000, "COUNT": 10_000}
_SAMPLE_START: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # rules are evaluated in local time


def _check_zone(name: Any) -> None:
    zone_of(name, field="")


def _check_rule(rule: Any) -> None:
    if type(rule) is not str or len(rule) > 200:
        raise InvalidInputError("", "must be a recurrence rule of at most 200 characters")
    parts = _parse_rule(rule)
    if parts.get("FREQ") not in _FREQUENCIES:
        raise InvalidChoiceError("", allowed=tuple(f"FREQ={frequency}" for frequency in _FREQUENCIES))
    if unknown := set(parts) - _RULE_PARTS:
        raise InvalidChoiceError(f".{min(unknown)}", allowed=tuple(sorted(_RULE_PARTS)))
    for name, maximum in _PART_LIMITS.items():
        number = parts.get(name, "1")
        if not (number.isascii() and number.isdecimal() and len(number) < 6 and 1 <= int(number) <= maximum):
            raise OutOfRangeError(f".{name}", f"must lie between 1 and {maximum:,}")
    try:
        rrulestr(_without_end(parts), dtstart=_SAMPLE_START)
        _parse_until(parts.get("UNTIL"))
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError):
        raise InvalidInputError("", "must be a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=MO") from None


@value
class Recurrence:
    """A recurrence rule in a time zone.

    Attributes:
        rule: as in RFC 5545, with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.
        zone: the time zone of the wall clock.

    Example:
        >>> start = datetime(2026, 1, 31, 7, tzinfo=UTC)
        >>> monthly = Recurrence("FREQ=MONTHLY", "Europe/Riga")
        >>> [monthly.occurrence(n, start=start).isoformat() for n in (1, 2, 4)]
        ['2026-01-31T07:00:00+00:00', '2026-02-28T07:00:00+00:00', '2026-04-30T06:00:00+00:00']
    """

    rule: str = make_field(_check_rule, personal=False, max_length=200)
    zone: str = make_field(_check_zone, personal=False, max_length=60, default="UTC")

    @property
    def is_finite(self) -> bool:
        """Whether there is a last occurrence."""
        return not {"COUNT", "UNTIL"}.isdisjoint(_parse_rule(self.rule))

    def occurrences(self, *, start: datetime, max_count: int) -> Iterator[datetime]:
        """List the occurrences in order, the start first, up to a number."""
        parts, zone = _parse_rule(self.rule), zone_of(self.zone)
        until = _parse_until(parts.get("UNTIL"))
        end = MAX_TIMESTAMP if until is None else until if until.tzinfo else instant(until, zone)
        local_occurrences = _local_occurrences(parts, start.astimezone(zone).replace(tzinfo=None))
        yield start
        for local_occurrence in islice(local_occurrences, min(max_count, int(parts.get("COUNT", max_count))) - 1):
            if local_occurrence.year >= MAX_TIMESTAMP.year or (at := instant(local_occurrence, zone)) > end:
                return
            yield at

    def occurrence(self, number: int, *, start: datetime) -> datetime | None:
        """Return an occurrence by its number, from 1. None after the last one.

        Args:
            number: 1 is the start, even if the rule does not contain it.
            start: the first occurrence.
        """
        if number == 1:
            return start
        parts, zone = _parse_rule(self.rule), zone_of(self.zone)
        if number > int(parts.get("COUNT", number)):
            return None
        local_start = start.astimezone(zone).replace(tzinfo=None)
        try:
            local_occurrence = (
                _add_interval(parts, local_start, number - 1)
                if _is_simple_interval(parts)
                else _nth_by_rule(parts, local_start, number - 1)
            )
        except (OverflowError, ValueError):  # after the last year of the calendar
            return None
        if local_occurrence is None or local_occurrence.year >= MAX_TIMESTAMP.year:
            return None
        at = instant(local_occurrence, zone)
        until = _parse_until(parts.get("UNTIL"))
        if until is not None and at > (until if until.tzinfo else instant(until, zone)):
            return None
        return at


def _parse_rule(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in rule.split(";"))}


def _without_end(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items() if name not in {"COUNT", "UNTIL"})


def _parse_until(text: str | None) -> datetime | None:
    if text is None:
        return None
    if len(text) == 8:  # a day without a time includes the whole day
        return datetime.strptime(text, "%Y%m%d") + timedelta(days=1, microseconds=-1)  # noqa: DTZ007
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _is_simple_interval(parts: dict[str, str]) -> bool:
    return parts["FREQ"] in {"MONTHLY", "YEARLY"} and not any(name.startswith("BY") for name in parts)


def _local_occurrences(parts: dict[str, str], start: datetime) -> Iterator[datetime]:
    """Iterate over the occurrences after the start, on the wall clock."""
    if not _is_simple_interval(parts):
        yield from (local_time for local_time in rrulestr(_without_end(parts), dtstart=start) if local_time > start)
        return
    try:
        yield from map(partial(_add_interval, parts, start), count(1))
    except (OverflowError, ValueError):  # after the last year of the calendar
        return


def _add_interval(parts: dict[str, str], start: datetime, steps: int) -> datetime:
    interval_count = steps * int(parts.get("INTERVAL", "1"))
    return start + (
        relativedelta(months=interval_count) if parts["FREQ"] == "MONTHLY" else relativedelta(years=interval_count)
    )


def _nth_by_rule(parts: dict[str, str], start: datetime, steps: int) -> datetime | None:
    series = (local_time for local_time in rrulestr(_without_end(parts), dtstart=start) if local_time > start)
    return next(islice(series, steps - 1, None), None)
