"""The grammar: values, events and entities are frozen; a command returns the next self and says what happened.

Rule 1: a command checks its rules, then states the fact as an event, then returns the next self.
Rule 2: what it needs to know of the world (time, ids, people) comes in as arguments.
Rule 3: what a store has to know of an entity is declared on it as data, its `Shape`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import attrs

from crmcore.domain import fields
from crmcore.domain.anatomy import changed, settled
from crmcore.domain.criteria import look_up
from crmcore.domain.errors.broken import IllegalTransition
from crmcore.domain.fields.build import build, wrong_type

T = TypeVar("T")
S = TypeVar("S", bound=Enum)


@dataclass_transform(
    frozen_default=True,
    field_specifiers=(
        fields.text,
        fields.words,
        fields.moment,
        fields.day,
        fields.span,
        fields.whole,
        fields.exact,
        fields.flag,
        fields.one_of,
        fields.ref,
        fields.part,
        fields.parts,
        fields.entries,
        fields.custom,
        fields.anything,
        build,
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
        fields.words,
        fields.moment,
        fields.day,
        fields.span,
        fields.whole,
        fields.exact,
        fields.flag,
        fields.one_of,
        fields.ref,
        fields.part,
        fields.parts,
        fields.entries,
        fields.custom,
        fields.anything,
        build,
        attrs.field,
    ),
)
def record(cls: type[T]) -> type[T]:
    """Make a value with so many fields that they are given by name: events, entities, results."""
    return attrs.frozen(kw_only=True)(cls)


@value
class Shape:
    """What a store has to know of an entity.

    Attributes:
        kind: the entity's word, which is the prefix of its ids: ``deal``.
        table: the name of its table.
        unique: keys that no two records of a tenant share. A key with a None in it is no key.
        indexes: fields that stories search by, the most selective first.
        tables: the fields that hold a tuple of parts, or of entries, in a table of its own, with that table's name.
        entries: the one of them that holds entries, which are appended to what is stored.
    """

    kind: str
    table: str
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    tables: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    entries: str | None = None


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

    at: datetime = fields.moment()


def _check_pending(value: Any) -> None:
    if type(value) is not tuple or not all(isinstance(event, Event) for event in value):
        raise wrong_type("a tuple of events", value)


@record
class Entity:
    """A record with an identity and a life: what a store gets, finds and saves.

    Attributes:
        id: its prefixed, time-ordered id.
        version: how often it has been saved; 0 is new. A save compares it and sets the next one.
        actor: who saved this version; the store puts it there.
        pending: what happened to it since it was read; the store publishes it with the save.
    """

    shape: ClassVar[Shape]

    id: str = fields.text(personal=False, limit=64)
    version: int = fields.whole(default=0)
    actor: str = fields.text(personal=False, limit=100, default="", blank=True)
    pending: tuple[Event, ...] = build(_check_pending, default=(), compared=False, shown=False, transient=True)

    def _after(self, *events: Event, **changes: Any) -> Self:
        """Return the next self: changed, with the facts that say so."""
        return changed(self, pending=self.pending + events, **changes)


def unique_keys(entity: Entity) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """List a record's unique keys: the name of each, and its values. A key with a None in it is no key.

    The values of a key that lies in parts (``contact_points.claim``) are listed for each part.
    """
    for key in entity.shape.unique:
        name, table = ".".join(key), key[0].partition(".")[0]
        if table in entity.shape.tables:
            owners = getattr(entity, table)
            paths = tuple(field.partition(".")[2] for field in key)
        else:
            owners, paths = (entity,), key
        for owner in owners:
            values = tuple(look_up(owner, path) for path in paths)
            if None not in values:
                yield name, values


Transitions = Mapping[S, frozenset[S]]
"""A life cycle: from each state, the states it may go to. Documents draw their diagrams from it."""


def check_move(subject: str, life: Transitions[S], now: S, to: S) -> None:
    """Let a life cycle go on, or not.

    Raises:
        IllegalTransition: naming the ways that are open.
    """
    if to not in life[now]:
        allowed = tuple(sorted(str(state.value) for state in life[now]))
        raise IllegalTransition(subject, "life_cycle", now=str(now.value), to=str(to.value), allowed=allowed)


__all__ = [
    "Entity",
    "Event",
    "Shape",
    "Transitions",
    "changed",
    "check_move",
    "record",
    "settled",
    "unique_keys",
    "value",
]
