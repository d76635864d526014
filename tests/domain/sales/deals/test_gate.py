"""A stage gate reports all unmet requirements, in order."""

from datetime import date
from typing import Any

import pytest

from crmcore import Money, Requirement
from crmcore.domain.sales.deals.gate import CHECKS, Evidence, check_gate, unmet_requirements
from crmcore.domain.sales.funnels.requirements import RequirementKind, UnmetRequirement
from crmcore.errors import StageRequirementsNotMetError
from crmcore.testing.samples import NOON, Samples

SAMPLES = Samples()
EMPTY_DEAL = SAMPLES.deal(lines=()).set_next_step(None, at=NOON)
COMPLETE_DEAL = (
    SAMPLES.deal(expected_close=date(2026, 4, 1), custom={"size": 3})
    .attach(SAMPLES.id("document"), "Sizes", at=NOON)
    .add_participant("measurer", SAMPLES.id("user"), at=NOON)
)
CASES: list[tuple[RequirementKind, str, Evidence, Evidence]] = [
    (
        RequirementKind.VALUE,
        "",
        Evidence(deal=EMPTY_DEAL.set_value(Money(0, "EUR"), at=NOON)),
        Evidence(deal=EMPTY_DEAL),
    ),
    (RequirementKind.EXPECTED_CLOSE, "", Evidence(deal=COMPLETE_DEAL), Evidence(deal=EMPTY_DEAL)),
    (RequirementKind.NEXT_STEP, "", Evidence(deal=COMPLETE_DEAL), Evidence(deal=EMPTY_DEAL)),
    (RequirementKind.LINE_ITEMS, "", Evidence(deal=COMPLETE_DEAL), Evidence(deal=EMPTY_DEAL)),
    (RequirementKind.ATTACHMENT, "", Evidence(deal=COMPLETE_DEAL), Evidence(deal=EMPTY_DEAL)),
    (RequirementKind.PARTICIPANT, "measurer", Evidence(deal=COMPLETE_DEAL), Evidence(deal=EMPTY_DEAL)),
    (
        RequirementKind.CUSTOM_FIELD,
        "size",
        Evidence(deal=COMPLETE_DEAL),
        Evidence(deal=EMPTY_DEAL.update({"custom": {"size": ""}}, at=NOON)),
    ),
    (
        RequirementKind.TASK_DONE,
        "call",
        Evidence(deal=EMPTY_DEAL, done_task_kinds=["call"]),
        Evidence(deal=EMPTY_DEAL, open_task_kinds=["call"]),
    ),
    (
        RequirementKind.NO_OPEN_TASKS,
        "",
        Evidence(deal=EMPTY_DEAL, done_task_kinds=["call"]),
        Evidence(deal=EMPTY_DEAL, open_task_kinds=["call"]),
    ),
    (
        RequirementKind.NO_OPEN_TASKS,
        "call",
        Evidence(deal=EMPTY_DEAL, open_task_kinds=["tea"]),
        Evidence(deal=EMPTY_DEAL, open_task_kinds=["call"]),
    ),
    (RequirementKind.INTERACTION, "", Evidence(deal=EMPTY_DEAL, interaction_kinds=["mail"]), Evidence(deal=EMPTY_DEAL)),
    (
        RequirementKind.INTERACTION,
        "call",
        Evidence(deal=EMPTY_DEAL, interaction_kinds=["call"]),
        Evidence(deal=EMPTY_DEAL, interaction_kinds=["mail"]),
    ),
]


@pytest.mark.parametrize(("rule", "argument", "enough", "lacking"), CASES)
def test_requirement_is_met_only_by_its_evidence(
    rule: RequirementKind, argument: str, enough: Evidence, lacking: Evidence
) -> None:
    """Each requirement is met by exactly what it asks for."""
    asked = [Requirement(rule, argument)]

    assert unmet_requirements(asked, enough) == ()
    assert unmet_requirements(asked, lacking) == (UnmetRequirement(rule, argument),)


def test_every_requirement_kind_is_tested() -> None:
    """Every kind of requirement has a check and a test."""
    assert set(RequirementKind) == set(CHECKS) == {rule for rule, *_ in CASES}


def test_gate_returns_all_unmet_requirements() -> None:
    """All unmet requirements are reported at once."""
    asked: Any = [Requirement("value"), Requirement("task_done", "call"), Requirement("participant", "measurer")]  # type: ignore[arg-type]  # a word becomes its member
    with pytest.raises(StageRequirementsNotMetError) as excinfo:
        check_gate(asked, Evidence(deal=EMPTY_DEAL))

    assert [str(violation) for violation in excinfo.value.unmet_requirements] == [
        "value",
        "task done 'call'",
        "participant 'measurer'",
    ]
    check_gate(asked, Evidence(deal=COMPLETE_DEAL, done_task_kinds=["call"]))
