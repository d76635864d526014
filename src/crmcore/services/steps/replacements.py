"""Replacements: what should be replaced, of all equipment that is in use."""

from collections.abc import Mapping
from typing import Final

from crmcore.domain.criteria import OneOf
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.parts import EquipmentState
from crmcore.domain.service.replacement import Limits, Replacement, replacement
from crmcore.domain.values.money import Money
from crmcore.services.unit import Unit

IN_USE: Final = OneOf("state", (EquipmentState.RUNNING, EquipmentState.BROKEN))
"""The claim that a piece of equipment is in use."""


def proposals(unit: Unit, *, prices: Mapping[str, Money], limits: Limits) -> list[Replacement]:
    """List what should be replaced, the most urgent first, and of equals the oldest record."""
    found = (
        replacement(piece, now=unit.now, price=prices.get(piece.product), limits=limits)
        for piece in unit.every(Equipment, IN_USE)
    )
    return sorted((one for one in found if one is not None), key=lambda one: (-one.urgency, one.equipment.id))
