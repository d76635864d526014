"""Whole numbers and claims. There are no floats in crmcore: what must be exact is counted in its smallest unit."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from crmcore.domain.errors.given import OutOfRange, TooPrecise
from crmcore.domain.fields.build import NO_DEFAULT, build, require, wrong_type

EXACT: Final = 2**53
"""The largest whole number that every JSON reader still reads exactly."""

DIGITS: Final = 20
"""How many digits an exact number of ours has at most."""


def whole(*, least: int = 0, most: int = EXACT, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Hold a whole number between two limits, both included.

    Raises:
        WrongType, OutOfRange: when the record is made.
    """
    return build(_whole_check(least, most), optional=optional, default=default, least=least, most=most)


def checked_whole(path: str, value: Any, *, least: int = 0, most: int = EXACT) -> int:
    """Check a whole number that is an argument and not a field.

    Raises:
        WrongType, OutOfRange: naming `path`.
    """
    require(path, _whole_check(least, most), value)
    return value  # type: ignore[no-any-return]  # the check has just proved it


def _whole_check(least: int, most: int) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if type(value) is not int:
            raise wrong_type("a whole number", value)
        if not least <= value <= most:
            raise OutOfRange("", f"must lie between {least:,} and {most:,}")

    return check


def exact(*, places: int, most: int = 10**9, default: Any = NO_DEFAULT) -> Any:
    """Hold an exact number with at most so many decimal places, from zero to `most`; ints and texts are taken too.

    A store keeps it as a whole number of its smallest unit.

    Raises:
        WrongType, TooPrecise, OutOfRange: when the record is made.
    """

    def to_decimal(value: Any) -> Any:
        if type(value) not in {int, str, Decimal}:
            return value
        try:
            return shortest(Decimal(value))
        except InvalidOperation:
            return value

    def check(value: Any) -> None:
        if type(value) is not Decimal:
            raise wrong_type("a Decimal, an int or a text such as 2.5", value)
        if not value.is_finite() or not 0 <= value <= most:
            raise OutOfRange("", f"must lie between 0 and {most:,}")
        if round(value, places) != value:
            raise TooPrecise("", f"must have at most {places} decimal places")

    return build(check, default=default, converter=to_decimal, places=places, least=0, most=most)


def shortest(number: Decimal) -> Decimal:
    """Write a number without zeros at its end and without an exponent, so that equal ones look alike.

    Example:
        >>> shortest(Decimal("2.50")), shortest(Decimal("1E+3")), shortest(Decimal(0))
        (Decimal('2.5'), Decimal('1000'), Decimal('0'))
    """
    if not number.is_finite() or len(number.as_tuple().digits) > DIGITS or abs(number.adjusted()) > DIGITS:
        return number  # past every limit; it is not for us to round it
    short = number.normalize() or Decimal(0)  # and no zero is negative
    return short if short.adjusted() < len(short.as_tuple().digits) else short.quantize(Decimal(1))


def flag(*, default: Any = NO_DEFAULT) -> Any:
    """Hold a claim that is true or not.

    Raises:
        WrongType: when the record is made.
    """

    def check(value: Any) -> None:
        if type(value) is not bool:
            raise wrong_type("True or False", value)

    return build(check, default=default)
