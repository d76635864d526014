"""Calls of the public API as data.

Records are referenced by number, so that a call means the same on every system.

`deal[0]` is the most recent deal, `deal[1]` the one before, so a failing run shrinks to few records and is readable.
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
"""The digits of an id that is never generated."""


@frozen
class IdRef:
    """Reference to a record id by number.

    Attributes:
        prefix: prefix of the id.
        index: 0 is the most recent record; a negative index is an unknown id.
        is_foreign: whether the record belongs to another tenant.
    """

    prefix: str
    index: int
    is_foreign: bool = False

    def __repr__(self) -> str:
        return f"{'their ' if self.is_foreign else ''}{self.prefix}[{self.index}]"


@frozen
class RecordRef:
    """Reference to a record, for arguments that take an entity."""

    entity_type: type[Entity]
    ref: IdRef

    def __repr__(self) -> str:
        return f"the {self.ref!r}"


@frozen
class VersionRef:
    """Reference to the version of the record of the call, plus an offset."""

    offset: int = 0


@frozen
class CursorRef:
    """Reference to a cursor of the feed."""

    steps_back: int = 0


@frozen
class BuiltValue:
    """A value that is built when the call is made; it may be rejected."""

    factory: Callable[..., Any]
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"{self.factory.__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields.items())})"


@frozen
class Call:
    """A call of a method of `Crm` or of a service.

    As an argument it becomes a callable.

    Attributes:
        path: ``deals.move`` or ``run_due_jobs``.
    """

    path: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(factory=dict)

    def resolve(self, crm: Crm, known_ids: "KnownIds") -> Self:
        """Replace references by records, ids and values."""
        args = tuple(known_ids.resolve(arg, crm) for arg in self.args)
        subject_id = args[0] if args and isinstance(args[0], str) else ""
        return evolve(
            self,
            args=args,
            kwargs={n: known_ids.resolve(a, crm, subject_id=subject_id) for n, a in self.kwargs.items()},
        )

    def invoke(self, crm: Crm) -> Any:
        """Build the arguments and call the method."""
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
    """The known ids by tenant and prefix, with versions, and cursors."""

    def __init__(self, tenants: Sequence[str]) -> None:
        self._tenants = tenants
        self._ids: dict[str, defaultdict[str, dict[str, None]]] = {tenant: defaultdict(dict) for tenant in tenants}
        self._versions: dict[str, int] = {}
        self._cursors: dict[str, list[str]] = {tenant: [""] for tenant in tenants}

    def record(self, tenant: str, result: Any) -> None:
        """Record all ids in a result."""
        for thing in _walk(result):
            match thing:
                case RecordedEvent():
                    self._record_id(tenant, thing.subject_id, thing.version)
                case Entity():
                    self._record_id(tenant, thing.id, thing.version)
                case FeedPage():
                    self._cursors[tenant].append(thing.cursor)

    def resolve(self, argument: Any, crm: Crm, *, subject_id: str = "") -> Any:
        """Replace a reference by its record, id or value."""
        match argument:
            case IdRef():
                return self._resolve_id(argument, crm._environment.context.tenant)
            case RecordRef(entity_type=entity_type, ref=ref):
                with crm._environment.store.begin(
                    crm._environment.context, id_generator=crm._environment.id_generator, read_only=True
                ) as transaction:
                    return transaction.get(entity_type, self._resolve_id(ref, crm._environment.context.tenant))
            case VersionRef(offset=offset):
                return self._versions.get(subject_id, 1) + offset
            case CursorRef(steps_back=steps_back):
                cursors = self._cursors[crm._environment.context.tenant]
                return cursors[-1 - steps_back % len(cursors)]
            case Call():
                return argument.resolve(crm, self)
            case BuiltValue(factory=factory, fields=fields):
                return BuiltValue(factory, {name: self.resolve(value, crm) for name, value in fields.items()})
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
        case BuiltValue(factory=factory, fields=fields):
            return factory(**_build(fields, crm))
        case list() | tuple():
            return type(argument)(_build(item, crm) for item in argument)
        case dict():
            return {name: _build(value, crm) for name, value in argument.items()}
    return argument


def _walk(value: Any) -> Iterator[Any]:
    """Yield every attrs instance in a result."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _walk(item)
    elif attrs.has(type(value)) and not isinstance(value, OutgoingMessage):
        yield value
        for slot in attrs.fields(type(value)):
            yield from _walk(getattr(value, slot.name))
