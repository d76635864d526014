"""What all reports share: shares without rounding surprises, money by currency, and the period that is looked at."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from crmcore.domain.criteria import All, Compare, Criterion, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.people import User
from crmcore.domain.values.money import Money
from crmcore.services.unit import Unit


def share(part: int, whole: int) -> int:
    """A part of a whole in hundredths of a percent, rounded half up; 0 of nothing.

    Example:
        >>> share(45, 100), share(1, 3), share(0, 0)
        (4500, 3333, 0)
    """
    return (20_000 * part + whole) // (2 * whole) if whole else 0


def moneys(sums: Iterable[tuple[str | None, int]]) -> tuple[Money, ...]:
    """Add amounts in minor units up by currency; never across currencies.

    Example:
        >>> moneys([("EUR", 150), (None, 0), ("USD", 1), ("EUR", 50)])
        (Money('2.00', 'EUR'), Money('0.01', 'USD'))
    """
    by_currency: dict[str, int] = {}
    for currency, minor in sums:
        if currency is not None:
            by_currency[currency] = by_currency.get(currency, 0) + minor
    return tuple(Money.of_minor(by_currency[currency], currency) for currency in sorted(by_currency))


def within(field: str, since: datetime | None, until: datetime | None) -> Criterion:
    """The claim that an instant lies in a period, whose end is outside it. None is no limit.

    Raises:
        NaiveTime: a limit without a zone.
        OutOfRange: it ends before it begins.
    """
    claims: list[Criterion] = []
    if since is not None:
        since = checked_moment("since", since)
        claims.append(Compare(field, ">=", since))
    if until is not None:
        until = checked_moment("until", until)
        claims.append(Compare(field, "<", until))
    if since is not None and until is not None and until < since:
        raise OutOfRange("until", "must not lie before since")
    return All(tuple(claims))


def where(*claims: Criterion, **fields: Any) -> Criterion:
    """All of some claims, and that fields equal what is given and not None."""
    return All((*claims, *(Is(name, value) for name, value in fields.items() if value is not None)))


def added(lines: Iterable[Sequence[Any]], place: int) -> int:
    """Add up one column of a tally."""
    return sum(line[place] for line in lines)


def names(unit: Unit, kind: type[Customer] | type[User], ids: set[Any]) -> dict[str | None, str]:
    """Look up what some people are called."""
    wanted = tuple(sorted(id for id in ids if id is not None))
    if not wanted:
        return {}
    return {
        person.id: person.display_name if isinstance(person, Customer) else person.name
        for person in unit.find(kind, OneOf("id", wanted))
    }
