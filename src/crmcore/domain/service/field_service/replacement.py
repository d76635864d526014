"""Replacement candidates: equipment to be replaced before it fails.

Invariants:
    1. A candidate lists every reason, with its figure and the threshold.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.parts import EquipmentState

FULL: Final = 10_000
"""The whole, in hundredths of a percent."""
RECENT_FAILURE_WINDOW: Final = timedelta(days=365)
"""How long a failure counts as a reason."""


@value
class ReplacementThresholds:
    """The thresholds of the reasons.

    Attributes:
        life: the share of the expected life, in hundredths of a percent; so with `total` of the meter.
        failures: their number, the last of them within a year.
        cost: the share of the price of new equipment that repairs have cost, in hundredths of a percent.
    """

    life: int = fields.integer(default=9_000)
    total: int = fields.integer(default=9_000)
    failures: int = fields.integer(min=1, default=3)
    cost: int = fields.integer(default=5_000)


@value
class Finding:
    """One reason.

    Attributes:
        rule: ``life``, ``total``, ``failures`` or ``cost``.
        figure: the value found; it is at or above `threshold`.
    """

    rule: str = fields.text(personal=False)
    figure: int = fields.integer()
    threshold: int = fields.integer()


@record
class ReplacementCandidate:
    """Equipment that should be replaced.

    Attributes:
        urgency: the largest figure in relation to its threshold, in hundredths of a percent.
        age: since its installation.
    """

    equipment: Equipment = fields.embedded(Equipment)
    reasons: tuple[Finding, ...] = fields.embedded_list(Finding)
    urgency: int = fields.integer()
    age: timedelta = fields.duration()


def assess_replacement(
    equipment: Equipment, *, now: datetime, price: Money | None = None, thresholds: ReplacementThresholds | None = None
) -> ReplacementCandidate | None:
    """Return whether equipment should be replaced, and why. None if not.

    Args:
        price: of new equipment, to compare the repairs with.
    """
    if equipment.state is EquipmentState.RETIRED:
        return None
    assessment = _Assessment(equipment, now, price, thresholds or ReplacementThresholds())
    findings = [reason for rule in RULES if (reason := rule(assessment)) is not None]
    reasons = tuple(reason for reason in findings if reason.figure >= reason.threshold)
    if not reasons:
        return None
    urgency = max(reason.figure * FULL // max(reason.threshold, 1) for reason in reasons)
    return ReplacementCandidate(
        equipment=equipment, reasons=reasons, urgency=urgency, age=max(now - equipment.installed_at, timedelta(0))
    )


@frozen
class _Assessment:
    equipment: Equipment
    now: datetime
    price: Money | None
    thresholds: ReplacementThresholds


def _life(assessment: _Assessment) -> Finding | None:
    if not assessment.equipment.expected_life:
        return None
    used = assessment.now - assessment.equipment.installed_at
    return Finding(
        "life", max(used, timedelta(0)) * FULL // assessment.equipment.expected_life, assessment.thresholds.life
    )


def _total(assessment: _Assessment) -> Finding | None:
    if not assessment.equipment.expected_meter_total:
        return None
    return Finding(
        "total",
        int(assessment.equipment.meter_total * FULL / assessment.equipment.expected_meter_total),
        assessment.thresholds.total,
    )


def _failures(assessment: _Assessment) -> Finding | None:
    last = assessment.equipment.failed_at
    is_recent = last is not None and assessment.now - last <= RECENT_FAILURE_WINDOW
    return (
        Finding("failures", assessment.equipment.failure_count, assessment.thresholds.failures) if is_recent else None
    )


def _cost(assessment: _Assessment) -> Finding | None:
    repair_cost, price = assessment.equipment.repair_cost, assessment.price
    if repair_cost is None or price is None or not price.minor or price.currency != repair_cost.currency:
        return None
    return Finding("cost", repair_cost.minor * FULL // price.minor, assessment.thresholds.cost)


RULES: Final[tuple[Callable[[_Assessment], Finding | None], ...]] = (_life, _total, _failures, _cost)
"""Iterate over all possible reasons."""
