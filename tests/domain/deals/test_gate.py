"""A gate answers with everything that is missing, in the order in which it was asked for."""

from datetime import date
from typing import Any

import pytest

from crmcore import Money, Requirement
from crmcore.domain.deals.gate import MEANING, Evidence, check_gate, violations
from crmcore.domain.requirements import Rule, Violation
from crmcore.errors import StageGateClosed
from crmcore.testing.samples import NOON, Samples

SAMPLES = Samples()
BARE = SAMPLES.deal(lines=()).plan(None, at=NOON)
FULL = (
    SAMPLES.deal(expected_close=date(2026, 4, 1), custom={"size": 3})
    .attach(SAMPLES.id("document"), "Sizes", at=NOON)
    .join("measurer", SAMPLES.id("user"), at=NOON)
)
CASES: list[tuple[Rule, str, Evidence, Evidence]] = [
    (Rule.VALUE, "", Evidence(deal=BARE.revalue(Money(0, "EUR"), at=NOON)), Evidence(deal=BARE)),
    (Rule.EXPECTED_CLOSE, "", Evidence(deal=FULL), Evidence(deal=BARE)),
    (Rule.NEXT_STEP, "", Evidence(deal=FULL), Evidence(deal=BARE)),
    (Rule.LINE_ITEMS, "", Evidence(deal=FULL), Evidence(deal=BARE)),
    (Rule.ATTACHMENT, "", Evidence(deal=FULL), Evidence(deal=BARE)),
    (Rule.PARTICIPANT, "measurer", Evidence(deal=FULL), Evidence(deal=BARE)),
    (Rule.CUSTOM_FIELD, "size", Evidence(deal=FULL), Evidence(deal=BARE.describe({"custom": {"size": ""}}, at=NOON))),
    (Rule.TASK_DONE, "call", Evidence(deal=BARE, done_tasks=["call"]), Evidence(deal=BARE, open_tasks=["call"])),
    (Rule.NO_OPEN_TASKS, "", Evidence(deal=BARE, done_tasks=["call"]), Evidence(deal=BARE, open_tasks=["call"])),
    (Rule.NO_OPEN_TASKS, "call", Evidence(deal=BARE, open_tasks=["tea"]), Evidence(deal=BARE, open_tasks=["call"])),
    (Rule.INTERACTION, "", Evidence(deal=BARE, interactions=["mail"]), Evidence(deal=BARE)),
    (Rule.INTERACTION, "call", Evidence(deal=BARE, interactions=["call"]), Evidence(deal=BARE, interactions=["mail"])),
]


@pytest.mark.parametrize(("rule", "argument", "enough", "lacking"), CASES)
def test_a_requirement_means_one_thing(rule: Rule, argument: str, enough: Evidence, lacking: Evidence) -> None:
    """Each rule is fulfilled by what it asks for, and by nothing less."""
    asked = [Requirement(rule, argument)]

    assert violations(asked, enough) == ()
    assert violations(asked, lacking) == (Violation(rule, argument),)


def test_every_rule_is_tried() -> None:
    """No rule is without a meaning, and none without a test."""
    assert set(Rule) == set(MEANING) == {rule for rule, *_ in CASES}


def test_a_gate_names_everything_at_once() -> None:
    """Nobody has to try again and again to learn what else is missing."""
    asked: Any = [Requirement("value"), Requirement("task_done", "call"), Requirement("participant", "measurer")]  # type: ignore[arg-type]  # a word becomes its member
    with pytest.raises(StageGateClosed) as refusal:
        check_gate(asked, Evidence(deal=BARE))

    assert [str(violation) for violation in refusal.value.violations] == [
        "value",
        "task done 'call'",
        "participant 'measurer'",
    ]
    check_gate(asked, Evidence(deal=FULL, done_tasks=["call"]))
