"""What comes again: recurrence rules of RFC 5545, from day to year, told by the wall clock of a zone.

Rule 1: the first occurrence is the start itself; the others are counted from it, so that a series never drifts.
Rule 2: a month or a year too short for the day gives its last day: the 31st is the month's end, the 29th of February the 28th.
Rule 3: leaps and repetitions of the wall clock are resolved as `zones` does.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from typing import Any, Final

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

from crmcore.domain.errors.given import InvalidInput, NotAllowed, OutOfRange
from crmcore.domain.fields.build import build
from crmcore.domain.fields.time import LATEST
from crmcore.domain.kernel import value
from crmcore.domain.zones import instant, zone_of

_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"})
_LIMITS: Final = {"INTERVAL": 1_000, "COUNT": 10_000}
_SOME_DAY: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # rules are told in local time


def _check_zone(name: Any) -> None:
    zone_of(name, field="")


def _check_rule(rule: Any) -> None:
    if type(rule) is not str or len(rule) > 200:
        raise InvalidInput("", "must be a recurrence rule of at most 200 characters")
    parts = _parts(rule)
    if parts.get("FREQ") not in _FREQUENCIES:
        raise NotAllowed("", allowed=tuple(f"FREQ={frequency}" for frequency in _FREQUENCIES))
    if unknown := set(parts) - _PARTS:
        raise NotAllowed(f".{min(unknown)}", allowed=tuple(sorted(_PARTS)))
    for name, most in _LIMITS.items():
        number = parts.get(name, "1")
        if not (number.isascii() and number.isdecimal() and len(number) < 6 and 1 <= int(number) <= most):
            raise OutOfRange(f".{name}", f"must lie between 1 and {most:,}")
    try:
        rrulestr(_endless(parts), dtstart=_SOME_DAY)
        _until(parts.get("UNTIL"))
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError):
        raise InvalidInput("", "must be a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=MO") from None


@value
class Recurrence:
    """A rule by which something comes again.

    Attributes:
        rule: as in RFC 5545, with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.
        zone: whose wall clock the rule is told by.

    Example:
        >>> start = datetime(2026, 1, 31, 7, tzinfo=UTC)
        >>> monthly = Recurrence("FREQ=MONTHLY", "Europe/Riga")
        >>> [monthly.occurrence(n, start=start).isoformat() for n in (1, 2, 4)]
        ['2026-01-31T07:00:00+00:00', '2026-02-28T07:00:00+00:00', '2026-04-30T06:00:00+00:00']
    """

    rule: str = build(_check_rule, personal=False, limit=200)
    zone: str = build(_check_zone, personal=False, limit=60, default="UTC")

    @property
    def ends(self) -> bool:
        """Whether there is a last occurrence."""
        return not {"COUNT", "UNTIL"}.isdisjoint(_parts(self.rule))

    def occurrences(self, *, start: datetime, most: int) -> Iterator[datetime]:
        """All of them in order, the start first; so many at most."""
        parts, zone = _parts(self.rule), zone_of(self.zone)
        until = _until(parts.get("UNTIL"))
        end = LATEST if until is None else until if until.tzinfo else instant(until, zone)
        walls = _walk(parts, start.astimezone(zone).replace(tzinfo=None))
        yield start
        for wall in islice(walls, min(most, int(parts.get("COUNT", most))) - 1):
            if wall.year >= LATEST.year or (at := instant(wall, zone)) > end:
                return
            yield at

    def occurrence(self, number: int, *, start: datetime) -> datetime | None:
        """When it comes for that time, counted from 1; None when the rule has ended by then.

        Args:
            number: 1 is the start itself, whether or not the rule would name it.
            start: the first occurrence.
        """
        if number == 1:
            return start
        parts, zone = _parts(self.rule), zone_of(self.zone)
        if number > int(parts.get("COUNT", number)):
            return None
        local = start.astimezone(zone).replace(tzinfo=None)
        try:
            wall = _leap(parts, local, number - 1) if _is_plain(parts) else _search(parts, local, number - 1)
        except (OverflowError, ValueError):  # past the calendar's last year
            return None
        if wall is None or wall.year >= LATEST.year:
            return None
        at = instant(wall, zone)
        until = _until(parts.get("UNTIL"))
        if until is not None and at > (until if until.tzinfo else instant(until, zone)):
            return None
        return at


def _parts(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in rule.split(";"))}


def _endless(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items() if name not in {"COUNT", "UNTIL"})


def _until(written: str | None) -> datetime | None:
    if written is None:
        return None
    if len(written) == 8:  # a day, which is meant to its end
        return datetime.strptime(written, "%Y%m%d") + timedelta(days=1, microseconds=-1)  # noqa: DTZ007
    return datetime.strptime(written, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _is_plain(parts: dict[str, str]) -> bool:
    return parts["FREQ"] in {"MONTHLY", "YEARLY"} and not any(name.startswith("BY") for name in parts)


def _walk(parts: dict[str, str], start: datetime) -> Iterator[datetime]:
    """What comes after the start by the wall clock, as far as there are years."""
    if not _is_plain(parts):
        yield from (wall for wall in rrulestr(_endless(parts), dtstart=start) if wall > start)
        return
    try:
        yield from map(partial(_leap, parts, start), count(1))
    except (OverflowError, ValueError):  # past the calendar's last year
        return


def _leap(parts: dict[str, str], start: datetime, steps: int) -> datetime:
    length = steps * int(parts.get("INTERVAL", "1"))
    return start + (relativedelta(months=length) if parts["FREQ"] == "MONTHLY" else relativedelta(years=length))


def _search(parts: dict[str, str], start: datetime, steps: int) -> datetime | None:
    series = (wall for wall in rrulestr(_endless(parts), dtstart=start) if wall > start)
    return next(islice(series, steps - 1, None), None)
