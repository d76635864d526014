"""Every text field is declared as personal data or not, so that export and erasure are complete."""

import enum
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import pytest

from crmcore.adapters.registry import ENTITY_TYPES, EVENT_TYPES
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record

TYPES_WITHOUT_TEXT = (int, bool, Decimal, datetime, date, timedelta, type(None), enum.Enum)
"""Types without text."""


def stored_classes() -> list[type[Any]]:
    """List the classes that a store keeps or a feed publishes: records, events and embedded values."""
    waiting: list[type[Any]] = [*ENTITY_TYPES, *EVENT_TYPES.values()]
    found: dict[type[Any], None] = {}
    while waiting:
        kind = waiting.pop()
        if kind not in found and kind.__module__.startswith("crmcore."):
            found[kind] = None
            hints = get_type_hints(kind)
            waiting += [part for field in attrs.fields(kind) for part in embedded_classes(hints[field.name])]
    return sorted(found, key=lambda kind: kind.__name__)


def embedded_classes(hint: Any) -> Iterator[type[Any]]:
    """List the classes of crmcore in a type."""
    if isinstance(hint, type) and attrs.has(hint):
        yield hint
    for one in get_args(hint):
        yield from embedded_classes(one)


def can_hold_text(hint: Any) -> bool:
    """Return whether a type can hold a text itself. Embedded values are checked in their own class."""
    if isinstance(hint, type) and not get_origin(hint):
        return not issubclass(hint, TYPES_WITHOUT_TEXT) and not attrs.has(hint)
    if get_origin(hint) is not None:
        return get_origin(hint) is Mapping or any(can_hold_text(one) for one in get_args(hint) if one is not ...)
    return not hasattr(hint, "__supertype__")  # an id is not a text


def unlabelled_fields(kind: type[Any]) -> list[str]:
    """List the text fields of a class without a declaration."""
    hints = get_type_hints(kind)
    return [
        f"{kind.__name__}.{f.name}"
        for f in attrs.fields(kind)
        if not f.name.startswith("_")
        and can_hold_text(hints[f.name])
        and not isinstance(f.metadata.get("personal"), bool)
    ]


@pytest.mark.parametrize("kind", stored_classes(), ids=lambda kind: kind.__name__)
def test_text_field_is_labelled_personal_or_not(kind: type[Any]) -> None:
    """Every text field is declared as personal or not."""
    assert [] == unlabelled_fields(kind)


def test_planted_unlabelled_text_is_found() -> None:
    """A text, a list of texts or a mapping without a declaration is reported; one with it is not."""

    @record
    class Planted:
        name: str
        tags: tuple[str, ...]
        more: Mapping[str, Any]
        note: str | None
        count: int
        said: str = fields.text(personal=True)

    assert ["Planted.name", "Planted.tags", "Planted.more", "Planted.note"] == unlabelled_fields(Planted)
