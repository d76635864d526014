"""A field refuses nonsense when the record is made, by name, and tidies what it takes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain import fields
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.number import EXACT, checked_whole
from crmcore.domain.fields.part import FrozenMap, checked_member, listed, several
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import EARLIEST, LATEST, LONGEST, checked_day, checked_moment, checked_span
from crmcore.domain.kernel import record, value
from crmcore.errors import (
    Blank,
    ControlCharacter,
    InvalidId,
    InvalidInput,
    NaiveTime,
    NotAllowed,
    OutOfRange,
    TooLong,
    TooPrecise,
    WrongType,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = "deal_018f3c0e6b7a7c1e9d2b4a5f60718293"


class Colour(Enum):
    """What paint has."""

    RED = "red"
    BLUE = "blue"


@value
class Tag:
    """A part."""

    word: str = fields.text(personal=False)


@record
class Everything:
    """One field of each sort."""

    line: str = fields.text(personal=False, default="x", limit=10)
    note: str = fields.text(personal=True, default="", blank=True, lines=True, limit=10)
    maybe: str | None = fields.text(personal=False, optional=True, default=None)
    many: tuple[str, ...] = fields.words(personal=False, default=(), limit=5, most=3)
    at: datetime = fields.moment(default=NOON)
    on: date = fields.day(default=date(2026, 3, 2))
    long: timedelta = fields.span(default=timedelta(1))
    count: int = fields.whole(default=1, least=1, most=9)
    amount: Decimal = fields.exact(default=Decimal(1), places=2, most=100)
    sure: bool = fields.flag(default=True)
    colour: Colour = fields.one_of(Colour, default=Colour.RED)
    deal: str | None = fields.ref("deal", optional=True, default=None)
    tag: Tag | None = fields.part(Tag, optional=True, default=None)
    tags: tuple[Tag, ...] = fields.parts(Tag, default=(), most=2)
    more: Mapping[str, Any] = fields.custom(default=FrozenMap())
    log: tuple[Tag, ...] = fields.entries(Tag, default=())
    rest: Any = fields.anything(default=None)


frozen: Any = FrozenMap

TAKEN: list[tuple[str, Any, Any]] = [
    ("line", "  e\u0301te  ", "éte"),
    ("note", "a\r\nb\rc\t", "a\nb\nc"),
    ("line", "می‌روم", "می‌روم"),
    ("maybe", None, None),
    ("many", [" a ", "b"], ("a", "b")),
    ("many", {"a"}, ("a",)),
    ("at", datetime(2026, 3, 2, 17, tzinfo=timezone(timedelta(hours=5))), NOON),
    ("at", EARLIEST, EARLIEST),
    ("at", LATEST, LATEST),
    ("long", LONGEST, LONGEST),
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
    ("rest", object, object),
]


@pytest.mark.parametrize(("field", "given", "kept"), TAKEN)
def test_a_field_tidies_what_it_takes(field: str, given: Any, kept: Any) -> None:
    """Texts are trimmed and composed, words become members, lists tuples, times UTC."""
    assert kept == getattr(Everything(**{field: given}), field)


REFUSED: list[tuple[str, Any, type[InvalidInput], str]] = [
    ("line", "", Blank, "everything.line"),
    ("line", " \n ", Blank, "everything.line"),
    ("line", "x" * 11, TooLong, "everything.line"),
    ("line", "a\nb", ControlCharacter, "everything.line"),
    ("line", "a\x7fb", ControlCharacter, "everything.line"),
    ("note", "a\x00b", ControlCharacter, "everything.note"),
    ("note", "\ud800", ControlCharacter, "everything.note"),
    ("line", None, WrongType, "everything.line"),
    ("line", 1, WrongType, "everything.line"),
    ("many", "abc", WrongType, "everything.many"),
    ("many", ["a", "b", "c", "d"], TooLong, "everything.many"),
    ("many", ["toolong"], TooLong, "everything.many"),
    ("many", [1], WrongType, "everything.many"),
    ("at", datetime(2026, 3, 2), NaiveTime, "everything.at"),  # noqa: DTZ001  # that is what is refused
    ("at", date(2026, 3, 2), WrongType, "everything.at"),
    ("at", datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), OutOfRange, "everything.at"),
    ("at", datetime.min.replace(tzinfo=UTC), OutOfRange, "everything.at"),
    ("on", NOON, WrongType, "everything.on"),
    ("long", 5, WrongType, "everything.long"),
    ("long", timedelta(-1), OutOfRange, "everything.long"),
    ("long", LONGEST + timedelta.resolution, OutOfRange, "everything.long"),
    ("count", 0, OutOfRange, "everything.count"),
    ("count", 10, OutOfRange, "everything.count"),
    ("count", True, WrongType, "everything.count"),
    ("count", 1.0, WrongType, "everything.count"),
    ("amount", 1.5, WrongType, "everything.amount"),
    ("amount", "much", WrongType, "everything.amount"),
    ("amount", "0.001", TooPrecise, "everything.amount"),
    ("amount", "-1", OutOfRange, "everything.amount"),
    ("amount", "101", OutOfRange, "everything.amount"),
    ("amount", "NaN", OutOfRange, "everything.amount"),
    ("sure", 1, WrongType, "everything.sure"),
    ("colour", "green", NotAllowed, "everything.colour"),
    ("colour", None, NotAllowed, "everything.colour"),
    ("deal", "task_018f3c0e6b7a7c1e9d2b4a5f60718293", InvalidId, "everything.deal"),
    ("deal", "deal_1", InvalidId, "everything.deal"),
    ("deal", 1, InvalidId, "everything.deal"),
    ("tag", "a", WrongType, "everything.tag"),
    ("tags", Tag("a"), WrongType, "everything.tags"),
    ("tags", ["a"], WrongType, "everything.tags"),
    ("tags", [Tag("a")] * 3, TooLong, "everything.tags"),
    ("more", [("a", 1)], WrongType, "everything.more"),
    ("more", {"A": 1}, NotAllowed, "everything.more"),
    ("more", {1: 1}, NotAllowed, "everything.more"),
    ("more", {f"a{n}": n for n in range(101)}, TooLong, "everything.more"),
    ("more", {"a": 1.5}, WrongType, "everything.more.a"),
    ("more", {"a": EXACT + 1}, OutOfRange, "everything.more.a"),
    ("more", {"a": "x\x00"}, ControlCharacter, "everything.more.a"),
    ("log", ["a"], WrongType, "everything.log"),
    ("log", ("a",), WrongType, "everything.log"),
]


@pytest.mark.parametrize(("field", "given", "refusal", "path"), REFUSED)
def test_a_field_refuses_the_rest_by_name(field: str, given: Any, refusal: type[InvalidInput], path: str) -> None:
    """What cannot be is refused with the field's path."""
    with pytest.raises(InvalidInput) as refused:
        Everything(**{field: given})

    assert (refusal, path) == (type(refused.value), refused.value.field)


def test_what_is_personal_stays_out_of_reprs() -> None:
    """A repr shows no personal text, no custom field and no entry."""
    shown = repr(Everything(line="seen", note="secret", more={"a": "secret"}, rest="secret", log=(Tag("secret"),)))

    assert "seen" in shown
    assert "secret" not in shown
    assert repr(frozen({"a": "secret"})) == "FrozenMap(1 items)"


def test_entries_do_not_make_two_records_differ() -> None:
    """What is appended elsewhere is no part of what a record is."""
    assert Everything() == Everything(log=(Tag("a"),))


@given(
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.integers(-EXACT, EXACT) | st.booleans())
)
def test_a_frozen_map_is_a_mapping(items: dict[str, Any]) -> None:
    """It equals the mapping that it was made of, and equal ones have one hash."""
    made = frozen(items)

    assert made == items
    assert dict(made) == items
    assert len(made) == len(items)
    assert hash(made) == hash(frozen(dict(reversed(items.items()))))


def test_arguments_are_checked_like_fields() -> None:
    """What is no field of a record has the same limits, under the name that the caller gives it."""
    assert checked_text("a", " b ") == "b"
    assert checked_moment("a", NOON) is NOON
    assert checked_span("a", timedelta(1)) == timedelta(1)
    assert checked_day("a", NOON.date()) == NOON.date()
    assert checked_whole("a", 3) == 3
    assert checked_type("a", Tag, Tag("x")) == Tag("x")
    assert checked_member("a", Colour, "red") is checked_member("a", Colour, Colour.RED) is Colour.RED
    assert listed("a", [1, 1]) == (1, 1)
    assert several("a", iter([1, 1, 2])) == (1, 2)


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (checked_text, 1),
        (checked_moment, NOON.date()),
        (checked_span, 1),
        (checked_day, NOON),
        (checked_whole, "3"),
        (lambda path, given: checked_type(path, Tag, given), "x"),
        (listed, "abc"),
        (listed, {"a": 1}),
        (listed, 5),
        (several, [[]]),
        (several, b"ab"),
    ],
)
def test_arguments_of_another_type_are_refused(check: Any, given: Any) -> None:
    """A refusal of an argument names it."""
    with pytest.raises(WrongType) as refusal:
        check("the argument", given)

    assert refusal.value.field == "the argument"


@pytest.mark.parametrize("given", ["green", None, 1, "RED", []])
def test_a_word_that_is_none_is_refused_with_those_that_are(given: Any) -> None:
    """A wrong word is answered with all right ones."""
    with pytest.raises(NotAllowed) as refusal:
        checked_member("a", Colour, given)

    assert refusal.value.allowed == ("red", "blue")
