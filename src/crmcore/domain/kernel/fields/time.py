"""Instants, days and durations. Instants are aware and in UTC."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from crmcore.domain.kernel.errors.validation import NaiveDatetimeError, OutOfRangeError
from crmcore.domain.kernel.fields.base import NO_DEFAULT, make_field, type_error, validate_argument, with_path

MIN_TIMESTAMP: Final = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
MAX_TIMESTAMP: Final = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)
MAX_DURATION: Final = dt.timedelta(days=36_525)
"""The longest duration: a hundred years."""


def timestamp(*, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Declare an instant, exact to the microsecond, of the years 1 to 9999.

    Raises:
        NaiveDatetimeError, InvalidTypeError, OutOfRangeError: the value is invalid.
    """
    return make_field(
        check_timestamp, optional=optional, default=default, converter=to_utc, min=MIN_TIMESTAMP, max=MAX_TIMESTAMP
    )


def date(*, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False) -> Any:
    """Declare a calendar day.

    Raises:
        InvalidTypeError: the value is no date, or is a datetime.
    """
    return make_field(check_date, optional=optional, default=default, personal=personal)


def check_date(value: Any) -> None:
    """Reject what is not a date. A datetime is not a date."""
    if type(value) is not dt.date:
        raise type_error("a date", value)


def checked_date(path: str, value: Any) -> dt.date:
    """Check a calendar day argument.

    Raises:
        InvalidTypeError: with `path` as the field.
    """
    if type(value) is not dt.date:
        raise with_path(type_error("a date", value), path)
    return value


def duration(*, min: dt.timedelta = dt.timedelta(0), optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Declare a duration from `min` to a hundred years.

    Raises:
        InvalidTypeError, OutOfRangeError: the value is invalid.
    """
    return make_field(_duration_check(min), optional=optional, default=default, min=min, max=MAX_DURATION)


def checked_duration(path: str, value: Any, *, min: dt.timedelta = dt.timedelta(0)) -> dt.timedelta:
    """Check a duration argument.

    Raises:
        InvalidTypeError, OutOfRangeError: with `path` as the field.
    """
    validate_argument(path, _duration_check(min), value)
    return value  # type: ignore[no-any-return]  # the check has just proved it


def _duration_check(min: dt.timedelta) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if type(value) is not dt.timedelta:
            raise type_error("a timedelta", value)
        if not min <= value <= MAX_DURATION:
            raise OutOfRangeError("", f"must lie between {min} and {MAX_DURATION}")

    return check


def to_utc(value: Any) -> Any:
    """Convert an aware datetime to UTC. Other values are returned unchanged."""
    if isinstance(value, dt.datetime) and value.tzinfo is not dt.UTC and value.utcoffset() is not None:
        try:
            return value.astimezone(dt.UTC)
        except OverflowError:
            return value
    return value


def check_timestamp(value: Any) -> None:
    """Reject what is not an aware datetime of the years 1 to 9999."""
    if not isinstance(value, dt.datetime):
        raise type_error("an aware datetime", value)
    if value.tzinfo is not dt.UTC and value.utcoffset() is None:
        raise NaiveDatetimeError("")
    if not MIN_TIMESTAMP <= value <= MAX_TIMESTAMP:
        raise OutOfRangeError("", "must lie in the years 1 to 9999")


def checked_timestamp(path: str, value: Any) -> dt.datetime:
    """Check a datetime argument and convert it to UTC.

    Raises:
        NaiveDatetimeError, InvalidTypeError, OutOfRangeError: with `path` as the field.
    """
    value = to_utc(value)
    validate_argument(path, check_timestamp, value)
    return value  # type: ignore[no-any-return]  # check_moment has just proved it
