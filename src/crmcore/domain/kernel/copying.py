"""Copying of frozen records, with one compiled function per class.

`attrs.evolve` calls the constructor, which converts and validates every field. `copy_with` validates only the changed fields and takes
a third of the time. The generated source consists of the field names of the class, and is kept in `linecache` for tracebacks.
"""

import linecache
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import attrs

T = TypeVar("T")


def copy_with(record: T, /, **changes: Any) -> T:
    """Copy a frozen record with some fields changed.

    Only the changed fields are validated; the others already have been. The result equals that of `attrs.evolve`.

    Example:
        >>> from crmcore.domain.kernel.values.period import Period
        >>> from datetime import UTC, datetime
        >>> year = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        >>> copy_with(year, until=datetime(2026, 7, 1, tzinfo=UTC)).until.month
        7
    """
    plan = _copy_plan(type(record))
    copy = plan.copy(record)
    for name, given in changes.items():
        field, set_slot = plan.fields[name]
        value = given if field.converter is None else field.converter(given)
        if field.validator is not None:
            field.validator(copy, field, value)
        set_slot(copy, value)
    if plan.computed and not changes.keys() <= plan.independent:
        for set_slot, compute in plan.computed:
            set_slot(copy, compute(copy))
    return copy  # type: ignore[no-any-return]  # copy() makes another of the same class


def as_persisted(entity: T, *, version: int, actor: str) -> T:
    """Copy a record as a store returns it after saving.

    The copy has that version and actor, no pending events and an empty log.
    """
    return _copy_plan(type(entity)).as_persisted(entity, version, actor)  # type: ignore[no-any-return]  # as in `copy_with`


@attrs.frozen
class _CopyPlan:
    """How records of a class are copied.

    Attributes:
        fields: the attrs field and the slot's setter, by field name.
        computed: the slot's setter and the rule of each computed field.
        independent: the names of the fields that no computed field reads.
    """

    copy: Callable[[Any], Any]
    as_persisted: Callable[[Any, int, str], Any]
    fields: dict[str, tuple[Any, Any]]
    computed: tuple[tuple[Any, Any], ...]
    independent: frozenset[str]


_COPY_PLANS: Final[dict[type[Any], _CopyPlan]] = {}


def _copy_plan(record_type: type[Any]) -> _CopyPlan:
    plan = _COPY_PLANS.get(record_type)
    if plan is None:
        plan = _COPY_PLANS[record_type] = _build_copy_plan(record_type)
    return plan


def _build_copy_plan(record_type: type[Any]) -> _CopyPlan:
    """Compile the functions that copy records of a class."""
    slots = {f.name: (f, getattr(record_type, f.name).__set__) for f in attrs.fields(record_type)}
    cleared = {name for name, (f, _) in slots.items() if "transient" in f.metadata or "log" in f.metadata}
    replaced = dict.fromkeys(cleared, "()") | {"version": "version", "actor": "actor"}
    scope: dict[str, Any] = {"new": object.__new__, "kind": record_type}
    scope |= {f"put_{name}": put for name, (_, put) in slots.items()}
    copied = (f"put_{name}(fresh, old.{name})" for name in slots)
    persisted = (f"put_{name}(fresh, {replaced.get(name, f'old.{name}')})" for name in slots)
    copy = _compile(record_type, "copy", "old", ("fresh = new(kind)", *copied, "return fresh"), scope)
    as_persisted = _compile(
        record_type, "as_persisted", "old, version, actor", ("fresh = new(kind)", *persisted, "return fresh"), scope
    )
    computed = tuple((put, f.default.factory) for f, put in slots.values() if not f.init)
    return _CopyPlan(copy, as_persisted, slots, computed, frozenset(cleared | {"version", "actor"}))


def _compile(
    record_type: type[Any], name: str, arguments: str, lines: Sequence[str], scope: dict[str, Any]
) -> Callable[..., Any]:
    source = f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)
    filename = f"<crmcore {record_type.__module__}.{record_type.__qualname__}.{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)  # noqa: S102  # the source is made of this class's field names alone
    function: Callable[..., Any] = scope[name]
    return function
