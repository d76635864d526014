"""Shared arithmetic of reports: percentages, sums by currency, periods."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import And, Compare, Criterion, Eq, In
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.services.unit_of_work import UnitOfWork


def percentage(part: int, whole: int) -> int:
    """Return a part of a whole in hundredths of a percent, rounded half up.

    The percentage of an empty whole is 0.

    Example:
        >>> percentage(45, 100), percentage(1, 3), percentage(0, 0)
        (4500, 3333, 0)
    """
    return (20_000 * part + whole) // (2 * whole) if whole else 0


def sum_by_currency(sums: Iterable[tuple[str | None, int]]) -> tuple[Money, ...]:
    """Sum amounts in minor units by currency.

    Example:
        >>> sum_by_currency([("EUR", 150), (None, 0), ("USD", 1), ("EUR", 50)])
        (Money('2.00', 'EUR'), Money('0.01', 'USD'))
    """
    by_currency: dict[str, int] = {}
    for currency, minor_units in sums:
        if currency is not None:
            by_currency[currency] = by_currency.get(currency, 0) + minor_units
    return tuple(Money.from_minor_units(by_currency[currency], currency) for currency in sorted(by_currency))


def in_period(field: str, since: datetime | None, until: datetime | None) -> Criterion:
    """Build the criterion for a timestamp in a period; its end is exclusive.

    None does not limit the period.

    Raises:
        NaiveDatetimeError: a limit has no time zone.
        OutOfRangeError: the period ends before it begins.
    """
    conditions: list[Criterion] = []
    if since is not None:
        since = checked_timestamp("since", since)
        conditions.append(Compare(field, ">=", since))
    if until is not None:
        until = checked_timestamp("until", until)
        conditions.append(Compare(field, "<", until))
    if since is not None and until is not None and until < since:
        raise OutOfRangeError("until", "must not lie before since")
    return And(tuple(conditions))


def all_of(*conditions: Criterion, **fields: Any) -> Criterion:
    """Combine criteria, and equality of fields whose value is not None."""
    return And((*conditions, *(Eq(name, value) for name, value in fields.items() if value is not None)))


def sum_column(rows: Iterable[Sequence[Any]], index: int) -> int:
    """Sum one column of a grouped count."""
    return sum(row[index] for row in rows)


def names_by_id(uow: UnitOfWork, entity_type: type[Customer] | type[User], ids: set[Any]) -> dict[str | None, str]:
    """Return the names of users or customers by id."""
    wanted_ids = tuple(sorted(id for id in ids if id is not None))
    if not wanted_ids:
        return {}
    return {
        entity.id: entity.display_name if isinstance(entity, Customer) else entity.name
        for entity in uow.find(entity_type, In("id", wanted_ids))
    }
