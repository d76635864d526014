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
from crmcore.domain.feed import Recorded
from crmcore.domain.ids import kind_of
from crmcore.domain.kernel import Entity
from crmcore.domain.messages import Letter
from crmcore.services.feed import FeedPage

UNKNOWN: Final = "f" * 12 + "7fff8fff" + "f" * 12
"""The digits of an id that nobody ever made."""


@frozen
class Ref:
    """A record by its number.

    Attributes:
        kind: the prefix of its id.
        number: 0 is the one that was heard of last; below it is one that never was.
        foreign: whether it is another tenant's.
    """

    kind: str
    number: int
    foreign: bool = False

    def __repr__(self) -> str:
        return f"{'their ' if self.foreign else ''}{self.kind}[{self.number}]"


@frozen
class Whole:
    """A record itself, where a call asks for more than its id."""

    kind: type[Entity]
    ref: Ref

    def __repr__(self) -> str:
        return f"the {self.ref!r}"


@frozen
class Version:
    """The version at which the record of the call stands, or one beside it."""

    beside: int = 0


@frozen
class Cursor:
    """The place in the feed that a reader has come to."""

    back: int = 0


@frozen
class Built:
    """A value that is built when the call is made, since it may be refused then."""

    kind: Callable[..., Any]
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"{self.kind.__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields.items())})"


@frozen
class Call:
    """A call of one method of the front door, or of one of its rooms. As an argument of another it is made by that one.

    Attributes:
        path: ``deals.move``, or ``run_due``.
    """

    path: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(factory=dict)

    def about(self, crm: Crm, known: "Known") -> Self:
        """Put the records, ids and values in the places of what stands for them."""
        args = tuple(known.resolve(arg, crm) for arg in self.args)
        subject = args[0] if args and isinstance(args[0], str) else ""
        return evolve(
            self, args=args, kwargs={n: known.resolve(a, crm, subject=subject) for n, a in self.kwargs.items()}
        )

    def make(self, crm: Crm) -> Any:
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


class Known:
    """What has been heard of records: their ids, by tenant and kind, and their versions."""

    def __init__(self, tenants: Sequence[str]) -> None:
        self._tenants = tenants
        self._ids: dict[str, defaultdict[str, dict[str, None]]] = {tenant: defaultdict(dict) for tenant in tenants}
        self._versions: dict[str, int] = {}
        self._cursors: dict[str, list[str]] = {tenant: [""] for tenant in tenants}

    def learn(self, tenant: str, told: Any) -> None:
        """Note all records that an answer speaks of."""
        for thing in _things(told):
            match thing:
                case Recorded():
                    self._note(tenant, thing.subject, thing.version)
                case Entity():
                    self._note(tenant, thing.id, thing.version)
                case FeedPage():
                    self._cursors[tenant].append(thing.cursor)

    def resolve(self, given: Any, crm: Crm, *, subject: str = "") -> Any:
        """Put the record, id or value in the place of what stands for it."""
        match given:
            case Ref():
                return self._id(given, crm.house.context.tenant)
            case Whole(kind=kind, ref=ref):
                with crm.house.store.begin(crm.house.context, ids=crm.house.ids, reading=True) as transaction:
                    return transaction.get(kind, self._id(ref, crm.house.context.tenant))
            case Version(beside=beside):
                return self._versions.get(subject, 1) + beside
            case Cursor(back=back):
                cursors = self._cursors[crm.house.context.tenant]
                return cursors[-1 - back % len(cursors)]
            case Call():
                return given.about(crm, self)
            case Built(kind=kind, fields=fields):
                return Built(kind, {name: self.resolve(value, crm) for name, value in fields.items()})
            case list() | tuple():
                return type(given)(self.resolve(item, crm) for item in given)
            case dict():
                return {name: self.resolve(value, crm) for name, value in given.items()}
        return given

    def _note(self, tenant: str, id: str, version: int) -> None:
        known = self._ids[tenant][kind_of(id)]
        known.pop(id, None)
        known[id] = None
        self._versions[id] = max(version, self._versions.get(id, 0))

    def _id(self, ref: Ref, tenant: str) -> str:
        if ref.foreign:
            tenant = self._tenants[self._tenants.index(tenant) - 1]
        ids = [*self._ids[tenant][ref.kind]]
        return ids[-1 - ref.number % len(ids)] if ids and ref.number >= 0 else f"{ref.kind}_{UNKNOWN}"


def _build(given: Any, crm: Crm) -> Any:
    match given:
        case Call():
            return lambda: given.make(crm)
        case Built(kind=kind, fields=fields):
            return kind(**_build(fields, crm))
        case list() | tuple():
            return type(given)(_build(item, crm) for item in given)
        case dict():
            return {name: _build(value, crm) for name, value in given.items()}
    return given


def _things(told: Any) -> Iterator[Any]:
    """Walk through everything that an answer holds."""
    if isinstance(told, (list, tuple)):
        for item in told:
            yield from _things(item)
    elif attrs.has(type(told)) and not isinstance(told, Letter):
        yield told
        for slot in attrs.fields(type(told)):
            yield from _things(getattr(told, slot.name))
