"""A funnel is drawn from stages, and refuses to be drawn wrongly."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore import CreateTask, Funnel, Requirement, Stage
from crmcore.domain.funnels import StageKind
from crmcore.domain.requirements import Rule
from crmcore.errors import InvalidInput, NotAllowed, OutOfRange, WrongType
from crmcore.testing.samples import NOON, Samples


def draw(stages: Any, **details: Any) -> Funnel:
    """Draw a funnel."""
    return Funnel.create(Samples().id("funnel"), "Windows", stages=stages, at=NOON, **details)


def test_names_alone_make_a_funnel() -> None:
    """The chance grows evenly, and the last one wins."""
    funnel = draw(["Seen", "Interested", "Bought"])

    assert [(stage.key, stage.kind.value, stage.probability) for stage in funnel.stages] == [
        ("Seen", "open", 0),
        ("Interested", "open", 3300),
        ("Bought", "won", 10_000),
    ]
    assert (funnel.first.key, funnel.place("Bought"), funnel.winning) == ("Seen", 2, funnel.stages[2])


def test_one_name_alone_wins_nothing() -> None:
    """A funnel of one stage is a list, in which deals are won by hand."""
    assert draw(["Inbox"]).winning is None
    assert draw(["Inbox"]).first.kind is StageKind.OPEN


def test_a_winning_stage_is_certain() -> None:
    """Whatever chance it is given, a stage that wins has all of it."""
    assert Stage.named("Done", kind="won", probability=5).probability == 10_000
    assert Stage.named("Call", kind=StageKind.OPEN, probability=5).probability == 500


@pytest.mark.parametrize(
    ("stages", "refusal"),
    [
        ([], InvalidInput),
        (["A", "A"], InvalidInput),
        ([Stage.named("A", kind="won"), Stage.named("B")], OutOfRange),
        ([Stage.named("A"), 5], WrongType),
        ("AB", WrongType),
        (None, WrongType),
        ([f"S{n}" for n in range(51)], InvalidInput),
    ],
)
def test_a_funnel_that_cannot_be_is_refused(stages: Any, refusal: type[InvalidInput]) -> None:
    """No stage, two of one name, or an open one behind one that wins."""
    with pytest.raises(refusal) as refused:
        draw(stages)

    assert refused.value.field.startswith("funnel.stages")


@pytest.mark.parametrize(
    "wrong",
    [
        {"probability": 101},
        {"probability": 0.5},
        {"kind": "lost"},
        {"on_entry": "call"},
        {"on_entry": ["call"]},
        {"to_leave": [CreateTask(title="Call")]},
        {"age_limit": 5},
        {"on_entry": [CreateTask(title="x")] * 21},
    ],
)
def test_a_stage_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """Each of its parts has its limits."""
    with pytest.raises(InvalidInput):
        Stage.named("A", **wrong)


def test_a_funnel_is_redrawn() -> None:
    """What is not given stays; a stage may get another name and keeps its key."""
    funnel = draw(["A", "B"], loss_reasons=["dear", "dear", "late"])
    again = funnel.redraw(at=NOON, stages=[Stage(key="A", name="First"), *funnel.stages[1:]])

    assert funnel.loss_reasons == again.loss_reasons == ("dear", "late")
    assert (again.stage("A").name, again.stage("A").key) == ("First", "A")
    assert funnel.redraw(at=NOON, loss_reasons=[]).stages == funnel.stages
    assert [event.name for event in again.pending] == ["funnel.created", "funnel.redrawn"]


def test_a_stage_that_is_not_there_is_answered_with_those_that_are() -> None:
    """A wrong stage is a wrong word."""
    with pytest.raises(NotAllowed) as refusal:
        draw(["A", "B"]).stage("C")

    assert refusal.value.allowed == ("A", "B")


def test_actions_and_requirements_are_data() -> None:
    """Two stages that ask and do the same are the same."""
    one, two = (
        Stage.named(
            "A",
            age_limit=timedelta(days=2),
            on_entry=[CreateTask(title="Call {customer}", role="manager")],
            to_leave=[Requirement(Rule.TASK_DONE, "call")],
        )
        for _ in range(2)
    )

    assert one == two
    assert hash(one) == hash(two)
