"""Replacement: when a piece of equipment has served its time, told before it fails for good, and with the reasons.

Rule 1: a proposal names every reason that speaks for it, with its figure and the limit that it passed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.domain import fields
from crmcore.domain.kernel import record, value
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.parts import EquipmentState
from crmcore.domain.values.money import Money

WHOLE: Final = 10_000
"""A whole, in hundredths of a percent."""
LATELY: Final = timedelta(days=365)
"""How long a failure speaks for a replacement."""


@value
class Limits:
    """From where on something speaks for a replacement.

    Attributes:
        life: the share of the expected life, in hundredths of a percent; so with `total` of the meter.
        failures: how many, the last of them within a year.
        cost: the repairs' share of the price of a new piece, in hundredths of a percent.
    """

    life: int = fields.whole(default=9_000)
    total: int = fields.whole(default=9_000)
    failures: int = fields.whole(least=1, default=3)
    cost: int = fields.whole(default=5_000)


@value
class Finding:
    """One reason.

    Attributes:
        rule: ``life``, ``total``, ``failures`` or ``cost``.
        figure: what was found; `limit` is from where on it counts.
    """

    rule: str = fields.text(personal=False)
    figure: int = fields.whole()
    limit: int = fields.whole()


@record
class Replacement:
    """A proposal to replace a piece of equipment.

    Attributes:
        urgency: how far the most telling figure has passed its limit, in hundredths of a percent of the limit.
        age: how long it has been in use.
    """

    equipment: Equipment = fields.part(Equipment)
    reasons: tuple[Finding, ...] = fields.parts(Finding)
    urgency: int = fields.whole()
    age: timedelta = fields.span()


def replacement(
    equipment: Equipment, *, now: datetime, price: Money | None = None, limits: Limits | None = None
) -> Replacement | None:
    """Say whether a piece of equipment should be replaced, and why; None when nothing speaks for it.

    Args:
        price: of a new piece, to compare the repairs with.
    """
    if equipment.state is EquipmentState.RETIRED:
        return None
    case = _Case(equipment, now, price, limits or Limits())
    found = [reason for rule in RULES if (reason := rule(case)) is not None]
    reasons = tuple(reason for reason in found if reason.figure >= reason.limit)
    if not reasons:
        return None
    urgency = max(reason.figure * WHOLE // max(reason.limit, 1) for reason in reasons)
    return Replacement(
        equipment=equipment, reasons=reasons, urgency=urgency, age=max(now - equipment.installed_at, timedelta(0))
    )


@frozen
class _Case:
    equipment: Equipment
    now: datetime
    price: Money | None
    limits: Limits


def _life(case: _Case) -> Finding | None:
    if not case.equipment.expected_life:
        return None
    used = case.now - case.equipment.installed_at
    return Finding("life", max(used, timedelta(0)) * WHOLE // case.equipment.expected_life, case.limits.life)


def _total(case: _Case) -> Finding | None:
    if not case.equipment.expected_total:
        return None
    return Finding("total", int(case.equipment.total * WHOLE / case.equipment.expected_total), case.limits.total)


def _failures(case: _Case) -> Finding | None:
    last = case.equipment.failed_at
    lately = last is not None and case.now - last <= LATELY
    return Finding("failures", case.equipment.failures, case.limits.failures) if lately else None


def _cost(case: _Case) -> Finding | None:
    spent, price = case.equipment.repair_cost, case.price
    if spent is None or price is None or not price.minor or price.currency != spent.currency:
        return None
    return Finding("cost", spent.minor * WHOLE // price.minor, case.limits.cost)


RULES: Final[tuple[Callable[[_Case], Finding | None], ...]] = (_life, _total, _failures, _cost)
"""Everything that may speak for a replacement."""
