"""Money is exact: sums, splits and currencies."""

import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from crmcore import Money
from crmcore.domain.kernel.values.currencies import DECIMAL_PLACES
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS
from crmcore.errors import (
    CurrencyMismatchError,
    InvalidTypeError,
    OutOfRangeError,
    PrecisionError,
    UnknownCurrencyError,
)

currencies = st.sampled_from(sorted(DECIMAL_PLACES))
minors = st.integers(-MAX_MINOR_UNITS, MAX_MINOR_UNITS)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any)


@st.composite
def moneys(draw: st.DrawFn) -> Money:
    """Any amount of any currency."""
    return Money.from_minor_units(draw(minors), draw(currencies))


@given(money=moneys(), weights=weights)
def test_allocate_preserves_total(money: Money, weights: list[int]) -> None:
    """The parts of a split add up to the amount, for any sign and any weights."""
    parts = money.allocate(*weights)

    assert money == sum(parts[1:], start=parts[0])
    assert len(weights) == len(parts)


@given(money=moneys(), weights=weights)
def test_allocate_is_within_one_minor_unit(money: Money, weights: list[int]) -> None:
    """No part differs from its exact share by a whole unit, and a weight of zero gets nothing."""
    total = sum(weights)
    for weight, part in zip(weights, money.allocate(*weights), strict=True):
        assert abs(part.minor * total - money.minor * weight) < total
        assert weight > 0 or not part


@given(amounts=st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=20), currency=currencies)
def test_sum_is_independent_of_order(amounts: list[int], currency: str) -> None:
    """Addition is exact in any order; subtraction undoes it."""
    moneys = [Money.from_minor_units(minor, currency) for minor in amounts]
    forwards = sum(moneys[1:], start=moneys[0])
    reverse = sum(moneys[-2::-1], start=moneys[-1])

    assert forwards == reverse == Money.from_minor_units(sum(amounts), currency)
    assert moneys[0] == forwards - sum(moneys[2:], start=moneys[1])
    assert -moneys[0] == Money.from_minor_units(0, currency) - moneys[0]


@given(money=moneys())
def test_amount_repr_and_pickle_round_trip(money: Money) -> None:
    """The amount, its text, the repr and the pickle make equal money."""
    assert money == Money(money.amount, money.currency) == Money(str(money.amount), money.currency)
    assert money == eval(repr(money))
    assert money == pickle.loads(pickle.dumps(money))
    assert money.currency == str(money)[-3:]


@given(left=moneys(), right=moneys())
def test_currency_mismatch_is_rejected(left: Money, right: Money) -> None:
    """Operations on two currencies are rejected, and name both."""
    assume(left.currency != right.currency)
    for mix in (lambda: left + right, lambda: left - right, lambda: left < right):
        with pytest.raises(CurrencyMismatchError) as excinfo:
            mix()

        assert (left.currency, right.currency) == (excinfo.value.left, excinfo.value.right)
    assert left != right


@pytest.mark.parametrize("amount", [0.1, 1.0, float("nan"), True, None, b"1", "a lot", "1,5"])
def test_inexact_amount_is_rejected(amount: Any) -> None:
    """A float, or what is no number, is rejected."""
    with pytest.raises(InvalidTypeError):
        Money(amount, "EUR")
    with pytest.raises(InvalidTypeError):
        Money(1, "EUR").times(amount)


@pytest.mark.parametrize("other", [1, 0, Decimal(1), "1", None])
def test_arithmetic_with_plain_number_is_rejected(other: Any) -> None:
    """Arithmetic with a plain number is rejected."""
    with pytest.raises(InvalidTypeError):
        Money(1, "EUR") + other


@pytest.mark.parametrize("amount", ["1e999999", "-1e21", "NaN", "Infinity", "1e-31", MAX_MINOR_UNITS, 10**17])
def test_amount_over_limit_is_rejected(amount: Any) -> None:
    """A number that no database can hold is rejected before it fills the memory."""
    with pytest.raises(OutOfRangeError):
        Money(amount, "EUR")


def test_sum_over_limit_is_rejected() -> None:
    """A sum above the limit is rejected."""
    most = Money.from_minor_units(MAX_MINOR_UNITS, "EUR")

    assert most.minor == MAX_MINOR_UNITS
    with pytest.raises(OutOfRangeError):
        most + Money.from_minor_units(1, "EUR")


@pytest.mark.parametrize(
    ("currency", "places"), [("JPY", 0), ("EUR", 2), ("IRR", 2), ("UZS", 2), ("KWD", 3), ("CLF", 4)]
)
def test_minor_unit_follows_iso_4217(currency: str, places: int) -> None:
    """The minor unit is that of ISO 4217; half of it is rejected."""
    smallest = Money(Decimal(1).scaleb(-places), currency)

    assert smallest.minor == 1
    with pytest.raises(PrecisionError):
        Money(Decimal(1).scaleb(-places - 1), currency)


@pytest.mark.parametrize("currency", ["LVL", "eur", "", "EURO", None, 978])
def test_inactive_currency_is_rejected(currency: Any) -> None:
    """A code outside ISO 4217 is rejected."""
    with pytest.raises(UnknownCurrencyError):
        Money(1, currency)
    with pytest.raises(UnknownCurrencyError):
        Money.from_minor_units(1, currency)


@pytest.mark.parametrize("minor", [1.0, "1", True, None])
def test_fractional_minor_unit_is_rejected(minor: Any) -> None:
    """A fraction of a minor unit is rejected."""
    with pytest.raises(InvalidTypeError):
        Money.from_minor_units(minor, "EUR")


@pytest.mark.parametrize("weights", [(), (0, 0), (1, -1), (0.5,), (True,)])
def test_invalid_weights_are_rejected(weights: Any) -> None:
    """A split needs positive weights."""
    with pytest.raises(OutOfRangeError):
        Money(1, "EUR").allocate(*weights)


@pytest.mark.parametrize(
    ("factor", "expected"), [("0.5", "5.02"), (2, "20.10"), ("1.5", "15.08"), (Decimal(-1), "-10.05")]
)
def test_product_is_rounded_half_to_even(factor: Any, expected: str) -> None:
    """A product is rounded once, half to even."""
    assert Money(expected, "EUR") == Money("10.05", "EUR").times(factor)


def test_money_is_ordered_and_truthy() -> None:
    """Amounts of one currency are ordered; zero is true like any other."""
    assert [1, 2, 3] == [money.minor for money in sorted(Money.from_minor_units(n, "EUR") for n in (3, 1, 2))]
    assert Money(1, "EUR") >= Money("0.99", "EUR")
    assert not Money(0, "EUR")
    assert str(Money("1234.5", "EUR")) == "1,234.50 EUR"
