"""Serialization: events, results and child records as JSON, and back.

Format: timestamps in ISO 8601 with ``Z``, days in ISO 8601, durations in whole microseconds, money as ``{"amount": "19.90",
"currency": "EUR"}``, decimal numbers as texts, enumerations by their values, a member of a union of classes with its class name under ``is``. Reading is
strict where cattrs is lax by default: no text becomes a number, no fraction an integer, nothing a text. Unknown fields
are ignored and absent ones get their defaults, so that newer writers do not break older readers.
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

from crmcore.adapters.registry import EVENT_TYPES
from crmcore.domain.customers.matching import Match
from crmcore.domain.kernel.entity import Event
from crmcore.domain.kernel.errors.validation import InvalidInputError, InvalidTypeError
from crmcore.domain.kernel.fields.composite import FrozenMap
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.funnels.actions import StageAction

MICROSECOND: Final = timedelta(microseconds=1)
MAX_LENGTH: Final = 2 * 2**20
"""The longest JSON text that is read, in characters."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""Upcasters convert the data of an event to its next schema; by event name and old schema."""


def dump(value: Any, type_: Any) -> str:
    """Serialize a value as compact JSON, without escaping Unicode."""
    return _encode(_unstructure_hook(type_)(value))


def load(text: str, type_: Any) -> Any:
    """Deserialize a value of a type from JSON.

    Raises:
        InvalidInputError: the text is not JSON, or the value is not of that type.
    """
    return structure(parse(text), type_)


def structure(data: Any, type_: Any) -> Any:
    """Build a value of a type from plain data.

    Raises:
        InvalidInputError: the data do not fit the type.
    """
    try:
        return converter().structure(data, type_)
    except (ClassValidationError, IterableValidationError) as error:
        raise _first_error(error) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _to_input_error(error) from None


def parse(text: str) -> Any:
    """Parse JSON: reject NaN, duplicate keys and excessive depth.

    Raises:
        InvalidInputError: the text is not valid JSON by these rules.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidInputError("json", f"must be at most {MAX_LENGTH:,} characters long")
    try:
        return json.loads(text, parse_constant=_reject_constant, object_pairs_hook=_reject_duplicate_keys)
    except InvalidInputError:
        raise
    except (ValueError, RecursionError):  # a number of thousands of digits also raises ValueError
        raise InvalidInputError("json", "must be valid and not nested too deeply") from None


def dump_event(event: Event) -> str:
    """Serialize an event as JSON, without its name and schema."""
    return dump(event, type(event))


def load_event(name: str, schema: int, text: str) -> Event:
    """Deserialize an event of the current schema or of an older one.

    Raises:
        InvalidInputError: the event is unknown, or its schema is newer than this release.
    """
    event_type = EVENT_TYPES.get(name)
    if event_type is None or schema > event_type.schema:
        raise InvalidInputError("event.name", f"{name} {schema} is not known to this release")
    data = parse(text)
    for old_schema in range(schema, event_type.schema):
        data = UPCASTERS[name, old_schema](data)
    return structure(data, event_type)  # type: ignore[no-any-return]  # it is of that class


def dump_result(value: Any, result_type: Any) -> str:
    """Write the result of a command as JSON.

    The type is that of the command's return annotation.
    """
    return dump(value, result_type)


def load_result(text: str, result_type: Any) -> Any:
    """Read the result of a command that `dump_result` wrote.

    Raises:
        InvalidInputError: the text is not JSON, or not of that type.
    """
    return load(text, result_type)


def _make_encoder() -> Callable[[Any], str]:
    """Create the shared JSON encoder.

    `json.dumps` creates a C encoder for each text, which takes as long as encoding an event.
    """
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    make_encoder = getattr(json.encoder, "c_make_encoder", None)
    if make_encoder is None:  # it is private, and only CPython has it
        return encoder.encode
    iterencode = make_encoder(
        None, encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
    )
    return lambda data: "".join(iterencode(data, 0))


_encode: Final = _make_encoder()


@cache
def _unstructure_hook(type_: Any) -> Callable[[Any], Any]:
    """Return the function that unstructures a class.

    cattrs would look it up for each value.
    """
    return converter().get_unstructure_hook(type_)


@cache
def converter() -> Converter:
    """Create the shared cattrs converter."""
    cattrs_converter = Converter(detailed_validation=True)
    for type_ in (str, int, bool):
        cattrs_converter.register_structure_hook(type_, _exact_type_hook(type_))
    cattrs_converter.register_unstructure_hook(datetime, _format_instant)
    cattrs_converter.register_structure_hook(datetime, _parsing_hook(str, _parse_instant))
    cattrs_converter.register_unstructure_hook(date, date.isoformat)
    cattrs_converter.register_structure_hook(date, _parsing_hook(str, date.fromisoformat))
    cattrs_converter.register_unstructure_hook(timedelta, lambda span: span // MICROSECOND)
    cattrs_converter.register_structure_hook(
        timedelta, _parsing_hook(int, lambda microseconds: microseconds * MICROSECOND)
    )
    cattrs_converter.register_unstructure_hook(Decimal, lambda number: f"{number:f}")
    cattrs_converter.register_structure_hook(Decimal, _parsing_hook(str, Decimal))
    cattrs_converter.register_unstructure_hook(
        Money, lambda money: {"amount": f"{money.amount:f}", "currency": money.currency}
    )
    cattrs_converter.register_structure_hook(Money, _parsing_hook(dict, _structure_money))
    cattrs_converter.register_unstructure_hook(FrozenMap, dict)
    cattrs_converter.register_unstructure_hook_func(_is_mapping, dict)
    cattrs_converter.register_structure_hook_func(_is_mapping, _parsing_hook(dict, FrozenMap))
    cattrs_converter.register_unstructure_hook_factory(
        attrs.has, lambda type_: _make_unstructure_hook(type_, cattrs_converter)
    )
    cattrs_converter.register_structure_hook_factory(
        attrs.has, lambda type_: _make_structure_hook(type_, cattrs_converter)
    )
    cattrs_converter.register_structure_hook_factory(
        _is_sequence, lambda type_: _make_sequence_structure_hook(type_, cattrs_converter)
    )
    for union in (StageAction, Match):
        configure_tagged_union(union, cattrs_converter, tag_name="is")
    return cattrs_converter


def _is_mapping(type_: Any) -> bool:
    return get_origin(type_) is Mapping


def _make_unstructure_hook(type_: Any, cattrs_converter: Converter) -> Any:
    return make_dict_unstructure_fn(type_, cattrs_converter, **_excluded_fields(type_))


def _make_structure_hook(type_: Any, cattrs_converter: Converter) -> Any:
    return _checked_hook(dict, make_dict_structure_fn(type_, cattrs_converter, **_excluded_fields(type_)))


def _is_sequence(type_: Any) -> bool:
    return get_origin(type_) in {tuple, Sequence}


def _make_sequence_structure_hook(type_: Any, cattrs_converter: Converter) -> Any:
    return _checked_hook(list, homogenous_tuple_structure_factory(type_, cattrs_converter))


def _excluded_fields(type_: Any) -> dict[str, Any]:
    """Return the fields that are not serialized: derived and pending ones."""
    names = (
        field.name
        for field in attrs.fields(type_)
        if not field.init or field.metadata.get("transient") or "log" in field.metadata
    )
    return dict.fromkeys(names, override(omit=True))


def _exact_type_hook(type_: type[Any]) -> Callable[[Any, Any], Any]:
    def read(value: Any, _: Any) -> Any:
        if type(value) is not type_:
            raise InvalidTypeError("", f"must be {type_.__name__}, not {type(value).__name__}")
        return value

    return read


def _checked_hook(type_: type[Any], hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Structure a class with cattrs, and reject values of another type.

    cattrs alone accepts a text as a list of characters, and a list as an empty object.
    """

    def read(value: Any, wanted: Any) -> Any:
        if type(value) is not type_:
            raise InvalidTypeError("", f"must be {type_.__name__}, not {type(value).__name__}")
        return hook(value, wanted)

    return read


def _structure_money(data: dict[str, Any]) -> Money:
    if type(data["amount"]) is not str:
        raise InvalidTypeError("amount", "must be written as a text")
    return Money(data["amount"], data["currency"])


def _parsing_hook(type_: type[Any], convert: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    check_type = _exact_type_hook(type_)

    def read(value: Any, wanted: Any) -> Any:
        return convert(check_type(value, wanted))

    return read


def _format_instant(at: datetime) -> str:
    return f"{(at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat()[:-6]}Z"


def _parse_instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


def _reject_constant(name: str) -> Any:
    raise InvalidInputError("json", f"must not hold {name}")


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise InvalidInputError("json", "must not hold a name twice in one object")
    return data


def _first_error(error: Any) -> InvalidInputError:
    """Return the first error of a cattrs error tree, with its path."""
    path = ""
    while isinstance(error, (ClassValidationError, IterableValidationError)):
        error = error.exceptions[0]
        note = next((n for n in getattr(error, "__notes__", ()) if hasattr(n, "name") or hasattr(n, "index")), None)
        if note is not None:
            path += f".{note.name}" if hasattr(note, "name") else f"[{note.index}]"
    return _to_input_error(error, path)


def _to_input_error(error: Any, path: str = "") -> InvalidInputError:
    if isinstance(error, InvalidInputError):
        return attrs.evolve(error, field=path.lstrip(".") or error.field or "json")
    return InvalidInputError(path.lstrip(".") or "json", f"cannot be read ({type(error).__name__})")
