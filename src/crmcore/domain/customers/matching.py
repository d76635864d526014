"""Matching: which customer a request comes from.

Invariants:
    1. The result is `Matched`, `Ambiguous` or `Unmatched`. Nothing is guessed.
    2. A weak match adds no strong identifier: a customer that was matched by phone does not get the e-mail address of the request.
"""

from collections.abc import Iterable
from typing import Final, Literal

from crmcore.domain.kernel.entity import (
    value,
)
from crmcore.domain.kernel.ids import CustomerId


@value
class Matched:
    """The identifiers belong to one customer.

    Attributes:
        customer_id: of that customer.
        matched_by: the identifiers that matched, the strongest first: ``external_id``, ``email``, ``phone``.
    """

    customer_id: CustomerId
    matched_by: tuple[str, ...]


@value
class Ambiguous:
    """The identifiers belong to several customers; a user has to choose."""

    candidate_ids: tuple[CustomerId, ...]


@value
class Unmatched:
    """No customer has one of the identifiers."""


Match = Matched | Ambiguous | Unmatched
Identifier = Literal["external_id", "email", "phone"]
_IDENTIFIERS_BY_STRENGTH: Final[tuple[Identifier, ...]] = ("external_id", "email", "phone")


def match(holders: Iterable[tuple[Identifier, CustomerId]]) -> Match:
    """Match identifiers to the customers that have one of them.

    Identifiers of two customers are ambiguous, however strong one of them is: a wrong merge costs more than a question.
    """
    by_customer: dict[CustomerId, set[Identifier]] = {}
    for identifier, customer_id in holders:
        by_customer.setdefault(customer_id, set()).add(identifier)
    if not by_customer:
        return Unmatched()
    if len(by_customer) > 1:
        return Ambiguous(tuple(sorted(by_customer)))
    ((customer_id, identifiers),) = by_customer.items()
    return Matched(customer_id, tuple(i for i in _IDENTIFIERS_BY_STRENGTH if i in identifiers))
