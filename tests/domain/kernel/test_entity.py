"""Entities: `copy_with` validates what changes and equals `attrs.evolve`."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from crmcore import LineItem, Money
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.domain.activities.commitments import COMMITMENT_TRANSITIONS
from crmcore.domain.activities.tasks import TASK_TRANSITIONS, Task, TaskState
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import as_persisted, copy_with
from crmcore.domain.kernel.entity import Entity, check_transition, record, unique_keys
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import OUTCOME_TRANSITIONS
from crmcore.domain.service.cases.complaint_lifecycle import COMPLAINT_TRANSITIONS
from crmcore.domain.service.cases.inquiry import INQUIRY_TRANSITIONS
from crmcore.errors import CrmError, InvalidTransitionError, InvalidTypeError
from crmcore.testing.samples import NOON, Samples

LINES = st.lists(
    st.builds(
        LineItem,
        st.sampled_from(["Window", "Door"]),
        st.decimals(0, 1000, places=3).map(Decimal),
        st.integers(0, 10**6).map(lambda minor: Money.from_minor_units(minor, "EUR")),
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
        "last_activity_at": st.datetimes(timezones=st.sampled_from([UTC])) | st.just(datetime(2026, 1, 1)),  # noqa: DTZ001
        "stage_index": st.integers(-1, 3),
    },
)


@given(CHANGES)
def test_copy_with_equals_attrs_evolve(changes: dict[str, Any]) -> None:
    """The result or the error equals that of `attrs.evolve`, computed fields included."""
    deal: Any = Samples().deal(tags=["t"])

    assert _value_or_error(lambda: attrs.evolve(deal, **changes)) == _value_or_error(lambda: copy_with(deal, **changes))


def _value_or_error(make: Any) -> Any:
    try:
        made = make()
    except CrmError:  # of several invalid fields, either may be named
        return "refused"
    return made, made.total, hash(made.title)


def test_copy_with_leaves_original_unchanged() -> None:
    """Records are frozen; computed fields follow in the copy only."""
    deal = Samples().deal(lines=[], value=Money(1, "EUR"))
    other = copy_with(deal, value=Money(2, "EUR"))

    assert (deal.total, other.total) == (Money(1, "EUR"), Money(2, "EUR"))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        deal.title = "Other"  # type: ignore[misc]  # that is what is refused


def test_pending_events_must_be_events() -> None:
    """Pending events must be events."""
    task = Samples().task()
    for wrong in ("fact", ["fact"], ("fact",), [task.pending_events[0]]):
        with pytest.raises(InvalidTypeError):
            copy_with(task, pending_events=wrong)


def test_equality_ignores_pending_events() -> None:
    """A record equals its stored version, whatever its pending events are."""
    task = Samples().task()

    assert task == copy_with(task, pending_events=())


def test_as_persisted_increments_version_and_clears_pending_events() -> None:
    """The stored record has the next version, the actor, no pending events and an empty log."""
    deal = Samples().deal()
    stored = as_persisted(deal, version=1, actor="anna")

    assert (stored.version, stored.actor, stored.pending_events, stored.movements) == (1, "anna", (), ())
    assert copy_with(deal, version=1, actor="anna") == stored
    assert stored.total == deal.total


def test_unique_keys_skip_none_and_include_child_records() -> None:
    """Keys with None are left out; keys of child records are listed for each child record."""
    samples = Samples()
    customer = samples.customer(phone="+37120000000", email="a@b.lv", external_id="7")
    deal = samples.deal(external_id=samples.external_id())

    assert list(unique_keys(samples.deal())) == []
    assert list(unique_keys(deal)) == [("external_id.system.external_id.key", ("web", "1001"))]
    assert list(unique_keys(customer)) == [
        ("contact_points.unique_key", ("phone:+37120000000",)),
        ("contact_points.unique_key", ("email:a@b.lv",)),
        ("external_ids.system.external_ids.key", ("erp", "7")),
    ]


@pytest.mark.parametrize(
    "life",
    [OUTCOME_TRANSITIONS, TASK_TRANSITIONS, COMMITMENT_TRANSITIONS, COMPLAINT_TRANSITIONS, INQUIRY_TRANSITIONS],
    ids=["deal", "task", "commitment", "complaint", "inquiry"],
)
def test_every_status_is_reachable(life: Any) -> None:
    """A life cycle covers its whole enumeration, and every state can be reached."""
    start = next(iter(life))
    states: Any = type(start)
    reached = {start}
    for _ in life:
        reached |= {to for state in reached for to in life[state]}

    assert set(states) == set(life) == reached


def test_invalid_transition_lists_allowed_transitions() -> None:
    """The error has the present state, the requested state and the allowed states, in order."""
    check_transition("task_1", TASK_TRANSITIONS, TaskState.OPEN, TaskState.DONE)
    with pytest.raises(InvalidTransitionError) as excinfo:
        check_transition("task_1", TASK_TRANSITIONS, TaskState.OPEN, TaskState.OPEN)

    assert (excinfo.value.now, excinfo.value.to, excinfo.value.allowed) == ("open", "open", ("cancelled", "done"))


def test_entity_meta_is_unique_and_names_existing_fields() -> None:
    """Prefixes and tables are unique, and every field of the metadata exists."""
    assert (
        len(ENTITY_TYPES)
        == len({entity_type.meta.prefix for entity_type in ENTITY_TYPES})
        == len({entity_type.meta.table for entity_type in ENTITY_TYPES})
    )
    for entity_type in ENTITY_TYPES:
        names = {field.name for field in _field_names(entity_type)}
        paths = [path for key in (*entity_type.meta.unique_keys, *entity_type.meta.indexes) for path in key]

        assert {path.partition(".")[0] for path in paths} | set(entity_type.meta.child_tables) <= names


def _field_names(kind: Any) -> Any:
    return attrs.fields(kind)


def test_copy_with_handles_record_without_children() -> None:
    """The copy functions of a class are compiled once."""

    @record
    class Note(Entity):
        words: str = fields.text(personal=False)
        seen: bool = False

    note = Note(id="note_1", words="a")

    assert copy_with(note, words=" b ").words == "b"
    assert copy_with(note, seen=True).seen
    assert copy_with(note).words == "a"


def test_every_command_takes_time_as_argument() -> None:
    """Commands use the caller's time and never the system clock."""
    task = Samples().task(due_at=NOON).complete(at=NOON + timedelta(days=365))

    assert isinstance(task, Task)
    assert isinstance(Samples().deal(), Deal)
    assert task.closed_at == NOON + timedelta(days=365)
