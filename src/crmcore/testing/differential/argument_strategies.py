"""Hypothesis strategies for arguments: by path, by name, by type."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, NewType, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crmcore.domain.customers.parts import ContactPoint, ExternalId, Profile
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.parts import LineItem
from crmcore.testing import strategies as some
from crmcore.testing.differential.calls import BuiltValue, Call, CursorRef, IdRef, RecordRef, VersionRef

ODD_ONE_IN: Final = 12
"""One argument in this many is invalid or unusual."""


class NoStrategyError(LookupError):
    """No strategy is known for an argument."""


def mostly(usual: SearchStrategy[Any], odd: SearchStrategy[Any], *, one_in: int = ODD_ONE_IN) -> SearchStrategy[Any]:
    """Draw a usual value, and one time in `one_in` an odd value."""
    return st.integers(0, one_in - 1).flatmap(lambda n: odd if n == one_in - 1 else usual)


def ids_of(prefix: str) -> SearchStrategy[Any]:
    """Draw a record id: mostly known, sometimes foreign or malformed."""
    valid = st.sampled_from([IdRef(prefix, number) for number in (0, 0, 0, 1, 1, 2, 3, 5)])
    odd = st.sampled_from(
        (
            IdRef(prefix, -1),
            IdRef(prefix, 0, is_foreign=True),
            IdRef("team" if prefix != "team" else "user", 0),
            "nonsense",
        )
    )
    return mostly(valid, odd)


def _text(usual: SearchStrategy[str]) -> SearchStrategy[Any]:
    return mostly(usual, some.odd_texts())


def _rows(**fields: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Draw a few rows of an import, some with missing values."""
    first, *others = fields
    return st.lists(
        st.fixed_dictionaries({first: fields[first]}, optional={name: fields[name] for name in others}), max_size=3
    )


BY_NAME: Final[Mapping[str, SearchStrategy[Any]]] = {
    "body": st.sampled_from(("{{ customer.name }}: {{ deal.value }}", "Hello")),
    "cursor": mostly(
        st.sampled_from((CursorRef(), CursorRef(), CursorRef(1), CursorRef(3))),
        st.sampled_from(("", "nonsense", "1.event_0")),
    ),
    "chunk_size": mostly(st.sampled_from((500, 1, 2)), st.sampled_from((0, 10_001))),
    "contact": st.one_of(some.phones(), some.emails()),
    "email": mostly(some.emails(), st.sampled_from(("", "no mail", "a@b"))),
    "key": _text(some.keys()),
    "idempotency_key": _text(some.keys()),
    "language": st.sampled_from(("lv", "uz", "en")),
    "limit": mostly(st.sampled_from((100, 1, 2, 3, 1000)), st.sampled_from((0, -1, 1001))),
    "login": st.sampled_from(("anna", "Anna", "berta", None)),
    "loss_reasons": st.sampled_from(((), ("too dear",), ("too dear", "changed mind"))),
    "media_type": st.sampled_from(("text/html", "text/plain")),
    "name": _text(some.names()),
    "percent": mostly(st.integers(0, 100), st.sampled_from((-1, 101))),
    "phone": mostly(some.phones(), st.sampled_from(("", "123", "2000 0000"))),
    "reason": _text(some.loss_reasons()),
    "role": mostly(st.one_of(some.roles(), st.just("owner")), some.odd_texts()),
    "roles": st.lists(some.roles(), max_size=3),
    "source": _text(some.sources()),
    "stage_key": mostly(some.stage_names(), st.sampled_from(("", "Nowhere"))),
    "system": _text(some.systems()),
    "template": st.sampled_from(("Offer", "Offer", "Nothing")),
    "title": _text(some.texts()),
    "type": st.sampled_from(("quality", "delay")),
    "words": mostly(
        st.sampled_from(("", "ber", "anna", "o'rin", "карим", "kar", "100", "un", "erz", "liy", "anis")),
        some.odd_texts(),
    ),
}
"""By name of the argument, for texts, numbers and lists of texts."""
BY_PATH: Final[Mapping[str, SearchStrategy[Any]]] = {
    "funnels.get_by_name.name": mostly(st.sampled_from(("Windows", "windows", " Doors")), some.odd_texts()),
    "customers.upsert_many.rows": _rows(
        key=some.keys(), name=some.names(), phone=some.phones(), email=some.emails(), source=some.sources()
    ),
    "deals.move_many.moves": st.lists(st.tuples(ids_of("deal"), some.stage_names()), max_size=3),
    "deals.upsert_many.rows": _rows(
        key=some.keys(),
        customer_id=ids_of("customer"),
        funnel_id=ids_of("funnel"),
        title=some.texts(),
        value=some.money(),
    ),
    "inbox.process.apply": st.sampled_from(
        (Call("users.list"), Call("users.create", ("Anna",)), Call("deals.get", (IdRef("deal", -1),)))
    ),
    "leads.capture_many.leads": _rows(
        name=some.names(),
        funnel_id=ids_of("funnel"),
        phone=some.phones(),
        source=some.sources(),
        request=some.external_ids(),
    ),
    "deals.move.stage_key": BY_NAME["stage_key"],
    "deals.add_participant.participant_id": st.one_of(ids_of("user"), ids_of("customer")),
    "deals.update.details": st.fixed_dictionaries(
        {},
        optional={
            "title": BY_NAME["title"],
            "tags": st.lists(some.texts(), max_size=2),
            "custom": some.custom_fields(),
            "x": st.just(1),
        },
    ),
    "customers.update.details": st.fixed_dictionaries(
        {},
        optional={
            "profile": some.profiles(),
            "addresses": st.lists(some.addresses(), max_size=2),
            "tags": st.lists(some.texts(), max_size=2),
            "note": _text(some.texts()),
            "custom": some.custom_fields(),
            "x": st.just(1),
        },
    ),
}
"""By command and name of the argument."""
BY_TYPE: Final[Mapping[Any, SearchStrategy[Any]]] = {
    str: _text(some.texts()),
    bool: st.booleans(),
    int: st.integers(0, 5),
    bytes: st.sampled_from((b"", b"\x00\xff", b"plan")),
    datetime: mostly(some.instants(), some.odd_times()),
    date: some.dates(),
    timedelta: mostly(some.durations(), st.sampled_from((timedelta(days=-1), timedelta(days=36_526)))),
    Decimal: st.decimals("0", "100", places=2),
    Money: mostly(some.money(), st.sampled_from(("12", 1.5))),
    ContactPoint: some.contact_points(),
    ExternalId: some.external_ids(),
    LineItem: some.line_items(),
    PostalAddress: some.addresses(),
    Profile: some.profiles(),
    Recurrence: some.recurrences(),
    Mapping: some.custom_fields(),
}
"""By type of the argument."""


def argument_strategy(path: str, parameter: inspect.Parameter, hint: Any) -> SearchStrategy[Any]:
    """Return the strategy for an argument of a command.

    Raises:
        NoStrategyError: there is none; add one to `BY_NAME`, `BY_PATH` or `BY_TYPE`.
    """
    name = parameter.name
    if f"{path}.{name}" in BY_PATH:
        return BY_PATH[f"{path}.{name}"]
    if parameter.kind is parameter.VAR_KEYWORD:
        return st.just({})
    if name == "idempotency_key":
        return mostly(st.integers(1, 30).map(str), BY_NAME["idempotency_key"])
    if name == "expected_version":
        return st.sampled_from((VersionRef(), VersionRef(), VersionRef(-1), VersionRef(1), None))
    try:
        return _strategy_for(name, hint)
    except NoStrategyError:
        raise NoStrategyError(f"{path}({name}: {hint})") from None


def _strategy_for(name: str, hint: Any) -> SearchStrategy[Any]:
    """Return the strategy for a type."""
    if isinstance(hint, NewType):
        return ids_of(hint.__name__.removesuffix("Id").lower())
    origin, inner = get_origin(hint), get_args(hint)
    if hint is None or hint is type(None):
        return st.none()
    if name in BY_NAME and _is_plain(hint):
        return BY_NAME[name]
    if origin is Literal:
        return st.sampled_from(inner)
    if _is_union(hint):
        return _union_strategy(name, inner)
    if origin in {list, tuple, set, frozenset, Sequence, Iterable, Iterator}:
        return _sequence_strategy(name, inner[0])
    if origin is not None and issubclass(origin, Mapping):
        return BY_TYPE[Mapping]
    if hint in BY_TYPE:
        return BY_TYPE[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return mostly(st.sampled_from([*hint, *(member.value for member in hint)]), st.just("nonsense"))
    if isinstance(hint, type) and issubclass(hint, Entity):
        prefix = hint.meta.prefix
        return st.sampled_from([RecordRef(hint, IdRef(prefix, number)) for number in (0, 1, 2, 3)])
    if isinstance(hint, type) and attrs.has(hint):
        return _built_strategy(hint)
    raise NoStrategyError(name)


def _union_strategy(name: str, inner: tuple[Any, ...]) -> SearchStrategy[Any]:
    enums = [hint for hint in inner if isinstance(hint, type) and issubclass(hint, Enum)]
    # "Role | str" takes the value of a role, no other text.
    rest = [hint for hint in inner if not (enums and hint is str) and hint is not type(None)]
    found = st.one_of([_strategy_for(name, hint) for hint in rest])
    return mostly(found, st.none(), one_in=5) if type(None) in inner else found


def _sequence_strategy(name: str, item_hint: Any) -> SearchStrategy[Any]:
    if name == "stages":
        return some.stages()
    return st.lists(_strategy_for(name.removesuffix("s"), item_hint), max_size=3)


def _built_strategy(cls: type[Any]) -> SearchStrategy[Any]:
    hints = get_type_hints(cls)
    attributes = [f for f in attrs.fields(cls) if f.init]
    required = {f.name: _strategy_for(f.name, hints[f.name]) for f in attributes if f.default is attrs.NOTHING}
    optional: dict[str, SearchStrategy[Any]] = {}
    for f in attributes:
        if f.default is not attrs.NOTHING:
            try:
                optional[f.name] = _strategy_for(f.name, hints[f.name])
            except NoStrategyError:
                continue
    return st.builds(lambda given: BuiltValue(cls, given), st.fixed_dictionaries(required, optional=optional))


def _is_plain(hint: Any) -> bool:
    """Return whether a type is a text, a number, or a sequence of them."""
    inner = [one for one in get_args(hint) if one is not type(None)]
    if _is_union(hint):
        return all(_is_plain(one) for one in inner)
    if get_origin(hint) in {Sequence, Iterable, tuple, list}:
        return inner[0] is str
    return hint in {str, int}


def _is_union(hint: Any) -> bool:
    return get_origin(hint) is Union or type(hint).__name__ == "UnionType"
