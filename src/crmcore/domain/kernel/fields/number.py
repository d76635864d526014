"""Field declarations for whole numbers, exact decimals and booleans.

There are no floats in crmcore.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from crmcore.domain.kernel.errors.validation import OutOfRangeError, PrecisionError
from crmcore.domain.kernel.fields.base import NO_DEFAULT, make_field, type_error, validate_argument

MAX_EXACT_INTEGER: Final = 2**53
"""The largest whole number that every JSON reader reads exactly."""

MAX_DIGITS: Final = 20
"""The maximum number of digits of an exact decimal."""


def integer(*, min: int = 0, max: int = MAX_EXACT_INTEGER, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Declare a whole number from `min` to `max`, both included.

    Raises:
        InvalidTypeError, OutOfRangeError: the value is invalid.
    """
    return make_field(_integer_check(min, max), optional=optional, default=default, min=min, max=max)


def checked_integer(path: str, value: Any, *, min: int = 0, max: int = MAX_EXACT_INTEGER) -> int:
    """Check a whole number argument.

    Raises:
        InvalidTypeError, OutOfRangeError: with `path` as the field.
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
    """Declare an exact decimal from 0 to `max`. Ints and texts are converted.

    A store keeps it as a whole number, scaled by its decimal places.

    Raises:
        InvalidTypeError, PrecisionError, OutOfRangeError: the value is invalid.
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
    """Normalize a decimal: no trailing zeros and no exponent.

    Example:
        >>> plain_decimal(Decimal("2.50")), plain_decimal(Decimal("1E+3")), plain_decimal(Decimal(0))
        (Decimal('2.5'), Decimal('1000'), Decimal('0'))
    """
    if not number.is_finite() or len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        return number  # exceeds the limits; the check rejects it
    normalized = number.normalize() or Decimal(0)  # no negative zero
    return normalized if normalized.adjusted() < len(normalized.as_tuple().digits) else normalized.quantize(Decimal(1))


def boolean(*, default: Any = NO_DEFAULT) -> Any:
    """Declare a boolean.

    Raises:
        InvalidTypeError: the value is no bool.
    """

    def check(value: Any) -> None:
        if type(value) is not bool:
            raise type_error("True or False", value)

    return make_field(check, default=default)
