"""Constructors that are written out do what those of attrs do."""

import inspect
import pickle
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

import attrs
import pytest

from crmcore import Money
from crmcore.adapters.kinds import ENTITIES, EVENTS
from crmcore.domain.kernel import record, text, value, whole
from crmcore.errors import CrmError, TooLong, WrongType
from crmcore.testing.samples import Samples


@value
class Window:
    """Something of every sort of field."""

    name: str = text(personal=False, limit=5)
    count: int = whole(default=1)
    _marks: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    facts: Mapping[str, str] = attrs.field(factory=dict)
    wide: bool = attrs.field(default=True, kw_only=True, validator=attrs.validators.instance_of(bool))
    label: str = attrs.field(
        init=False, default=attrs.Factory(lambda self: f"{self.count} {self.name}", takes_self=True)
    )
    size: int = attrs.field(default=attrs.Factory(lambda self: len(self.name), takes_self=True), kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.count == 13:
            raise WrongType("window.count", "must not be thirteen")


@record
class Nothing:
    """A record without fields."""


def usual(kind: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Make one with the constructor of attrs."""
    constructor: Any = kind.__init__
    while hasattr(constructor, "__wrapped__"):
        constructor = constructor.__wrapped__
    made = object.__new__(kind)
    constructor(made, *args, **kwargs)
    return made


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("door",), {}),
        ((" door ", 2, ["a"]), {"wide": False, "size": 7}),
        ((), {"name": "do\u0301r", "marks": "ab", "facts": {"a": "b"}}),
        (("door", 1, ()), {"wide": True}),
    ],
)
def test_a_record_is_made_as_attrs_would_make_it(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Places and names, defaults and factories, converters, private names and what follows from other fields."""
    made: Any = Window(*args, **named)
    other = usual(Window, *args, **named)

    assert attrs.astuple(other) == attrs.astuple(made)
    assert made == other == pickle.loads(pickle.dumps(made))
    assert Nothing() == Nothing()


@pytest.mark.parametrize(
    "named",
    [
        {"name": ""},
        {"name": 5, "size": 0},
        {"name": "toolong"},
        {"name": "a", "count": True},
        {"name": "a", "count": 13},
    ],
)
def test_a_field_that_cannot_be_is_refused_as_attrs_would(named: dict[str, Any]) -> None:
    """The same refusal, of the same field."""
    with pytest.raises(CrmError) as mine:
        Window(**named)
    with pytest.raises(CrmError) as its:
        usual(Window, **named)

    assert (type(its.value), str(its.value)) == (type(mine.value), str(mine.value))


def test_a_validator_of_attrs_is_asked_too() -> None:
    """A field that is none of ours may have one."""
    with pytest.raises(TypeError, match="wide"):
        Window("door", wide="yes")  # type: ignore[arg-type]  # that is what is refused


def test_arguments_are_those_that_attrs_would_take() -> None:
    """Before and after the first is made: names, order, defaults and annotations; and the interpreter names what is missing."""

    @value
    class Fresh:
        name: str = text(personal=False)
        count: int = whole(default=1)

    before = inspect.signature(Fresh)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        Fresh()  # type: ignore[call-arg]  # that is what is refused
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        Fresh("a", colour="red")  # type: ignore[call-arg]  # that is what is refused

    assert before == inspect.signature(Fresh)
    assert ["name", "count"] == list(before.parameters)


def test_a_subclass_has_a_constructor_of_its_own() -> None:
    """Whichever of the two is made first."""

    @record
    class Parent:
        name: str = text(personal=False)

        @classmethod
        def make(cls, **facts: Any) -> Self:
            return cls(**facts)

    @record
    class Child(Parent):
        count: int = whole(default=0)

    assert ("a", 3) == (Child.make(name="a", count=3).name, Child.make(name="a", count=3).count)
    assert "a" == Parent.make(name="a").name
    assert 0 == Child.make(name="a").count


def test_tracebacks_show_the_written_lines() -> None:
    """Whoever looks into a refusal sees what was called."""
    with pytest.raises(TooLong) as refused:
        Window("toolong")

    assert "raise named(refusal, path_name)" in "".join(traceback.format_exception(refused.value))


def test_every_kind_is_made_as_attrs_would_make_it() -> None:
    """All records that the samples hold, and all facts that they have published."""
    samples = Samples()
    records: list[Any] = [
        samples.deal(value=Money(5, "EUR"), tags=["a"]),
        samples.task(),
        samples.customer(phone="+37120000000"),
    ]
    records += [event for one in records for event in one.pending]
    for one in records:
        facts = {f.alias: getattr(one, f.name) for f in attrs.fields(type(one)) if f.init}
        assert usual(type(one), **facts) == one
    at = datetime(2026, 3, 2, tzinfo=UTC)
    bare = [kind for kind in (*ENTITIES, *EVENTS.values()) if _needs_only_at(kind)]
    for kind in bare:
        assert usual(kind, at=at) == kind(at=at)  # type: ignore[call-arg]  # facts that are nothing but their instant
    assert bare


def _needs_only_at(kind: type[Any]) -> bool:
    return all(f.name == "at" or f.default is not attrs.NOTHING for f in attrs.fields(kind))
