"""Every field that can hold a text says whether it tells something about a person; so nothing is exported or erased by halves."""

import enum
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import pytest

from crmcore.adapters.kinds import ENTITIES, EVENTS
from crmcore.domain import fields
from crmcore.domain.kernel import record

SILENT = (int, bool, Decimal, datetime, date, timedelta, type(None), enum.Enum)
"""Types that hold no text."""


def stored() -> list[type[Any]]:
    """List every class that a store keeps or a feed tells: records, events, and the parts that they are made of."""
    waiting: list[type[Any]] = [*ENTITIES, *EVENTS.values()]
    found: dict[type[Any], None] = {}
    while waiting:
        kind = waiting.pop()
        if kind not in found and kind.__module__.startswith("crmcore."):
            found[kind] = None
            hints = get_type_hints(kind)
            waiting += [part for field in attrs.fields(kind) for part in parts(hints[field.name])]
    return sorted(found, key=lambda kind: kind.__name__)


def parts(hint: Any) -> Iterator[type[Any]]:
    """List the classes of ours that a type is made of."""
    if isinstance(hint, type) and attrs.has(hint):
        yield hint
    for one in get_args(hint):
        yield from parts(one)


def speaks(hint: Any) -> bool:
    """Whether a type can hold a text of its own: not by a part of ours, whose fields are looked at in its own class."""
    if isinstance(hint, type) and not get_origin(hint):
        return not issubclass(hint, SILENT) and not attrs.has(hint)
    if get_origin(hint) is not None:
        return get_origin(hint) is Mapping or any(speaks(one) for one in get_args(hint) if one is not ...)
    return not hasattr(hint, "__supertype__")  # an id is no text


def unlabelled(kind: type[Any]) -> list[str]:
    """List the fields of a class that can hold a text and do not say whether it is personal."""
    hints = get_type_hints(kind)
    return [
        f"{kind.__name__}.{f.name}"
        for f in attrs.fields(kind)
        if not f.name.startswith("_") and speaks(hints[f.name]) and not isinstance(f.metadata.get("personal"), bool)
    ]


@pytest.mark.parametrize("kind", stored(), ids=lambda kind: kind.__name__)
def test_every_text_is_labelled(kind: type[Any]) -> None:
    """A text is personal, or it is not; nobody has forgotten to say."""
    assert [] == unlabelled(kind)


def test_a_planted_text_is_caught() -> None:
    """A text, a list of texts or a mapping without a label is noticed; one with a label is not."""

    @record
    class Planted:
        name: str
        tags: tuple[str, ...]
        more: Mapping[str, Any]
        note: str | None
        count: int
        said: str = fields.text(personal=True)

    assert ["Planted.name", "Planted.tags", "Planted.more", "Planted.note"] == unlabelled(Planted)
