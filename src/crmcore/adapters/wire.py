"""The wire: facts, results and parts of records as JSON, and back.

What crosses it: instants in ISO 8601 with ``Z``, days in ISO 8601, durations in whole microseconds, money as ``{"amount": "19.90",
"currency": "EUR"}``, exact numbers as texts, enumerations by their values, one of several classes with its name under ``is``. Reading is
strict where cattrs is lax by default: no text becomes a number, no fraction an integer, nothing a text. A reader passes over fields that
it does not know, and gives absent ones their defaults, so that newer writers do not break older readers.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final, get_origin

import attrs
from cattrs import Converter
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.strategies import configure_tagged_union

from crmcore.adapters.kinds import ENTITIES, EVENTS
from crmcore.domain.customers.matching import Match
from crmcore.domain.errors.given import InvalidInput, WrongType
from crmcore.domain.fields.part import FrozenMap
from crmcore.domain.funnels import Action
from crmcore.domain.kernel import Event
from crmcore.domain.knowledge.search import Hit
from crmcore.domain.values.money import Money
from crmcore.services.appointments.booking import Held
from crmcore.services.deals.life import Moved
from crmcore.services.leads import Captured
from crmcore.services.service.equipment import Failed, Metered
from crmcore.services.service.maintenance import Proposed, Visited

MICROSECOND: Final = timedelta(microseconds=1)
LARGEST: Final = 2 * 2**20
"""The longest JSON text that is read, in characters."""

RESULTS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind for kind in (*ENTITIES, Captured, Failed, Held, Hit, Metered, Moved, Proposed, Visited)
}
"""What a story may answer with and a receipt keep, besides plain values."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""How the data of an old schema of a fact becomes that of the next one, by the fact's name and the old schema's number."""


def dump(value: Any, kind: Any) -> str:
    """Write a value as JSON: compact, in the letters it was written in."""
    return _write(_plain(kind)(value))


def load(text: str, kind: Any) -> Any:
    """Read a value of a kind from JSON.

    Raises:
        InvalidInput: that is no JSON, or none of that kind.
    """
    return structure(parse(text), kind)


def structure(data: Any, kind: Any) -> Any:
    """Make a value of a kind from plain data.

    Raises:
        InvalidInput: the data is none of that kind.
    """
    try:
        return converter().structure(data, kind)
    except (ClassValidationError, IterableValidationError) as error:
        raise _first_refusal(error) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _refusal(error) from None


def parse(text: str) -> Any:
    """Read plain data from JSON: no NaN, no key twice, no depth that would exhaust the stack.

    Raises:
        InvalidInput: that is no such JSON.
    """
    if len(text) > LARGEST:
        raise InvalidInput("json", f"must be at most {LARGEST:,} characters long")
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins)
    except InvalidInput:
        raise
    except (ValueError, RecursionError):  # json says ValueError also of a number of thousands of digits
        raise InvalidInput("json", "must be valid and not nested too deeply") from None


def dump_event(event: Event) -> str:
    """Write a fact as JSON; its name and schema travel beside it."""
    return dump(event, type(event))


def load_event(name: str, schema: int, text: str) -> Event:
    """Read a fact, of this schema or of an older one.

    Raises:
        InvalidInput: there is no such fact, or its schema is newer than this release.
    """
    kind = EVENTS.get(name)
    if kind is None or schema > kind.schema:
        raise InvalidInput("event.name", f"{name} {schema} is not known to this release")
    data = parse(text)
    for old in range(schema, kind.schema):
        data = UPCASTERS[name, old](data)
    return structure(data, kind)  # type: ignore[no-any-return]  # it is one of that kind


def pack(result: Any) -> str:
    """Write a story's answer together with the name of its class."""
    if isinstance(result, tuple):
        return json.dumps({"is": "tuple", "of": [json.loads(pack(item)) for item in result]}, ensure_ascii=False)
    name = type(result).__name__
    if name in RESULTS:
        return f'{{"is":"{name}","of":{dump(result, RESULTS[name])}}}'
    if result is None or isinstance(result, (bool, int, str)):
        return json.dumps({"is": "plain", "of": result}, ensure_ascii=False)
    raise WrongType("result", f"of type {name} cannot be kept; add it to RESULTS")


def unpack(text: str) -> Any:
    """Read what `pack` wrote."""
    return _unpack(parse(text))


def _unpack(packed: Any) -> Any:
    match packed:
        case {"is": "tuple", "of": [*items]}:
            return tuple(_unpack(item) for item in items)
        case {"is": "plain", "of": plain}:
            return plain
        case {"is": str(name), "of": data} if name in RESULTS:
            return structure(data, RESULTS[name])
    raise InvalidInput("result", "was not written by pack")


def _writer() -> Callable[[Any], str]:
    """Make the one encoder of the wire. json makes a new one in C for each text, which takes as long as writing a fact does."""
    slow = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # it is no public name, and only CPython has it
        return slow.encode
    pieces = make(None, slow.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    return lambda data: "".join(pieces(data, 0))


_write: Final = _writer()


@cache
def _plain(kind: Any) -> Callable[[Any], Any]:
    """Find the way from a value of a kind to plain data, which cattrs would look for each time."""
    return converter().get_unstructure_hook(kind)


@cache
def converter() -> Converter:
    """Make the one converter of the wire."""
    wire = Converter(detailed_validation=True)
    for kind in (str, int, bool):
        wire.register_structure_hook(kind, _exactly(kind))
    wire.register_unstructure_hook(datetime, _write_instant)
    wire.register_structure_hook(datetime, _reading(str, _read_instant))
    wire.register_unstructure_hook(date, date.isoformat)
    wire.register_structure_hook(date, _reading(str, date.fromisoformat))
    wire.register_unstructure_hook(timedelta, lambda span: span // MICROSECOND)
    wire.register_structure_hook(timedelta, _reading(int, lambda us: us * MICROSECOND))
    wire.register_unstructure_hook(Decimal, lambda number: f"{number:f}")
    wire.register_structure_hook(Decimal, _reading(str, Decimal))
    wire.register_unstructure_hook(Money, lambda money: {"amount": f"{money.amount:f}", "currency": money.currency})
    wire.register_structure_hook(Money, _reading(dict, _read_money))
    wire.register_unstructure_hook(FrozenMap, dict)
    wire.register_unstructure_hook_func(_is_mapping, dict)
    wire.register_structure_hook_func(_is_mapping, _reading(dict, FrozenMap))
    wire.register_unstructure_hook_factory(attrs.has, lambda kind: _make_writer(kind, wire))
    wire.register_structure_hook_factory(attrs.has, lambda kind: _make_reader(kind, wire))
    wire.register_structure_hook_factory(_is_several, lambda kind: _make_list_reader(kind, wire))
    for union in (Action, Match):
        configure_tagged_union(union, wire, tag_name="is")
    return wire


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _make_writer(kind: Any, wire: Converter) -> Any:
    return make_dict_unstructure_fn(kind, wire, **_left_out(kind))


def _make_reader(kind: Any, wire: Converter) -> Any:
    return _only(dict, make_dict_structure_fn(kind, wire, **_left_out(kind)))


def _is_several(kind: Any) -> bool:
    return get_origin(kind) in {tuple, Sequence}


def _make_list_reader(kind: Any, wire: Converter) -> Any:
    return _only(list, homogenous_tuple_structure_factory(kind, wire))


def _left_out(kind: Any) -> dict[str, Any]:
    """What never travels: what follows from other fields, and what is pending or waits to be appended."""
    names = (f.name for f in attrs.fields(kind) if not f.init or f.metadata.get("transient") or "entries" in f.metadata)
    return dict.fromkeys(names, override(omit=True))


def _exactly(kind: type[Any]) -> Callable[[Any, Any], Any]:
    def read(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise WrongType("", f"must be {kind.__name__}, not {type(value).__name__}")
        return value

    return read


def _only(kind: type[Any], make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Read with cattrs what is of one kind: by itself it takes a text for a list of letters, and a list for an empty object."""

    def read(value: Any, wanted: Any) -> Any:
        if type(value) is not kind:
            raise WrongType("", f"must be {kind.__name__}, not {type(value).__name__}")
        return make(value, wanted)

    return read


def _read_money(data: dict[str, Any]) -> Money:
    if type(data["amount"]) is not str:
        raise WrongType("amount", "must be written as a text")
    return Money(data["amount"], data["currency"])


def _reading(kind: type[Any], make: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    exactly = _exactly(kind)

    def read(value: Any, wanted: Any) -> Any:
        return make(exactly(value, wanted))

    return read


def _write_instant(at: datetime) -> str:
    return f"{(at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat()[:-6]}Z"


def _read_instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


def _refuse_constant(name: str) -> Any:
    raise InvalidInput("json", f"must not hold {name}")


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise InvalidInput("json", "must not hold a name twice in one object")
    return data


def _first_refusal(error: Any) -> InvalidInput:
    """Find what was wrong in the tree of what cattrs found, and where."""
    path = ""
    while isinstance(error, (ClassValidationError, IterableValidationError)):
        error = error.exceptions[0]
        note = next((n for n in getattr(error, "__notes__", ()) if hasattr(n, "name") or hasattr(n, "index")), None)
        if note is not None:
            path += f".{note.name}" if hasattr(note, "name") else f"[{note.index}]"
    return _refusal(error, path)


def _refusal(error: Any, path: str = "") -> InvalidInput:
    if isinstance(error, InvalidInput):
        return attrs.evolve(error, field=path.lstrip(".") or error.field or "json")
    return InvalidInput(path.lstrip(".") or "json", f"cannot be read ({type(error).__name__})")
