"""Whom a request comes from, as far as it can be known.

Rule 1: several possible answers are a type: `Known`, `Ambiguous` or `Stranger`. Nobody guesses.
Rule 2: a weak match never teaches us a strong identifier: whoever is known by the phone alone does not get the e-mail that came along.
"""

from collections.abc import Iterable
from typing import Final, Literal

from crmcore.domain.ids import CustomerId
from crmcore.domain.kernel import (
    value,
)


@value
class Known:
    """What was given belongs to one customer.

    Attributes:
        customer: which.
        by: what told us, the strongest first: ``external_id``, ``email``, ``phone``.
    """

    customer: CustomerId
    by: tuple[str, ...]


@value
class Ambiguous:
    """What was given belongs to several customers; a person has to say which is meant."""

    candidates: tuple[CustomerId, ...]


@value
class Stranger:
    """Nobody we know."""


Match = Known | Ambiguous | Stranger
Identifier = Literal["external_id", "email", "phone"]
_STRENGTH: Final[tuple[Identifier, ...]] = ("external_id", "email", "phone")


def match(found: Iterable[tuple[Identifier, CustomerId]]) -> Match:
    """Say who is meant, from the customers that hold one of the identifiers given.

    Two identifiers of two customers are ambiguous, however strong one of them is: a wrong merge costs more than a question.
    """
    by_customer: dict[CustomerId, set[Identifier]] = {}
    for identifier, customer in found:
        by_customer.setdefault(customer, set()).add(identifier)
    if not by_customer:
        return Stranger()
    if len(by_customer) > 1:
        return Ambiguous(tuple(sorted(by_customer)))
    ((customer, identifiers),) = by_customer.items()
    return Known(customer, tuple(i for i in _STRENGTH if i in identifiers))
