"""Entities, domain events and value objects: the building blocks of DDD.

All of them are frozen. A command returns the next version of its record, with the events that it recorded.

Invariants:
    1. A command checks its rules, then records an event, then returns the next version.
    2. Time, ids and other records are arguments. A command reads no clock and no store.
    3. What a store needs to know of an entity is declared on the class, in its `EntityMeta`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import attrs

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import get_path
from crmcore.domain.kernel.errors.rules import InvalidTransitionError
from crmcore.domain.kernel.fields.base import make_field, type_error

T = TypeVar("T")
S = TypeVar("S", bound=Enum)


@dataclass_transform(
    frozen_default=True,
    field_specifiers=(
        fields.text,
        fields.text_list,
        fields.timestamp,
        fields.date,
        fields.duration,
        fields.integer,
        fields.decimal,
        fields.boolean,
        fields.enum,
        fields.id_of,
        fields.embedded,
        fields.embedded_list,
        fields.log,
        fields.custom_fields,
        fields.serialized,
        make_field,
        attrs.field,
    ),
)
def value(cls: type[T]) -> type[T]:
    """Declare a value object: frozen, slotted, compared by content."""
    return attrs.frozen(cls)


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    field_specifiers=(
        fields.text,
        fields.text_list,
        fields.timestamp,
        fields.date,
        fields.duration,
        fields.integer,
        fields.decimal,
        fields.boolean,
        fields.enum,
        fields.id_of,
        fields.embedded,
        fields.embedded_list,
        fields.log,
        fields.custom_fields,
        fields.serialized,
        make_field,
        attrs.field,
    ),
)
def record(cls: type[T]) -> type[T]:
    """Declare a value with keyword-only fields: events, entities, results."""
    return attrs.frozen(kw_only=True)(cls)


@value
class EntityMeta:
    """The metadata of an entity that a store needs.

    Attributes:
        prefix: the prefix of its ids, as in ``deal``.
        table: the name of its table.
        unique_keys: keys that two records of a tenant cannot share. Keys that contain None are not enforced.
        indexes: fields that services search by, the most selective first.
        child_tables: the tables of the fields that hold a tuple of child records or log entries.
        log_field: the field that holds log entries. A save appends them.
    """

    prefix: str
    table: str
    unique_keys: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    child_tables: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    log_field: str | None = None


@record
class Event:
    """A domain event: something that happened to one entity.

    Attributes:
        name: the stable name on the wire, as in ``deal.moved``.
        schema: the version of its fields. It rises with an incompatible change.
        at: when it happened.
    """

    name: ClassVar[str] = ""
    schema: ClassVar[int] = 1

    at: datetime = fields.timestamp()


def _check_pending_events(value: Any) -> None:
    if type(value) is not tuple or not all(isinstance(event, Event) for event in value):
        raise type_error("a tuple of events", value)


@record
class Entity:
    """A record with an identity and a life cycle.

    Attributes:
        id: the prefixed id, ordered by time.
        version: the number of saves; 0 is new. A save compares and increments it (optimistic locking).
        actor: the actor of the last save. The store sets it.
        pending_events: the events recorded since the record was loaded. A save publishes them.
    """

    meta: ClassVar[EntityMeta]

    id: str = fields.text(personal=False, max_length=64)
    version: int = fields.integer(default=0)
    actor: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    pending_events: tuple[Event, ...] = make_field(
        _check_pending_events, default=(), eq=False, repr=False, transient=True
    )

    def _record(self, *events: Event, **changes: Any) -> Self:
        """Return the next version: changed, with the events recorded."""
        return copy_with(self, pending_events=self.pending_events + events, **changes)


def unique_keys(entity: Entity) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """List the unique keys of a record, without those that contain None.

    The values of a key on child records (``contact_points.unique_key``) are listed for each child record.
    """
    for key in entity.meta.unique_keys:
        name, child_field = ".".join(key), key[0].partition(".")[0]
        if child_field in entity.meta.child_tables:
            records = getattr(entity, child_field)
            paths = tuple(field.partition(".")[2] for field in key)
        else:
            records, paths = (entity,), key
        for record in records:
            values = tuple(get_path(record, path) for path in paths)
            if None not in values:
                yield name, values


Transitions = Mapping[S, frozenset[S]]
"""A life cycle: the states that each state may change to. The diagrams in docs/reference/states.md are generated from it."""


def check_transition(subject_id: str, transitions: Transitions[S], now: S, to: S) -> None:
    """Check that a life cycle allows a change of state.

    Raises:
        InvalidTransitionError: it does not. The error lists the allowed states.
    """
    if to not in transitions[now]:
        allowed = tuple(sorted(str(state.value) for state in transitions[now]))
        raise InvalidTransitionError(subject_id, "life_cycle", now=str(now.value), to=str(to.value), allowed=allowed)
