"""Money is exact: it adds up, it splits without a loss, and it never mixes."""

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
    """total(split(m, n)) == m, for any amount, also a negative one, and any weights."""
    parts = money.allocate(*weights)

    assert money == sum(parts[1:], start=parts[0])
    assert len(weights) == len(parts)


@given(money=moneys(), weights=weights)
def test_allocate_is_within_one_minor_unit(money: Money, weights: list[int]) -> None:
    """No part is a whole unit away from its exact share, and who has no weight gets nothing."""
    total = sum(weights)
    for weight, part in zip(weights, money.allocate(*weights), strict=True):
        assert abs(part.minor * total - money.minor * weight) < total
        assert weight > 0 or not part


@given(amounts=st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=20), currency=currencies)
def test_sum_is_independent_of_order(amounts: list[int], currency: str) -> None:
    """Adding is exact, whatever the order; taking away undoes it."""
    moneys = [Money.from_minor_units(minor, currency) for minor in amounts]
    forwards = sum(moneys[1:], start=moneys[0])
    reverse = sum(moneys[-2::-1], start=moneys[-1])

    assert forwards == reverse == Money.from_minor_units(sum(amounts), currency)
    assert moneys[0] == forwards - sum(moneys[2:], start=moneys[1])
    assert -moneys[0] == Money.from_minor_units(0, currency) - moneys[0]


@given(money=moneys())
def test_amount_repr_and_pickle_round_trip(money: Money) -> None:
    """The amount in main units makes the same money again, as a Decimal and as a text; so do the repr and the pickle."""
    assert money == Money(money.amount, money.currency) == Money(str(money.amount), money.currency)
    assert money == eval(repr(money))
    assert money == pickle.loads(pickle.dumps(money))
    assert money.currency == str(money)[-3:]


@given(left=moneys(), right=moneys())
def test_currency_mismatch_is_rejected(left: Money, right: Money) -> None:
    """Adding, taking away and comparing money of two currencies is refused, and names both."""
    assume(left.currency != right.currency)
    for mix in (lambda: left + right, lambda: left - right, lambda: left < right):
        with pytest.raises(CurrencyMismatchError) as excinfo:
            mix()

        assert (left.currency, right.currency) == (excinfo.value.left, excinfo.value.right)
    assert left != right


@pytest.mark.parametrize("amount", [0.1, 1.0, float("nan"), True, None, b"1", "a lot", "1,5"])
def test_inexact_amount_is_rejected(amount: Any) -> None:
    """A float, and whatever is no number, is refused."""
    with pytest.raises(InvalidTypeError):
        Money(amount, "EUR")
    with pytest.raises(InvalidTypeError):
        Money(1, "EUR").times(amount)


@pytest.mark.parametrize("other", [1, 0, Decimal(1), "1", None])
def test_arithmetic_with_plain_number_is_rejected(other: Any) -> None:
    """A number without a currency is no money."""
    with pytest.raises(InvalidTypeError):
        Money(1, "EUR") + other


@pytest.mark.parametrize("amount", ["1e999999", "-1e21", "NaN", "Infinity", "1e-31", MAX_MINOR_UNITS, 10**17])
def test_amount_over_limit_is_rejected(amount: Any) -> None:
    """What no database could hold is refused, before it fills the memory."""
    with pytest.raises(OutOfRangeError):
        Money(amount, "EUR")


def test_sum_over_limit_is_rejected() -> None:
    """A sum past the limit is refused too."""
    most = Money.from_minor_units(MAX_MINOR_UNITS, "EUR")

    assert most.minor == MAX_MINOR_UNITS
    with pytest.raises(OutOfRangeError):
        most + Money.from_minor_units(1, "EUR")


@pytest.mark.parametrize(
    ("currency", "places"), [("JPY", 0), ("EUR", 2), ("IRR", 2), ("UZS", 2), ("KWD", 3), ("CLF", 4)]
)
def test_minor_unit_follows_iso_4217(currency: str, places: int) -> None:
    """A currency's smallest unit is what ISO 4217 says; half of it is refused."""
    smallest = Money(Decimal(1).scaleb(-places), currency)

    assert smallest.minor == 1
    with pytest.raises(PrecisionError):
        Money(Decimal(1).scaleb(-places - 1), currency)


@pytest.mark.parametrize("currency", ["LVL", "eur", "", "EURO", None, 978])
def test_inactive_currency_is_rejected(currency: Any) -> None:
    """A code that ISO 4217 does not list is refused."""
    with pytest.raises(UnknownCurrencyError):
        Money(1, currency)
    with pytest.raises(UnknownCurrencyError):
        Money.from_minor_units(1, currency)


@pytest.mark.parametrize("minor", [1.0, "1", True, None])
def test_fractional_minor_unit_is_rejected(minor: Any) -> None:
    """Part of a smallest unit does not exist."""
    with pytest.raises(InvalidTypeError):
        Money.from_minor_units(minor, "EUR")


@pytest.mark.parametrize("weights", [(), (0, 0), (1, -1), (0.5,), (True,)])
def test_invalid_weights_are_rejected(weights: Any) -> None:
    """A split needs something to go by."""
    with pytest.raises(OutOfRangeError):
        Money(1, "EUR").allocate(*weights)


@pytest.mark.parametrize(
    ("factor", "expected"), [("0.5", "5.02"), (2, "20.10"), ("1.5", "15.08"), (Decimal(-1), "-10.05")]
)
def test_product_is_rounded_half_to_even(factor: Any, expected: str) -> None:
    """A product is rounded once, as banks do."""
    assert Money(expected, "EUR") == Money("10.05", "EUR").times(factor)


def test_money_is_ordered_and_truthy() -> None:
    """Amounts of one currency have an order; none is false."""
    assert [1, 2, 3] == [money.minor for money in sorted(Money.from_minor_units(n, "EUR") for n in (3, 1, 2))]
    assert Money(1, "EUR") >= Money("0.99", "EUR")
    assert not Money(0, "EUR")
    assert str(Money("1234.5", "EUR")) == "1,234.50 EUR"
