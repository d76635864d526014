"""Replacement candidates: find equipment that should be replaced."""

from collections.abc import Mapping
from typing import Final

from crmcore.domain.kernel.criteria import In
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.parts import EquipmentState
from crmcore.domain.service.field_service.replacement import (
    ReplacementCandidate,
    ReplacementThresholds,
    assess_replacement,
)
from crmcore.services.unit_of_work import UnitOfWork

IN_USE: Final = In("state", (EquipmentState.RUNNING, EquipmentState.BROKEN))
"""Criterion of equipment that is in use."""


def find_replacement_candidates(
    uow: UnitOfWork, *, prices: Mapping[str, Money], thresholds: ReplacementThresholds
) -> list[ReplacementCandidate]:
    """List the replacement candidates, most urgent first.

    Candidates of equal urgency are in the order of their ids.
    """
    candidates = (
        assess_replacement(equipment, now=uow.now, price=prices.get(equipment.product), thresholds=thresholds)
        for equipment in uow.iterate(Equipment, IN_USE)
    )
    return sorted(
        (candidate for candidate in candidates if candidate is not None),
        key=lambda candidate: (-candidate.urgency, candidate.equipment.id),
    )
