"""Deterministic samples of every serialized class, with all fields."""

import types
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs

from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.fields.composite import FrozenMap
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.business_hours.hours import Hours

NOON: Final = datetime(2026, 3, 2, 12, 0, 0, 123_456, tzinfo=UTC)
SAMPLE_VALUES: Final[dict[Any, Any]] = {
    int: 3,
    bool: True,
    Decimal: Decimal("2.5"),
    datetime: NOON,
    date: date(2026, 3, 2),
    timedelta: timedelta(minutes=15, microseconds=1),
    Any: "some answer",
    Hours: Hours(540, 1080),
    Money: Money("19.90", "EUR"),
    PostalAddress: PostalAddress("Brīvības iela 1", "Rīga", "LV-1010", "LV", "Vidzeme"),
    Recurrence: Recurrence("FREQ=MONTHLY", "Europe/Riga"),
}
"""What is not made field by field: plain values, and those whose fields have to fit each other."""


def sample(kind: type[Any]) -> Any:
    """Create a sample of a class.

    If its optional fields exclude each other, only the required fields are set.
    """
    try:
        return _build(kind, [f for f in attrs.fields(kind) if f.init and not f.metadata.get("transient")])
    except InvalidInputError:
        return _build(kind, [f for f in attrs.fields(kind) if f.init and f.default is attrs.NOTHING])


def _build(kind: type[Any], fields: list[Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{f.name: _sample_field(hints[f.name], f) for f in fields if "log" not in f.metadata})


def _sample_field(hint: Any, field: Any) -> Any:
    if prefix := field.metadata.get("id_prefix"):
        return f"{prefix}_018f3c0e6b7a7c1e9d2b4a5f60718293"
    if field.name == "id":
        return "x_018f3c0e6b7a7c1e9d2b4a5f60718293"
    return _sample_value(hint, f"some {field.name}"[: field.metadata.get("max_length", 200)])


def _sample_value(hint: Any, words: str) -> Any:
    """Make a value of a type; of several possible ones, the first."""
    if hint is str:
        return words
    if hint in SAMPLE_VALUES:
        return SAMPLE_VALUES[hint]
    if hasattr(hint, "__supertype__"):
        return f"{hint.__name__.removesuffix('Id').lower()}_018f3c0e6b7a7c1e9d2b4a5f60718293"
    if get_origin(hint) in {Union, types.UnionType}:
        return _sample_value(get_args(hint)[0], words)
    if get_origin(hint) in {tuple, Sequence}:
        return (_sample_value(get_args(hint)[0], words),)
    if get_origin(hint) is Mapping:
        return FrozenMap(dict[str, Any](words=words, number=7, claim=True, nothing=None))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[-1]
    return sample(hint)
