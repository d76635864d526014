"""Whom a request comes from, as far as it can be known.

Rule 1: several possible answers are a type: `Known`, `Ambiguous` or `Unmatched`. Nobody guesses.
Rule 2: a weak match never teaches us a strong identifier: whoever is known by the phone alone does not get the e-mail that came along.
"""

from collections.abc import Iterable
from typing import Final, Literal

from crmcore.domain.kernel.entity import (
    value,
)
from crmcore.domain.kernel.ids import CustomerId


@value
class Matched:
    """What was given belongs to one customer.

    Attributes:
        customer_id: which.
        matched_by: what told us, the strongest first: ``external_id``, ``email``, ``phone``.
    """

    customer_id: CustomerId
    matched_by: tuple[str, ...]


@value
class Ambiguous:
    """What was given belongs to several customers; a person has to say which is meant."""

    candidate_ids: tuple[CustomerId, ...]


@value
class Unmatched:
    """Nobody we know."""


Match = Matched | Ambiguous | Unmatched
Identifier = Literal["external_id", "email", "phone"]
_IDENTIFIERS_BY_STRENGTH: Final[tuple[Identifier, ...]] = ("external_id", "email", "phone")


def match(holders: Iterable[tuple[Identifier, CustomerId]]) -> Match:
    """Say who is meant, from the customers that hold one of the identifiers given.

    Two identifiers of two customers are ambiguous, however strong one of them is: a wrong merge costs more than a question.
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
