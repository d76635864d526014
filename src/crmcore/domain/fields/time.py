"""Instants, days and durations. An instant is aware and kept in UTC; a day is a date and never a datetime."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from crmcore.domain.errors.given import NaiveTime, OutOfRange
from crmcore.domain.fields.build import NO_DEFAULT, build, named, require, wrong_type

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
LONGEST: Final = timedelta(days=36_525)
"""The longest duration: a hundred years."""


def moment(*, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Hold an instant, exact to the microsecond, of the years 1 to 9999.

    Raises:
        NaiveTime, WrongType, OutOfRange: when the record is made.
    """
    return build(check_moment, optional=optional, default=default, converter=to_utc, least=EARLIEST, most=LATEST)


def day(*, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False) -> Any:
    """Hold a calendar day.

    Raises:
        WrongType: when the record is made.
    """
    return build(check_day, optional=optional, default=default, personal=personal)


def check_day(value: Any) -> None:
    """Refuse what is no day; an instant is none."""
    if type(value) is not date:
        raise wrong_type("a date", value)


def checked_day(path: str, value: Any) -> date:
    """Check a calendar day that is an argument and not a field.

    Raises:
        WrongType: naming `path`.
    """
    if type(value) is not date:
        raise named(wrong_type("a date", value), path)
    return value


def span(*, least: timedelta = timedelta(0), optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Hold a duration of at least `least` and at most a hundred years.

    Raises:
        WrongType, OutOfRange: when the record is made.
    """
    return build(_span_check(least), optional=optional, default=default, least=least, most=LONGEST)


def checked_span(path: str, value: Any, *, least: timedelta = timedelta(0)) -> timedelta:
    """Check a duration that is an argument and not a field.

    Raises:
        WrongType, OutOfRange: naming `path`.
    """
    require(path, _span_check(least), value)
    return value  # type: ignore[no-any-return]  # the check has just proved it


def _span_check(least: timedelta) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if type(value) is not timedelta:
            raise wrong_type("a timedelta", value)
        if not least <= value <= LONGEST:
            raise OutOfRange("", f"must lie between {least} and {LONGEST}")

    return check


def to_utc(value: Any) -> Any:
    """Express an aware time in UTC; anything else passes unchanged, for the check to refuse."""
    if isinstance(value, datetime) and value.tzinfo is not UTC and value.utcoffset() is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            return value
    return value


def check_moment(value: Any) -> None:
    """Refuse what is no instant."""
    if not isinstance(value, datetime):
        raise wrong_type("an aware datetime", value)
    if value.tzinfo is not UTC and value.utcoffset() is None:
        raise NaiveTime("")
    if not EARLIEST <= value <= LATEST:
        raise OutOfRange("", "must lie in the years 1 to 9999")


def checked_moment(path: str, value: Any) -> datetime:
    """Express in UTC a time that is an argument and not a field.

    Raises:
        NaiveTime, WrongType, OutOfRange: naming `path`.
    """
    value = to_utc(value)
    require(path, check_moment, value)
    return value  # type: ignore[no-any-return]  # check_moment has just proved it
