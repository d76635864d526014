"""Money: an exact amount in the minor unit of one currency."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import total_ordering
from typing import Final, Self

from attrs import field, frozen

from crmcore.domain.kernel.errors.validation import (
    CurrencyMismatchError,
    InvalidTypeError,
    OutOfRangeError,
    PrecisionError,
    UnknownCurrencyError,
)
from crmcore.domain.kernel.values.currencies import DECIMAL_PLACES

MAX_MINOR_UNITS: Final = 10**15
"""The largest amount in minor units. A thousand times this amount still fits in 64 bits."""


@total_ordering
@frozen(init=False, repr=False)
class Money:
    """An exact amount of money in one currency.

    Attributes:
        minor: the amount in the currency's smallest unit (ISO 4217).
        currency: the ISO 4217 code.

    Raises:
        InvalidTypeError: the amount is a float, which is not exact, or no number.
        UnknownCurrencyError: the code is not an active one of ISO 4217.
        PrecisionError: more decimal places than the currency has.
        OutOfRangeError: more than `LARGEST` minor units.

    Example:
        >>> Money("19.90", "EUR") + Money(5, "EUR")
        Money('24.90', 'EUR')
        >>> Money("0.10", "EUR") + Money(1, "USD")
        Traceback (most recent call last):
        crmcore.domain.kernel.errors.validation.CurrencyMismatchError: money: EUR and USD do not add up; convert one of them first
    """

    minor: int
    currency: str = field(metadata={"personal": False})

    def __init__(self, amount: Decimal | int | str, currency: str) -> None:
        places = _decimal_places(currency)
        minor = _to_decimal(amount).scaleb(places)
        if minor != minor.to_integral_value():
            raise PrecisionError("money.amount", f"has more than the {places} decimal places of {currency}")
        self.__attrs_init__(_check_limit(int(minor)), currency)

    @classmethod
    def from_minor_units(cls, minor: int, currency: str) -> Self:
        """Make money from minor units.

        ``Money.from_minor_units(1990, "EUR")`` is 19.90 euros.
        """
        if type(minor) is not int:
            raise InvalidTypeError("money.minor", f"must be a whole number, not {type(minor).__name__}")
        _decimal_places(currency)
        money = cls.__new__(cls)
        money.__attrs_init__(_check_limit(minor), currency)
        return money

    @property
    def amount(self) -> Decimal:
        """The amount in the major unit."""
        return Decimal(self.minor).scaleb(-DECIMAL_PLACES[self.currency])

    def __add__(self, other: Self) -> Self:
        return self.from_minor_units(self.minor + self._minor_of_same_currency(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return self.from_minor_units(self.minor - self._minor_of_same_currency(other), self.currency)

    def __neg__(self) -> Self:
        return self.from_minor_units(-self.minor, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._minor_of_same_currency(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def times(self, factor: Decimal | int | str) -> Self:
        """Multiply, rounding half to even.

        Example:
            >>> Money("10.05", "EUR").times("0.5")
            Money('5.02', 'EUR')
        """
        minor = (self.minor * _to_decimal(factor)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return self.from_minor_units(int(minor), self.currency)

    def allocate(self, *weights: int) -> tuple[Self, ...]:
        """Divide by weights, without losing a minor unit.

        The parts add up to the whole. The remaining units go to the largest remainders, in order.

        Example:
            >>> Money("10.00", "EUR").allocate(1, 1, 1)
            (Money('3.34', 'EUR'), Money('3.33', 'EUR'), Money('3.33', 'EUR'))
        """
        if not weights or any(type(w) is not int or w < 0 for w in weights) or not sum(weights):
            raise OutOfRangeError("money.weights", "must be whole numbers that are not negative and not all zero")
        total = sum(weights)
        shares = [self.minor * w // total for w in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: -(self.minor * weights[i] % total))
        for i in by_remainder[: self.minor - sum(shares)]:
            shares[i] += 1
        return tuple(self.from_minor_units(share, self.currency) for share in shares)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"

    def __repr__(self) -> str:
        return f"Money('{self.amount}', '{self.currency}')"

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return type(self), (str(self.amount), self.currency)

    def _minor_of_same_currency(self, other: Self) -> int:
        if type(other) is not type(self):
            raise InvalidTypeError("money", f"goes only with money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatchError("money", left=self.currency, right=other.currency)
        return other.minor


def _decimal_places(currency: str) -> int:
    places = DECIMAL_PLACES.get(currency) if type(currency) is str else None
    if places is None:
        raise UnknownCurrencyError("money.currency", "must be an active code of ISO 4217, such as EUR")
    return places


def _to_decimal(number: Decimal | int | str) -> Decimal:
    if type(number) not in {Decimal, int, str}:
        raise InvalidTypeError("money.amount", f"must be a Decimal, an int or a text, not {type(number).__name__}")
    try:
        amount = Decimal(number)
    except InvalidOperation:
        raise InvalidTypeError("money.amount", "must be written like 1234.50") from None
    # A text such as 1e999999 would fill the memory.
    if not amount.is_finite() or not -30 <= amount.adjusted() <= 20:
        raise OutOfRangeError("money.amount", f"must be a finite number of at most {MAX_MINOR_UNITS:,} minor units")
    return amount


def _check_limit(minor: int) -> int:
    if abs(minor) > MAX_MINOR_UNITS:
        raise OutOfRangeError("money.amount", f"must be at most {MAX_MINOR_UNITS:,} minor units")
    return minor
