"""Escalation: each level once, to the next available manager."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore import Period
from crmcore.domain.organization.assignment import RejectedCandidate
from crmcore.domain.sla.escalation import Escalation, choose_recipient
from crmcore.domain.sla.escalation_policy import DEFAULT_STEPS, EscalationPolicy, EscalationStep
from crmcore.errors import BusinessRuleError, InvalidChoiceError, InvalidInputError
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)


@given(st.lists(st.sampled_from(["present", "absent", "deactivated"]), max_size=6))
def test_escalation_climbs_management_chain_without_repeats(line: list[str]) -> None:
    """Levels skip unavailable managers, notify no user twice, and end at the top."""
    samples, at = Samples(), NOON
    users = []
    for state in line:
        user = samples.user()
        user = user.add_absence(Period(NOON, NOON + HOUR), at=NOON) if state == "absent" else user
        users.append(user.deactivate(at=NOON) if state == "deactivated" else user)
    notified: list[str] = []
    for level in range(1, len(line) + 2):
        step = choose_recipient(level, users, already_notified=notified, at=at)
        if step.recipient_id is not None:
            notified.append(step.recipient_id)

        assert step.level == level
        assert len(step.rejected) == (
            len(users) if step.recipient_id is None else [u.id for u in users].index(step.recipient_id)
        )
    assert notified == [user.id for user, state in zip(users, line, strict=True) if state == "present"]


def test_skipped_manager_is_not_notified_later() -> None:
    """A manager who returns is not notified after the managers above."""
    samples = Samples()
    near, far, top = (samples.user() for _ in range(3))
    absent = near.add_absence(Period(NOON, NOON + HOUR), at=NOON)
    first = choose_recipient(1, [absent, far, top], already_notified=(), at=NOON)
    second = choose_recipient(2, [near, far, top], already_notified=[str(first.recipient_id)], at=NOON)

    assert (first.recipient_id, first.rejected) == (far.id, (RejectedCandidate(near.id, "absent"),))
    assert second.recipient_id == top.id
    assert second.rejected == (RejectedCandidate(near.id, "skipped"), RejectedCandidate(far.id, "already_notified"))


def test_owner_is_notified_first_when_configured() -> None:
    """The owner is first, then the managers; the owner is not notified twice."""
    samples = Samples()
    anna, boss = samples.user(), samples.user()
    first = choose_recipient(1, [boss], already_notified=(), at=NOON, owner=anna)
    second = choose_recipient(2, [boss], already_notified=[anna.id], at=NOON)

    assert (first.recipient_id, second.recipient_id) == (anna.id, boss.id)
    assert (
        choose_recipient(1, [boss], already_notified=(), at=NOON, owner=anna.deactivate(at=NOON)).recipient_id
        == boss.id
    )


def test_step_is_returned_per_level_and_none_after_last() -> None:
    """Each level has its step, and there is none after the last; a duration is a step after the deadline."""
    policy = EscalationPolicy()

    assert [policy.step(level) for level in (0, 1, 2, 3, 4)] == [None, *DEFAULT_STEPS, None]
    assert EscalationPolicy(()).step(1) is None
    assert EscalationPolicy.of(HOUR).step(1) == EscalationStep(after=HOUR)


@pytest.mark.parametrize("steps", [5, "steps", [5], [None], ["owner"]])
def test_policy_of_invalid_steps_is_rejected(steps: Any) -> None:
    """Other values are rejected."""
    with pytest.raises(InvalidInputError):
        EscalationPolicy(steps)


def test_step_to_unknown_recipient_is_rejected() -> None:
    """Only the owner or the next manager can be a recipient."""
    with pytest.raises(InvalidChoiceError):
        EscalationStep(recipient="anybody")


def test_escalation_is_acknowledged_once() -> None:
    """An escalation has its recipient, the rejected candidates and the acknowledging user."""
    samples = Samples()
    anna, boss = samples.user().deactivate(at=NOON), samples.user()
    climbed = choose_recipient(1, [anna, boss], already_notified=(), at=NOON)
    step = Escalation.create(
        samples.id("escalation"),
        climbed,
        EscalationStep(7_500),
        subject_id=samples.id("task"),
        metric="due",
        target_started_at=NOON,
        due_at=NOON,
        at=NOON,
    )
    held = step.acknowledge(acknowledged_by=boss.id, at=NOON + HOUR)

    assert (step.recipient_id, step.rejected, step.elapsed_bp) == (
        boss.id,
        (RejectedCandidate(anna.id, "deactivated"),),
        7_500,
    )
    assert (held.acknowledged_by, held.acknowledged_at) == (boss.id, NOON + HOUR)
    with pytest.raises(BusinessRuleError):
        held.acknowledge(acknowledged_by=boss.id, at=NOON)


def test_policy_knows_whether_first_step_is_before_deadline() -> None:
    """Only a first step at the deadline can be scheduled at once; a policy may have no steps."""
    policies = [
        EscalationPolicy(),
        EscalationPolicy(()),
        EscalationPolicy.of(EscalationStep(recipient="owner")),
        EscalationPolicy.of(EscalationStep(7_500)),
        EscalationPolicy.of(timedelta(hours=1)),
    ]

    assert [True, True, True, False, False] == [policy.is_first_step_at_deadline for policy in policies]
