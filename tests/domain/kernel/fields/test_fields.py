"""Fields validate and normalize their values; errors have the field's path."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.composite import FrozenMap, as_tuple, checked_member, unique_tuple
from crmcore.domain.kernel.fields.number import MAX_EXACT_INTEGER, checked_integer
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.fields.time import (
    MAX_DURATION,
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    checked_date,
    checked_duration,
    checked_timestamp,
)
from crmcore.errors import (
    InvalidCharacterError,
    InvalidChoiceError,
    InvalidIdError,
    InvalidInputError,
    InvalidTypeError,
    NaiveDatetimeError,
    OutOfRangeError,
    PrecisionError,
    RequiredError,
    TooLongError,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = "deal_018f3c0e6b7a7c1e9d2b4a5f60718293"


class Colour(Enum):
    """A color."""

    RED = "red"
    BLUE = "blue"


@value
class Tag:
    """An embedded value."""

    word: str = fields.text(personal=False)


@record
class AllFields:
    """One field of each kind."""

    line: str = fields.text(personal=False, default="x", max_length=10)
    note: str = fields.text(personal=True, default="", allow_blank=True, multiline=True, max_length=10)
    maybe: str | None = fields.text(personal=False, optional=True, default=None)
    many: tuple[str, ...] = fields.text_list(personal=False, default=(), max_length=5, max_items=3)
    at: datetime = fields.timestamp(default=NOON)
    on: date = fields.date(default=date(2026, 3, 2))
    long: timedelta = fields.duration(default=timedelta(1))
    count: int = fields.integer(default=1, min=1, max=9)
    amount: Decimal = fields.decimal(default=Decimal(1), places=2, max=100)
    sure: bool = fields.boolean(default=True)
    colour: Colour = fields.enum(Colour, default=Colour.RED)
    deal: str | None = fields.id_of("deal", optional=True, default=None)
    tag: Tag | None = fields.embedded(Tag, optional=True, default=None)
    tags: tuple[Tag, ...] = fields.embedded_list(Tag, default=(), max_items=2)
    more: Mapping[str, Any] = fields.custom_fields(default=FrozenMap())
    log: tuple[Tag, ...] = fields.log(Tag, default=())
    rest: str = fields.serialized(default="")


frozen: Any = FrozenMap

ACCEPTED: list[tuple[str, Any, Any]] = [
    ("line", "  e\u0301te  ", "éte"),
    ("note", "a\r\nb\rc\t", "a\nb\nc"),
    ("line", "می‌روم", "می‌روم"),
    ("maybe", None, None),
    ("many", [" a ", "b"], ("a", "b")),
    ("many", {"a"}, ("a",)),
    ("at", datetime(2026, 3, 2, 17, tzinfo=timezone(timedelta(hours=5))), NOON),
    ("at", MIN_TIMESTAMP, MIN_TIMESTAMP),
    ("at", MAX_TIMESTAMP, MAX_TIMESTAMP),
    ("long", MAX_DURATION, MAX_DURATION),
    ("count", 9, 9),
    ("amount", "2.50", Decimal("2.50")),
    ("amount", 3, Decimal(3)),
    ("colour", "blue", Colour.BLUE),
    ("deal", ID, ID),
    ("tags", [Tag("a")], (Tag("a"),)),
    (
        "more",
        {"name_1": " x ", "n": 1, "yes": True, "no": None},
        frozen({"name_1": "x", "n": 1, "yes": True, "no": None}),
    ),
    ("more", {}, FrozenMap()),
    ("more", frozen({"a": 1}), frozen({"a": 1})),
    ("rest", " e\u0301\r\n", " e\u0301\r\n"),
]


@pytest.mark.parametrize(("field", "given", "kept"), ACCEPTED)
def test_field_normalizes_input(field: str, given: Any, kept: Any) -> None:
    """Texts are trimmed and composed, values become members, lists tuples, times UTC."""
    assert kept == getattr(AllFields(**{field: given}), field)


REJECTED: list[tuple[str, Any, type[InvalidInputError], str]] = [
    ("line", "", RequiredError, "allFields.line"),
    ("rest", 1, InvalidTypeError, "allFields.rest"),
    ("line", " \n ", RequiredError, "allFields.line"),
    ("line", "x" * 11, TooLongError, "allFields.line"),
    ("line", "a\nb", InvalidCharacterError, "allFields.line"),
    ("line", "a\x7fb", InvalidCharacterError, "allFields.line"),
    ("note", "a\x00b", InvalidCharacterError, "allFields.note"),
    ("note", "\ud800", InvalidCharacterError, "allFields.note"),
    ("line", None, InvalidTypeError, "allFields.line"),
    ("line", 1, InvalidTypeError, "allFields.line"),
    ("many", "abc", InvalidTypeError, "allFields.many"),
    ("many", ["a", "b", "c", "d"], TooLongError, "allFields.many"),
    ("many", ["toolong"], TooLongError, "allFields.many"),
    ("many", [1], InvalidTypeError, "allFields.many"),
    ("at", datetime(2026, 3, 2), NaiveDatetimeError, "allFields.at"),  # noqa: DTZ001  # that is what is refused
    ("at", date(2026, 3, 2), InvalidTypeError, "allFields.at"),
    ("at", datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), OutOfRangeError, "allFields.at"),
    ("at", datetime.min.replace(tzinfo=UTC), OutOfRangeError, "allFields.at"),
    ("on", NOON, InvalidTypeError, "allFields.on"),
    ("long", 5, InvalidTypeError, "allFields.long"),
    ("long", timedelta(-1), OutOfRangeError, "allFields.long"),
    ("long", MAX_DURATION + timedelta.resolution, OutOfRangeError, "allFields.long"),
    ("count", 0, OutOfRangeError, "allFields.count"),
    ("count", 10, OutOfRangeError, "allFields.count"),
    ("count", True, InvalidTypeError, "allFields.count"),
    ("count", 1.0, InvalidTypeError, "allFields.count"),
    ("amount", 1.5, InvalidTypeError, "allFields.amount"),
    ("amount", "much", InvalidTypeError, "allFields.amount"),
    ("amount", "0.001", PrecisionError, "allFields.amount"),
    ("amount", "-1", OutOfRangeError, "allFields.amount"),
    ("amount", "101", OutOfRangeError, "allFields.amount"),
    ("amount", "NaN", OutOfRangeError, "allFields.amount"),
    ("sure", 1, InvalidTypeError, "allFields.sure"),
    ("colour", "green", InvalidChoiceError, "allFields.colour"),
    ("colour", None, InvalidChoiceError, "allFields.colour"),
    ("deal", "task_018f3c0e6b7a7c1e9d2b4a5f60718293", InvalidIdError, "allFields.deal"),
    ("deal", "deal_1", InvalidIdError, "allFields.deal"),
    ("deal", 1, InvalidIdError, "allFields.deal"),
    ("tag", "a", InvalidTypeError, "allFields.tag"),
    ("tags", Tag("a"), InvalidTypeError, "allFields.tags"),
    ("tags", ["a"], InvalidTypeError, "allFields.tags"),
    ("tags", [Tag("a")] * 3, TooLongError, "allFields.tags"),
    ("more", [("a", 1)], InvalidTypeError, "allFields.more"),
    ("more", {"A": 1}, InvalidChoiceError, "allFields.more"),
    ("more", {1: 1}, InvalidChoiceError, "allFields.more"),
    ("more", {f"a{n}": n for n in range(101)}, TooLongError, "allFields.more"),
    ("more", {"a": 1.5}, InvalidTypeError, "allFields.more.a"),
    ("more", {"a": MAX_EXACT_INTEGER + 1}, OutOfRangeError, "allFields.more.a"),
    ("more", {"a": "x\x00"}, InvalidCharacterError, "allFields.more.a"),
    ("log", ["a"], InvalidTypeError, "allFields.log"),
    ("log", ("a",), InvalidTypeError, "allFields.log"),
]


@pytest.mark.parametrize(("field", "given", "refusal", "path"), REJECTED)
def test_invalid_input_is_rejected_with_field_path(
    field: str, given: Any, refusal: type[InvalidInputError], path: str
) -> None:
    """An invalid value is rejected with the path of the field."""
    with pytest.raises(InvalidInputError) as refused:
        AllFields(**{field: given})

    assert (refusal, path) == (type(refused.value), refused.value.field)


def test_repr_hides_personal_fields() -> None:
    """A repr shows no personal data, no custom fields and no log."""
    shown = repr(AllFields(line="seen", note="secret", more={"a": "secret"}, rest="secret", log=(Tag("secret"),)))

    assert "seen" in shown
    assert "secret" not in shown
    assert repr(frozen({"a": "secret"})) == "FrozenMap(1 items)"


def test_equality_ignores_log_entries() -> None:
    """Logs and pending events are not compared."""
    assert AllFields() == AllFields(log=(Tag("a"),))


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
        st.integers(-MAX_EXACT_INTEGER, MAX_EXACT_INTEGER) | st.booleans(),
    )
)
def test_frozen_map_equals_mapping_and_is_hashable(items: dict[str, Any]) -> None:
    """It equals the mapping it was made from, and equal ones have equal hashes."""
    made = frozen(items)

    assert made == items
    assert dict(made) == items
    assert len(made) == len(items)
    assert hash(made) == hash(frozen(dict(reversed(items.items()))))


def test_argument_is_validated_like_field() -> None:
    """Arguments have the same limits, and the path that the caller gives."""
    assert checked_text("a", " b ") == "b"
    assert checked_timestamp("a", NOON) is NOON
    assert checked_duration("a", timedelta(1)) == timedelta(1)
    assert checked_date("a", NOON.date()) == NOON.date()
    assert checked_integer("a", 3) == 3
    assert checked_type("a", Tag, Tag("x")) == Tag("x")
    assert checked_member("a", Colour, "red") is checked_member("a", Colour, Colour.RED) is Colour.RED
    assert as_tuple("a", [1, 1]) == (1, 1)
    assert unique_tuple("a", iter([1, 1, 2])) == (1, 2)


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (checked_text, 1),
        (checked_timestamp, NOON.date()),
        (checked_duration, 1),
        (checked_date, NOON),
        (checked_integer, "3"),
        (lambda path, given: checked_type(path, Tag, given), "x"),
        (as_tuple, "abc"),
        (as_tuple, {"a": 1}),
        (as_tuple, 5),
        (unique_tuple, [[]]),
        (unique_tuple, b"ab"),
    ],
)
def test_argument_of_wrong_type_is_rejected(check: Any, given: Any) -> None:
    """The error names the argument."""
    with pytest.raises(InvalidTypeError) as excinfo:
        check("the argument", given)

    assert excinfo.value.field == "the argument"


@pytest.mark.parametrize("given", ["green", None, 1, "RED", []])
def test_invalid_choice_lists_allowed_values(given: Any) -> None:
    """The error lists the allowed values."""
    with pytest.raises(InvalidChoiceError) as excinfo:
        checked_member("a", Colour, given)

    assert excinfo.value.allowed == ("red", "blue")
