"""LIMIT: every field of every record, fact and part has a limit; what lies at it is taken, and what lies one beyond it is refused.

``python -m tests.reliability.field_limits`` reads the limits from the fields themselves, as `docs/reference/limits.md` does. A field of a text, a
number, a duration, several parts or the host's own without a limit is a miss.
"""

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

import attrs

from crmcore.adapters.registry import ENTITY_TYPES, EVENT_TYPES
from crmcore.domain.kernel.fields.composite import FrozenMap
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS, Money
from crmcore.errors import InvalidInputError, OutOfRangeError, PrecisionError, TooLongError
from crmcore.ports import RequestContext
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {"blind": "no field checks anything"}
CHECKED_ELSEWHERE: Final[Mapping[tuple[str, str], str]] = {
    ("Money", "minor"): "checked by Money itself, up to MAX_MINOR_UNITS",
    ("Money", "currency"): "one of ISO 4217's",
    ("PostalAddress", "country"): "two letters of ISO 3166-1",
    ("IdempotencyRecord", "result"): "result of a command, made of records with limits",
}
"""Fields that say nothing of their limit, each with the reason."""
NARROWER_FORMATS: Final[Mapping[tuple[str, str], str]] = {
    ("Recurrence", "rule"): "a rule of RFC 5545",
    ("Recurrence", "zone"): "an IANA zone",
    ("WorkCalendar", "zone"): "an IANA zone",
}
"""Texts that take less than their limit allows, each with what they take; one beyond the limit is refused for what it is."""


def checked_classes() -> Iterator[type[Any]]:
    """Every kind of record and fact, with all the parts that they hold."""
    waiting: list[type[Any]] = [
        RequestContext,
        *ENTITY_TYPES,
        *(kind for kind in EVENT_TYPES.values() if _is_ours(kind)),
    ]
    seen: set[type[Any]] = set()
    while waiting:
        kind = waiting.pop(0)
        if kind not in seen:
            seen.add(kind)
            yield kind
            for hint in (get_type_hints(kind)[field.name] for field in attrs.fields(kind)):
                waiting += [inner for inner in _inner(hint) if attrs.has(inner) and _is_ours(inner)]


def _is_ours(kind: type[Any]) -> bool:
    return kind.__module__.startswith("crmcore.")


def _inner(hint: Any) -> Iterator[type[Any]]:
    if isinstance(hint, type) and get_origin(hint) is None:
        yield hint
    for argument in get_args(hint):
        yield from _inner(argument)


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Give every field what lies at its limit, and one more."""
    del rng, n  # there is one table, and all of it is looked at
    verdict = Verdict()
    for kind in checked_classes():
        hints = get_type_hints(kind)
        for field in attrs.fields(kind):
            if field.init and not field.metadata.get("transient"):
                _check_field(verdict, kind, field, hints[field.name], is_mutated=mutation == "blind")
    verdict.check("no reason is left over", all(_exists(*known) for known in (*CHECKED_ELSEWHERE, *NARROWER_FORMATS)))
    _money(verdict)
    return verdict


def _check_field(verdict: Verdict, kind: type[Any], field: Any, hint: Any, *, is_mutated: bool) -> None:
    name = f"{kind.__name__}.{field.name}"
    trials = list(_trials_of(field.metadata, _bare(hint)))
    verdict.count("fields")
    if not trials:
        is_limited = _bounded_by_type(field.metadata, _bare(hint)) or (kind.__name__, field.name) in CHECKED_ELSEWHERE
        verdict.check("every field has a limit", is_limited, name)
        return
    for at, beyond, refusal in trials:
        verdict.count("limits")
        if (kind.__name__, field.name) in NARROWER_FORMATS:
            at, refusal = (), (InvalidInputError,)  # noqa: PLW2901  # it is narrower
        for value in at:
            verdict.check("what lies at the limit is taken", _error_of(kind, field, value) is None, name)
        for value in beyond:
            answer = None if is_mutated else _error_of(kind, field, value)
            verdict.check("what lies beyond it is refused", isinstance(answer, refusal), f"{name}: {answer!r}")


def _error_of(kind: type[Any], field: Any, value: Any) -> InvalidInputError | None:
    """How a field refuses a value; None if it takes it."""
    record = object.__new__(kind)
    try:
        given = value if field.converter is None else field.converter(value)
        field.validator(record, field, given)
    except InvalidInputError as error:
        return error
    return None


Trial = tuple[tuple[Any, ...], tuple[Any, ...], tuple[type[InvalidInputError], ...]]


def _trials_of(labels: Mapping[str, Any], bare: Any) -> Iterator[Trial]:
    """What to give to a field: at its limit, beyond it, and how it has to refuse."""
    if bare is str and "max_length" in labels:
        yield ("x" * labels["max_length"],), ("x" * (labels["max_length"] + 1),), (TooLongError,)
    elif "max_length" in labels and "max_items" in labels and get_origin(bare) is tuple:
        yield (("x" * labels["max_length"],),), (("x" * (labels["max_length"] + 1),),), (TooLongError,)
        yield (("x",) * labels["max_items"],), (("x",) * (labels["max_items"] + 1),), (TooLongError,)
    elif "max_length" in labels and "max_items" in labels:
        yield ({"x": "x" * labels["max_length"]},), ({"x": "x" * (labels["max_length"] + 1)},), (TooLongError,)
        yield (_map(labels["max_items"]),), (_map(labels["max_items"] + 1),), (TooLongError,)
    elif "max_items" in labels:
        kind = next(inner for inner in _inner(bare) if inner is not tuple)
        part = _sample_of(kind)
        if part is not None:
            yield ((part,) * labels["max_items"],), ((part,) * (labels["max_items"] + 1),), (TooLongError,)
    elif "min" in labels:
        least, most, step = labels["min"], labels["max"], _SMALLEST_STEPS[type(labels["max"])]
        if bare is Decimal:
            tiny = Decimal(1).scaleb(-labels["places"] - 1)
            yield (Decimal(0), Decimal(most)), (Decimal(most) + 1, Decimal(-1)), (OutOfRangeError,)
            yield (), (tiny,), (PrecisionError,)
        else:
            yield (least, most), (_shifted(least, -step), _shifted(most, step)), (OutOfRangeError,)


_SMALLEST_STEPS: Final[Mapping[type[Any], Any]] = {
    int: 1,
    timedelta: timedelta(microseconds=1),
    datetime: timedelta(microseconds=1),
}


def _shifted(value: Any, step: Any) -> Any:
    return value + step


def _map(items: int) -> dict[str, Any]:
    return {f"x{number}": 1 for number in range(items)}


def _sample_of(kind: type[Any]) -> Any:
    """A part of which a field may hold several: anything of its class will do, for no field looks into it."""
    return object.__new__(kind) if attrs.has(kind) else None


def _bounded_by_type(labels: Mapping[str, Any], bare: Any) -> bool:
    """Whether a field can hold no more than its type: an id, a word, a claim, a day, one part that has limits of its own."""
    if any(label in labels for label in ("id_prefix", "log", "serialized")):
        return True
    if isinstance(bare, type) and (issubclass(bare, (Enum, bool)) or bare in {date, FrozenMap} or attrs.has(bare)):
        return True
    inner = list(_inner(bare))
    return "max_items" in labels or (bool(inner) and all(attrs.has(one) for one in inner if one is not type(None)))


def _bare(hint: Any) -> Any:
    """A type without None, and without the name that says which of its kind."""
    if get_origin(hint) in {Union, UnionType} and type(None) in get_args(hint):
        rest = [argument for argument in get_args(hint) if argument is not type(None)]
        hint = rest[0]
    return hint.__supertype__ if isinstance(hint, NewType) else hint


def _exists(kind: str, field: str) -> bool:
    return any(one.__name__ == kind and hasattr(one, field) for one in checked_classes())


def _money(verdict: Verdict) -> None:
    """Money has a limit of its own."""

    def refused(make: Callable[[], Money]) -> bool:
        try:
            make()
        except OutOfRangeError:
            return True
        return False

    verdict.check(
        "what lies at the limit is taken", not refused(lambda: Money.from_minor_units(MAX_MINOR_UNITS, "EUR")), "Money"
    )
    verdict.check(
        "what lies beyond it is refused", refused(lambda: Money.from_minor_units(MAX_MINOR_UNITS + 1, "EUR")), "Money"
    )


if __name__ == "__main__":
    sys.exit(run("LIMIT", check, n=1, mutations=MUTATIONS))
