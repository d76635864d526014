"""Whole numbers and claims. There are no floats in crmcore: what must be exact is counted in its smallest unit."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from crmcore.domain.kernel.errors.validation import OutOfRangeError, PrecisionError
from crmcore.domain.kernel.fields.base import NO_DEFAULT, make_field, type_error, validate_argument

MAX_EXACT_INTEGER: Final = 2**53
"""The largest whole number that every JSON reader still reads exactly."""

MAX_DIGITS: Final = 20
"""How many digits an exact number of ours has at most."""


def integer(*, min: int = 0, max: int = MAX_EXACT_INTEGER, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Hold a whole number between two limits, both included.

    Raises:
        InvalidTypeError, OutOfRangeError: when the record is made.
    """
    return make_field(_integer_check(min, max), optional=optional, default=default, min=min, max=max)


def checked_integer(path: str, value: Any, *, min: int = 0, max: int = MAX_EXACT_INTEGER) -> int:
    """Check a whole number that is an argument and not a field.

    Raises:
        InvalidTypeError, OutOfRangeError: naming `path`.
    """
    validate_argument(path, _integer_check(min, max), value)
    return value  # type: ignore[no-any-return]  # the check has just proved it


def _integer_check(min: int, max: int) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if type(value) is not int:
            raise type_error("a whole number", value)
        if not min <= value <= max:
            raise OutOfRangeError("", f"must lie between {min:,} and {max:,}")

    return check


def decimal(*, places: int, max: int = 10**9, default: Any = NO_DEFAULT) -> Any:
    """Hold an exact number with at most so many decimal places, from zero to `max`; ints and texts are taken too.

    A store keeps it as a whole number of its smallest unit.

    Raises:
        InvalidTypeError, PrecisionError, OutOfRangeError: when the record is made.
    """

    def to_decimal(value: Any) -> Any:
        if type(value) not in {int, str, Decimal}:
            return value
        try:
            return plain_decimal(Decimal(value))
        except InvalidOperation:
            return value

    def check(value: Any) -> None:
        if type(value) is not Decimal:
            raise type_error("a Decimal, an int or a text such as 2.5", value)
        if not value.is_finite() or not 0 <= value <= max:
            raise OutOfRangeError("", f"must lie between 0 and {max:,}")
        if round(value, places) != value:
            raise PrecisionError("", f"must have at most {places} decimal places")

    return make_field(check, default=default, converter=to_decimal, places=places, min=0, max=max)


def plain_decimal(number: Decimal) -> Decimal:
    """Write a number without zeros at its end and without an exponent, so that equal ones look alike.

    Example:
        >>> plain_decimal(Decimal("2.50")), plain_decimal(Decimal("1E+3")), plain_decimal(Decimal(0))
        (Decimal('2.5'), Decimal('1000'), Decimal('0'))
    """
    if not number.is_finite() or len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        return number  # past every limit; it is not for us to round it
    normalized = number.normalize() or Decimal(0)  # and no zero is negative
    return normalized if normalized.adjusted() < len(normalized.as_tuple().digits) else normalized.quantize(Decimal(1))


def boolean(*, default: Any = NO_DEFAULT) -> Any:
    """Hold a claim that is true or not.

    Raises:
        InvalidTypeError: when the record is made.
    """

    def check(value: Any) -> None:
        if type(value) is not bool:
            raise type_error("True or False", value)

    return make_field(check, default=default)
