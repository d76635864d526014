"""One step: a call of the public API, as data. Records are named by their number, so that a step means the same on every side.

`deal[0]` is the deal that was heard of last, `deal[1]` the one before; so a failing run shrinks to the few records that matter, and can be
read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Self

import attrs
from attrs import evolve, field, frozen

from crmcore.crm import Crm
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.ids import prefix_of
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.services.platform.feed import FeedPage

UNKNOWN_ID_DIGITS: Final = "f" * 12 + "7fff8fff" + "f" * 12
"""The digits of an id that nobody ever made."""


@frozen
class IdRef:
    """A record by its number.

    Attributes:
        prefix: the prefix of its id.
        index: 0 is the one that was heard of last; below it is one that never was.
        is_foreign: whether it is another tenant's.
    """

    prefix: str
    index: int
    is_foreign: bool = False

    def __repr__(self) -> str:
        return f"{'their ' if self.is_foreign else ''}{self.prefix}[{self.index}]"


@frozen
class RecordRef:
    """A record itself, where a call asks for more than its id."""

    entity_type: type[Entity]
    ref: IdRef

    def __repr__(self) -> str:
        return f"the {self.ref!r}"


@frozen
class VersionRef:
    """The version at which the record of the call stands, or one beside it."""

    offset: int = 0


@frozen
class CursorRef:
    """The place in the feed that a reader has come to."""

    steps_back: int = 0


@frozen
class BuiltValue:
    """A value that is built when the call is made, since it may be refused then."""

    factory: Callable[..., Any]
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"{self.factory.__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields.items())})"


@frozen
class Call:
    """A call of one method of the front door, or of one of its rooms. As an argument of another it is made by that one.

    Attributes:
        path: ``deals.move``, or ``run_due_jobs``.
    """

    path: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(factory=dict)

    def resolve(self, crm: Crm, known_ids: "KnownIds") -> Self:
        """Put the records, ids and values in the places of what stands for them."""
        args = tuple(known_ids.resolve(arg, crm) for arg in self.args)
        subject_id = args[0] if args and isinstance(args[0], str) else ""
        return evolve(
            self,
            args=args,
            kwargs={n: known_ids.resolve(a, crm, subject_id=subject_id) for n, a in self.kwargs.items()},
        )

    def invoke(self, crm: Crm) -> Any:
        """Make it. What may be refused when it is built is built now."""
        method: Any = crm
        for name in self.path.split("."):
            method = getattr(method, name)
        return method(*_build(self.args, crm), **_build(self.kwargs, crm))

    def __repr__(self) -> str:
        given = [*(repr(arg) for arg in self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"crm.{self.path}({', '.join(given)})"

    def _repr_pretty_(self, printer: Any, cycle: bool, /) -> None:  # noqa: ARG002, FBT001  # as Hypothesis calls it
        printer.text(repr(self))


class KnownIds:
    """What has been heard of records: their ids, by tenant and kind, and their versions."""

    def __init__(self, tenants: Sequence[str]) -> None:
        self._tenants = tenants
        self._ids: dict[str, defaultdict[str, dict[str, None]]] = {tenant: defaultdict(dict) for tenant in tenants}
        self._versions: dict[str, int] = {}
        self._cursors: dict[str, list[str]] = {tenant: [""] for tenant in tenants}

    def record(self, tenant: str, result: Any) -> None:
        """Note all records that an answer speaks of."""
        for thing in _walk(result):
            match thing:
                case RecordedEvent():
                    self._record_id(tenant, thing.subject_id, thing.version)
                case Entity():
                    self._record_id(tenant, thing.id, thing.version)
                case FeedPage():
                    self._cursors[tenant].append(thing.cursor)

    def resolve(self, argument: Any, crm: Crm, *, subject_id: str = "") -> Any:
        """Put the record, id or value in the place of what stands for it."""
        match argument:
            case IdRef():
                return self._resolve_id(argument, crm._environment.context.tenant)
            case RecordRef(entity_type=kind, ref=ref):
                with crm._environment.store.begin(
                    crm._environment.context, id_generator=crm._environment.id_generator, read_only=True
                ) as transaction:
                    return transaction.get(kind, self._resolve_id(ref, crm._environment.context.tenant))
            case VersionRef(offset=offset):
                return self._versions.get(subject_id, 1) + offset
            case CursorRef(steps_back=steps_back):
                cursors = self._cursors[crm._environment.context.tenant]
                return cursors[-1 - steps_back % len(cursors)]
            case Call():
                return argument.resolve(crm, self)
            case BuiltValue(factory=kind, fields=fields):
                return BuiltValue(kind, {name: self.resolve(value, crm) for name, value in fields.items()})
            case list() | tuple():
                return type(argument)(self.resolve(item, crm) for item in argument)
            case dict():
                return {name: self.resolve(value, crm) for name, value in argument.items()}
        return argument

    def _record_id(self, tenant: str, id: str, version: int) -> None:
        ids = self._ids[tenant][prefix_of(id)]
        ids.pop(id, None)
        ids[id] = None
        self._versions[id] = max(version, self._versions.get(id, 0))

    def _resolve_id(self, ref: IdRef, tenant: str) -> str:
        if ref.is_foreign:
            tenant = self._tenants[self._tenants.index(tenant) - 1]
        ids = [*self._ids[tenant][ref.prefix]]
        return ids[-1 - ref.index % len(ids)] if ids and ref.index >= 0 else f"{ref.prefix}_{UNKNOWN_ID_DIGITS}"


def _build(argument: Any, crm: Crm) -> Any:
    match argument:
        case Call():
            return lambda: argument.invoke(crm)
        case BuiltValue(factory=kind, fields=fields):
            return kind(**_build(fields, crm))
        case list() | tuple():
            return type(argument)(_build(item, crm) for item in argument)
        case dict():
            return {name: _build(value, crm) for name, value in argument.items()}
    return argument


def _walk(value: Any) -> Iterator[Any]:
    """Walk through everything that an answer holds."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _walk(item)
    elif attrs.has(type(value)) and not isinstance(value, OutgoingMessage):
        yield value
        for slot in attrs.fields(type(value)):
            yield from _walk(getattr(value, slot.name))
