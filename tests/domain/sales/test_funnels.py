"""Funnels validate their stages."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore import CreateTask, Funnel, Requirement, Stage
from crmcore.domain.sales.funnels.requirements import RequirementKind
from crmcore.domain.sales.funnels.stages import StageKind
from crmcore.errors import InvalidChoiceError, InvalidInputError, InvalidTypeError, OutOfRangeError
from crmcore.testing.samples import NOON, Samples


def create_funnel(stages: Any, **details: Any) -> Funnel:
    """Create a funnel."""
    return Funnel.create(Samples().id("funnel"), "Windows", stages=stages, at=NOON, **details)


def test_stage_names_get_increasing_probabilities() -> None:
    """The probability grows evenly, and the last stage wins."""
    funnel = create_funnel(["Seen", "Interested", "Bought"])

    assert [(stage.key, stage.kind.value, stage.probability) for stage in funnel.stages] == [
        ("Seen", "open", 0),
        ("Interested", "open", 3300),
        ("Bought", "won", 10_000),
    ]
    assert (funnel.first_stage.key, funnel.stage_index("Bought"), funnel.winning_stage) == ("Seen", 2, funnel.stages[2])


def test_funnel_of_one_stage_has_no_winning_stage() -> None:
    """A funnel of one stage has no winning stage."""
    assert create_funnel(["Inbox"]).winning_stage is None
    assert create_funnel(["Inbox"]).first_stage.kind is StageKind.OPEN


def test_winning_stage_has_probability_100() -> None:
    """A winning stage has 100 %."""
    assert Stage.named("Done", kind="won", probability=5).probability == 10_000
    assert Stage.named("Call", kind=StageKind.OPEN, probability=5).probability == 500


@pytest.mark.parametrize(
    ("stages", "refusal"),
    [
        ([], InvalidInputError),
        (["A", "A"], InvalidInputError),
        ([Stage.named("A", kind="won"), Stage.named("B")], OutOfRangeError),
        ([Stage.named("A"), 5], InvalidTypeError),
        ("AB", InvalidTypeError),
        (None, InvalidTypeError),
        ([f"S{n}" for n in range(51)], InvalidInputError),
    ],
)
def test_invalid_stages_are_rejected(stages: Any, refusal: type[InvalidInputError]) -> None:
    """No stage, two with one key, or an open stage after a winning one is rejected."""
    with pytest.raises(refusal) as refused:
        create_funnel(stages)

    assert refused.value.field.startswith("funnel.stages")


@pytest.mark.parametrize(
    "wrong",
    [
        {"probability": 101},
        {"probability": 0.5},
        {"kind": "lost"},
        {"entry_actions": "call"},
        {"entry_actions": ["call"]},
        {"exit_criteria": [CreateTask(title="Call")]},
        {"age_limit": 5},
        {"entry_actions": [CreateTask(title="x")] * 21},
    ],
)
def test_invalid_stage_is_rejected(wrong: dict[str, Any]) -> None:
    """Each argument of a stage has its limits."""
    with pytest.raises(InvalidInputError):
        Stage.named("A", **wrong)


def test_update_funnel_keeps_unspecified_fields_and_stage_keys() -> None:
    """Fields that are not given stay; a renamed stage keeps its key."""
    funnel = create_funnel(["A", "B"], loss_reasons=["dear", "dear", "late"])
    again = funnel.update(at=NOON, stages=[Stage(key="A", name="First"), *funnel.stages[1:]])

    assert funnel.loss_reasons == again.loss_reasons == ("dear", "late")
    assert (again.stage("A").name, again.stage("A").key) == ("First", "A")
    assert funnel.update(at=NOON, loss_reasons=[]).stages == funnel.stages
    assert [event.name for event in again.pending_events] == ["funnel.created", "funnel.updated"]


def test_unknown_stage_error_lists_stages() -> None:
    """The error lists the stages."""
    with pytest.raises(InvalidChoiceError) as excinfo:
        create_funnel(["A", "B"]).stage("C")

    assert excinfo.value.allowed == ("A", "B")


def test_stages_with_equal_actions_are_equal() -> None:
    """Stages with equal fields are equal."""
    one, two = (
        Stage.named(
            "A",
            age_limit=timedelta(days=2),
            entry_actions=[CreateTask(title="Call {customer}", role="manager")],
            exit_criteria=[Requirement(RequirementKind.TASK_DONE, "call")],
        )
        for _ in range(2)
    )

    assert one == two
    assert hash(one) == hash(two)
