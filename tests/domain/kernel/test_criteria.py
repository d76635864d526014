"""`matches` defines the meaning of criteria and obeys the laws of logic."""

from collections.abc import Callable
from datetime import date
from operator import ge, gt, le, lt
from typing import Any, Final

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.criteria import (
    MATCH_ALL,
    MATCH_NONE,
    And,
    Compare,
    Criterion,
    Eq,
    HasChild,
    In,
    Not,
    Or,
    WordPrefix,
    get_path,
    matches,
    sort_key,
)
from crmcore.domain.kernel.entity import record, value
from crmcore.testing.samples import NOON, Samples

OPERATORS: Final[dict[Any, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@value
class Child:
    """A child record."""

    word: str = fields.text(personal=False)


@record
class Sample:
    """A record."""

    number: int | None = fields.integer(optional=True, default=None)
    name: str = fields.text(personal=False, default="", allow_blank=True)
    inner: Child | None = None
    many: tuple[Child, ...] = fields.embedded_list(Child, default=())


numbers = st.none() | st.integers(0, 4)
words = st.sampled_from(["ann", "anna", "bo"])
samples = st.builds(
    Sample,
    number=numbers,
    name=st.lists(words, max_size=2).map(" ".join),
    inner=st.none() | st.builds(Child, words),
    many=st.lists(st.builds(Child, words), max_size=2),
)
leaf_criteria: st.SearchStrategy[Criterion] = st.one_of(
    st.builds(Eq, st.just("number"), numbers),
    st.builds(Eq, st.just("inner.word"), st.none() | words),
    st.builds(In, st.just("number"), st.lists(st.integers(0, 4), max_size=3).map(tuple)),
    st.builds(Compare, st.just("number"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 4)),
    st.builds(WordPrefix, st.just("name"), st.sampled_from(["a", "an", "anna", "b", "o"])),
    st.builds(HasChild, st.just("many"), st.builds(Eq, st.just("word"), words)),
)
criteria = st.recursive(
    leaf_criteria,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, max_size=3).map(lambda cs: And(tuple(cs)))
        | st.lists(inner, max_size=3).map(lambda cs: Or(tuple(cs)))
    ),
    max_leaves=6,
)


@given(criteria, criteria, samples)
def test_criteria_follow_boolean_algebra(one: Criterion, two: Criterion, thing: Sample) -> None:
    """And, or, not, De Morgan and absorption hold."""
    first, second = matches(one, thing), matches(two, thing)

    assert (first and second) is matches(one & two, thing)
    assert (first or second) is matches(one | two, thing)
    assert (not first) is matches(~one, thing)
    assert matches(~(one & two), thing) is matches(~one | ~two, thing)
    assert matches(~(one | two), thing) is matches(~one & ~two, thing)
    assert first is matches(one & (one | two), thing) is matches(one | (one & two), thing)
    assert first is matches(~~one, thing)
    assert first is matches(one & MATCH_ALL, thing) is matches(one | MATCH_NONE, thing)
    assert matches(MATCH_ALL, thing)
    assert not matches(MATCH_NONE, thing)


@given(criteria)
def test_cache_key_and_parameters_identify_criterion(one: Criterion) -> None:
    """Equal keys and equal parameters mean equal criteria; a key has no values."""
    other = _with(one, lambda value: value)

    assert one == other
    assert (
        one.cache_key()
        == other.cache_key()
        == _with(one, lambda value: "other" if isinstance(value, str) else 99).cache_key()
    )
    assert list(one.parameters()) == list(other.parameters())
    assert hash(one.cache_key()) == hash(other.cache_key())


def _with(criterion: Criterion, change: Callable[[Any], Any]) -> Criterion:
    match criterion:
        case Eq(field, value):
            return Eq(field, None if value is None else change(value))
        case In(field, options):
            return In(field, tuple(change(option) for option in options))
        case Compare(field, operator, value):
            return Compare(field, operator, change(value))
        case WordPrefix(field, start):
            return WordPrefix(field, change(start))
        case HasChild(of, inner):
            return HasChild(of, _with(inner, change))
        case And(inner_ones):
            return And(tuple(_with(c, change) for c in inner_ones))
        case Or(inner_ones):
            return Or(tuple(_with(c, change) for c in inner_ones))
        case Not(inner):
            return Not(_with(inner, change))
    raise AssertionError


@given(st.integers(0, 4), st.integers(0, 4), st.sampled_from(sorted(OPERATORS)))
def test_comparison_equals_python_operator(found: int, against: int, side: Any) -> None:
    """Each comparison includes or excludes its bound."""
    assert OPERATORS[side](found, against) is matches(Compare("number", side, against), Sample(number=found))


@pytest.mark.parametrize("side", OPERATORS)
def test_comparison_with_none_is_false(side: Any) -> None:
    """A comparison with an absent value is false, and its negation is true."""
    assert not matches(Compare("number", side, 0), Sample())
    assert matches(~Compare("number", side, 0), Sample())
    assert matches(Eq("number", None), Sample())
    assert not matches(WordPrefix("inner.word", "a"), Sample())


def test_word_prefix_matches_start_of_words_only() -> None:
    """Beginnings of words match, middles do not."""
    thing = Sample(name="anna berta")

    assert [matches(WordPrefix("name", start), thing) for start in ("an", "ber", "anna b", "nna", "")] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_path_reads_nested_fields() -> None:
    """A path through None is None; days and texts are ordered."""
    assert get_path(Sample(inner=Child("a")), "inner.word") == "a"
    assert get_path(Sample(), "inner.word") is None
    assert matches(Compare("year", ">", 2000), date(2026, 1, 1))


def test_non_criterion_operand_is_rejected() -> None:
    """What is not a criterion raises an error."""
    with pytest.raises(TypeError, match="not a criterion"):
        matches(Criterion(), Sample())
    for call in (Criterion().cache_key, Criterion().parameters):
        with pytest.raises(NotImplementedError):
            call()


def test_none_sorts_first() -> None:
    """Records are ordered by a field, None first, and by id among equals."""
    samples = Samples()
    tasks = [samples.task(due_at=due) for due in (NOON, None, NOON, None)]
    first, second, third, fourth = tasks

    assert [second, fourth, first, third] == sorted(tasks, key=lambda task: sort_key(task, "due_at"))
