"""The grammar: a record's next self is checked where it changed, and equals what building it anew would give."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import LineItem, Money
from crmcore.adapters.kinds import ENTITIES
from crmcore.domain import fields
from crmcore.domain.commitments import COMMITMENT_LIFE
from crmcore.domain.complaints.life import COMPLAINT_LIFE
from crmcore.domain.deals.deal import OUTCOMES, Deal
from crmcore.domain.inquiries import INQUIRY_LIFE
from crmcore.domain.kernel import Entity, changed, check_move, record, settled, unique_keys
from crmcore.domain.tasks import TASK_LIFE, Task, TaskState
from crmcore.errors import CrmError, IllegalTransition, WrongType
from crmcore.testing.samples import NOON, Samples

LINES = st.lists(
    st.builds(
        LineItem,
        st.sampled_from(["Window", "Door"]),
        st.decimals(0, 1000, places=3).map(Decimal),
        st.integers(0, 10**6).map(lambda minor: Money.of_minor(minor, "EUR")),
        st.integers(0, 10_000),
    ),
    max_size=4,
).map(tuple)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["A", " b ", "", "x\x00", 5]),
        "lines": LINES,
        "value": st.none() | st.integers(0, 100).map(lambda n: Money(n, "EUR")) | st.just(1.5),
        "tags": st.lists(st.sampled_from(["a", "b"])),
        "custom": st.sampled_from([{}, {"a": 1}, {"A": 1}]),
        "touched_at": st.datetimes(timezones=st.sampled_from([UTC])) | st.just(datetime(2026, 1, 1)),  # noqa: DTZ001
        "place": st.integers(-1, 3),
    },
)


@given(CHANGES)
def test_a_change_is_what_building_anew_would_give(changes: dict[str, Any]) -> None:
    """`changed` equals `attrs.evolve`, refusals and derived fields included."""
    deal: Any = Samples().deal(tags=["t"])

    assert _outcome(lambda: attrs.evolve(deal, **changes)) == _outcome(lambda: changed(deal, **changes))


def _outcome(make: Any) -> Any:
    try:
        made = make()
    except CrmError:  # of several wrong fields, either may be named
        return "refused"
    return made, made.total, hash(made.title)


def test_a_change_leaves_the_old_self_alone() -> None:
    """Records are frozen: what is derived follows in the new one only."""
    deal = Samples().deal(lines=[], value=Money(1, "EUR"))
    other = changed(deal, value=Money(2, "EUR"))

    assert (deal.total, other.total) == (Money(1, "EUR"), Money(2, "EUR"))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        deal.title = "Other"  # type: ignore[misc]  # that is what is refused


def test_pending_holds_facts_only() -> None:
    """What is published must be events."""
    task = Samples().task()
    for wrong in ("fact", ["fact"], ("fact",), [task.pending[0]]):
        with pytest.raises(WrongType):
            changed(task, pending=wrong)


def test_pending_makes_no_difference() -> None:
    """A record equals itself as it is stored, whatever has still to be published."""
    task = Samples().task()

    assert task == changed(task, pending=())


def test_a_stored_record_is_settled() -> None:
    """Once a store has a record, it is of the next version, by whoever saved it, with nothing to publish or to append."""
    deal = Samples().deal()
    stored = settled(deal, version=1, actor="anna")

    assert (stored.version, stored.actor, stored.pending, stored.movements) == (1, "anna", (), ())
    assert changed(deal, version=1, actor="anna") == stored
    assert stored.total == deal.total


def test_unique_keys_are_listed() -> None:
    """A key with a None in it is no key; those in parts are listed for each part."""
    samples = Samples()
    customer = samples.customer(phone="+37120000000", email="a@b.lv", external_id="7")
    deal = samples.deal(request=samples.request())

    assert list(unique_keys(samples.deal())) == []
    assert list(unique_keys(deal)) == [("request.system.request.key", ("web", "1001"))]
    assert list(unique_keys(customer)) == [
        ("contact_points.claim", ("phone:+37120000000",)),
        ("contact_points.claim", ("email:a@b.lv",)),
        ("external_ids.system.external_ids.key", ("erp", "7")),
    ]


@pytest.mark.parametrize(
    "life",
    [OUTCOMES, TASK_LIFE, COMMITMENT_LIFE, COMPLAINT_LIFE, INQUIRY_LIFE],
    ids=["deal", "task", "commitment", "complaint", "inquiry"],
)
def test_every_state_of_a_life_can_be_reached(life: Any) -> None:
    """A life cycle covers its whole enumeration, and no state is an island."""
    start = next(iter(life))
    states: Any = type(start)
    reached = {start}
    for _ in life:
        reached |= {to for state in reached for to in life[state]}

    assert set(states) == set(life) == reached


def test_a_move_that_is_not_allowed_names_those_that_are() -> None:
    """A refusal says where the record is, where it was to go, and where it may go, in order."""
    check_move("task_1", TASK_LIFE, TaskState.OPEN, TaskState.DONE)
    with pytest.raises(IllegalTransition) as refusal:
        check_move("task_1", TASK_LIFE, TaskState.OPEN, TaskState.OPEN)

    assert (refusal.value.now, refusal.value.to, refusal.value.allowed) == ("open", "open", ("cancelled", "done"))


def test_every_kind_of_record_says_what_a_store_has_to_know() -> None:
    """Kinds and tables are never shared, and every field that a shape names is there."""
    assert len(ENTITIES) == len({kind.shape.kind for kind in ENTITIES}) == len({kind.shape.table for kind in ENTITIES})
    for kind in ENTITIES:
        names = {field.name for field in _fields(kind)}
        paths = [path for key in (*kind.shape.unique, *kind.shape.indexes) for path in key]

        assert {path.partition(".")[0] for path in paths} | set(kind.shape.tables) <= names


def _fields(kind: Any) -> Any:
    return attrs.fields(kind)


def test_a_record_without_parts_is_copied_whole() -> None:
    """A class that was never changed before is looked over once, and then known."""

    @record
    class Note(Entity):
        words: str = fields.text(personal=False)
        seen: bool = False

    note = Note(id="note_1", words="a")

    assert changed(note, words=" b ").words == "b"
    assert changed(note, seen=True).seen
    assert changed(note).words == "a"


def test_time_stands_in_the_arguments() -> None:
    """A command's instant is the caller's, so that a year can be told in a second."""
    task = Samples().task(due_at=NOON).complete(at=NOON + timedelta(days=365))

    assert isinstance(task, Task)
    assert isinstance(Samples().deal(), Deal)
    assert task.closed_at == NOON + timedelta(days=365)
