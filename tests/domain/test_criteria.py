"""A criterion means one thing: `matches` obeys logic, whatever it is made of."""

from collections.abc import Callable
from datetime import date
from operator import ge, gt, le, lt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain import fields
from crmcore.domain.criteria import (
    EVERYTHING,
    NOTHING,
    All,
    AnyOf,
    Compare,
    Criterion,
    Has,
    Is,
    Mentions,
    Not,
    OneOf,
    look_up,
    matches,
    rank,
)
from crmcore.domain.kernel import record, value
from crmcore.testing.samples import NOON, Samples

SIDES: Final[dict[Any, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@value
class Part:
    """A part."""

    word: str = fields.text(personal=False)


@record
class Thing:
    """What criteria are about."""

    number: int | None = fields.whole(optional=True, default=None)
    name: str = fields.text(personal=False, default="", blank=True)
    inner: Part | None = None
    many: tuple[Part, ...] = fields.parts(Part, default=())


numbers = st.none() | st.integers(0, 4)
words = st.sampled_from(["ann", "anna", "bo"])
things = st.builds(
    Thing,
    number=numbers,
    name=st.lists(words, max_size=2).map(" ".join),
    inner=st.none() | st.builds(Part, words),
    many=st.lists(st.builds(Part, words), max_size=2),
)
leaves: st.SearchStrategy[Criterion] = st.one_of(
    st.builds(Is, st.just("number"), numbers),
    st.builds(Is, st.just("inner.word"), st.none() | words),
    st.builds(OneOf, st.just("number"), st.lists(st.integers(0, 4), max_size=3).map(tuple)),
    st.builds(Compare, st.just("number"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 4)),
    st.builds(Mentions, st.just("name"), st.sampled_from(["a", "an", "anna", "b", "o"])),
    st.builds(Has, st.just("many"), st.builds(Is, st.just("word"), words)),
)
criteria = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, max_size=3).map(lambda cs: All(tuple(cs)))
        | st.lists(inner, max_size=3).map(lambda cs: AnyOf(tuple(cs)))
    ),
    max_leaves=6,
)


@given(criteria, criteria, things)
def test_criteria_obey_logic(one: Criterion, two: Criterion, thing: Thing) -> None:
    """And, or and not are what they are called; De Morgan holds; so do the laws of absorption."""
    first, second = matches(one, thing), matches(two, thing)

    assert (first and second) is matches(one & two, thing)
    assert (first or second) is matches(one | two, thing)
    assert (not first) is matches(~one, thing)
    assert matches(~(one & two), thing) is matches(~one | ~two, thing)
    assert matches(~(one | two), thing) is matches(~one & ~two, thing)
    assert first is matches(one & (one | two), thing) is matches(one | (one & two), thing)
    assert first is matches(~~one, thing)
    assert first is matches(one & EVERYTHING, thing) is matches(one | NOTHING, thing)
    assert matches(EVERYTHING, thing)
    assert not matches(NOTHING, thing)


@given(criteria)
def test_a_form_and_its_values_are_the_criterion(one: Criterion) -> None:
    """Two criteria of one form with the same values are one claim; a form never holds a value."""
    other = _with(one, lambda value: value)

    assert one == other
    assert one.form() == other.form() == _with(one, lambda value: "other" if isinstance(value, str) else 99).form()
    assert list(one.values()) == list(other.values())
    assert hash(one.form()) == hash(other.form())


def _with(criterion: Criterion, change: Callable[[Any], Any]) -> Criterion:
    match criterion:
        case Is(field, value):
            return Is(field, None if value is None else change(value))
        case OneOf(field, options):
            return OneOf(field, tuple(change(option) for option in options))
        case Compare(field, operator, value):
            return Compare(field, operator, change(value))
        case Mentions(field, start):
            return Mentions(field, change(start))
        case Has(of, inner):
            return Has(of, _with(inner, change))
        case All(inner_ones):
            return All(tuple(_with(c, change) for c in inner_ones))
        case AnyOf(inner_ones):
            return AnyOf(tuple(_with(c, change) for c in inner_ones))
        case Not(inner):
            return Not(_with(inner, change))
    raise AssertionError


@given(st.integers(0, 4), st.integers(0, 4), st.sampled_from(sorted(SIDES)))
def test_comparisons_are_those_of_numbers(found: int, against: int, side: Any) -> None:
    """Each side is the side it looks like."""
    assert SIDES[side](found, against) is matches(Compare("number", side, against), Thing(number=found))


@pytest.mark.parametrize("side", SIDES)
def test_what_is_absent_lies_on_no_side(side: Any) -> None:
    """A comparison with what is absent is never true, and its opposite is."""
    assert not matches(Compare("number", side, 0), Thing())
    assert matches(~Compare("number", side, 0), Thing())
    assert matches(Is("number", None), Thing())
    assert not matches(Mentions("inner.word", "a"), Thing())


def test_a_name_mentions_the_beginnings_of_its_words() -> None:
    """Beginnings count, middles do not."""
    thing = Thing(name="anna berta")

    assert [matches(Mentions("name", start), thing) for start in ("an", "ber", "anna b", "nna", "")] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_a_path_leads_through_parts() -> None:
    """What hangs on None is None; days and texts have sides too."""
    assert look_up(Thing(inner=Part("a")), "inner.word") == "a"
    assert look_up(Thing(), "inner.word") is None
    assert matches(Compare("year", ">", 2000), date(2026, 1, 1))


def test_what_is_no_criterion_is_a_mistake_of_the_programmer() -> None:
    """Something else is refused, and never silently true."""
    with pytest.raises(TypeError, match="not a criterion"):
        matches(Criterion(), Thing())
    for call in (Criterion().form, Criterion().values):
        with pytest.raises(NotImplementedError):
            call()


def test_what_is_absent_comes_first() -> None:
    """Records are ordered by a field, what is absent first, and between equals by the id."""
    samples = Samples()
    tasks = [samples.task(due_at=due) for due in (NOON, None, NOON, None)]
    first, second, third, fourth = tasks

    assert [second, fourth, first, third] == sorted(tasks, key=lambda task: rank(task, "due_at"))
