"""The grammar: values, events and entities are frozen; a command returns the next self and says what happened.

Rule 1: a command checks its rules, then states the fact as an event, then returns the next self.
Rule 2: what it needs to know of the world (time, ids, people) comes in as arguments.
Rule 3: what a store has to know of an entity is declared on it as data, its `EntityMeta`.
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
        fields.any_value,
        make_field,
        attrs.field,
    ),
)
def value(cls: type[T]) -> type[T]:
    """Make a class whose instances are what they hold: frozen, slotted, equal by content."""
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
        fields.any_value,
        make_field,
        attrs.field,
    ),
)
def record(cls: type[T]) -> type[T]:
    """Make a value with so many fields that they are given by name: events, entities, results."""
    return attrs.frozen(kw_only=True)(cls)


@value
class EntityMeta:
    """What a store has to know of an entity.

    Attributes:
        prefix: the entity's word, which is the prefix of its ids: ``deal``.
        table: the name of its table.
        unique_keys: keys that no two records of a tenant share. A key with a None in it is no key.
        indexes: fields that stories search by, the most selective first.
        child_tables: the fields that hold a tuple of parts, or of entries, in a table of its own, with that table's name.
        log_field: the one of them that holds entries, which are appended to what is stored.
    """

    prefix: str
    table: str
    unique_keys: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    child_tables: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    log_field: str | None = None


@record
class Event:
    """A fact about one entity, in the past tense.

    Attributes:
        name: the fact's stable name on the wire, as in ``deal.moved``.
        schema: the version of its fields; it rises when a reader of the old fields would be misled.
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
    """A record with an identity and a life: what a store gets, finds and saves.

    Attributes:
        id: its prefixed, time-ordered id.
        version: how often it has been saved; 0 is new. A save compares it and sets the next one.
        actor: who saved this version; the store puts it there.
        pending_events: what happened to it since it was read; the store publishes it with the save.
    """

    meta: ClassVar[EntityMeta]

    id: str = fields.text(personal=False, max_length=64)
    version: int = fields.integer(default=0)
    actor: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    pending_events: tuple[Event, ...] = make_field(
        _check_pending_events, default=(), eq=False, repr=False, transient=True
    )

    def _record(self, *events: Event, **changes: Any) -> Self:
        """Return the next self: changed, with the facts that say so."""
        return copy_with(self, pending_events=self.pending_events + events, **changes)


def unique_keys(entity: Entity) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """List a record's unique keys: the name of each, and its values. A key with a None in it is no key.

    The values of a key that lies in parts (``contact_points.unique_key``) are listed for each part.
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
"""A life cycle: from each state, the states it may go to. Documents draw their diagrams from it."""


def check_transition(subject_id: str, transitions: Transitions[S], now: S, to: S) -> None:
    """Let a life cycle go on, or not.

    Raises:
        InvalidTransitionError: naming the ways that are open.
    """
    if to not in transitions[now]:
        allowed = tuple(sorted(str(state.value) for state in transitions[now]))
        raise InvalidTransitionError(subject_id, "life_cycle", now=str(now.value), to=str(to.value), allowed=allowed)
