"""Lateness is heard one level at a time, each time by somebody else, further up."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import Period
from crmcore.domain.escalation import STEPS, Escalation, Ladder, Rung, climb
from crmcore.domain.people import Rejected
from crmcore.errors import InvalidInput, NotAllowed, RuleBroken
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)


@given(st.lists(st.sampled_from(["present", "absent", "left"]), max_size=6))
def test_everybody_hears_of_it_once_and_upwards(line: list[str]) -> None:
    """Levels climb the line past those who are away or gone, tell nobody twice, and end at the top."""
    samples, at = Samples(), NOON
    users = []
    for state in line:
        user = samples.user()
        user = user.go_away(Period(NOON, NOON + HOUR), at=NOON) if state == "absent" else user
        users.append(user.leave(at=NOON) if state == "left" else user)
    told: list[str] = []
    for level in range(1, len(line) + 2):
        step = climb(level, users, told=told, at=at)
        if step.to is not None:
            told.append(step.to)

        assert step.level == level
        assert len(step.rejected) == (len(users) if step.to is None else [u.id for u in users].index(step.to))
    assert told == [user.id for user, state in zip(users, line, strict=True) if state == "present"]


def test_whoever_was_passed_over_is_not_told_later() -> None:
    """When the absent supervisor is back, the next level is still the one above those who have heard."""
    samples = Samples()
    near, far, top = (samples.user() for _ in range(3))
    absent = near.go_away(Period(NOON, NOON + HOUR), at=NOON)
    first = climb(1, [absent, far, top], told=(), at=NOON)
    second = climb(2, [near, far, top], told=[str(first.to)], at=NOON)

    assert (first.to, first.rejected) == (far.id, (Rejected(near.id, "absent"),))
    assert second.to == top.id
    assert second.rejected == (Rejected(near.id, "passed_over"), Rejected(far.id, "told_before"))


def test_whoever_is_responsible_may_hear_of_it_first() -> None:
    """Then the line; who is responsible is not told twice."""
    samples = Samples()
    anna, boss = samples.user(), samples.user()
    first = climb(1, [boss], told=(), at=NOON, responsible=anna)
    second = climb(2, [boss], told=[anna.id], at=NOON)

    assert (first.to, second.to) == (anna.id, boss.id)
    assert climb(1, [boss], told=(), at=NOON, responsible=anna.leave(at=NOON)).to == boss.id


def test_a_ladder_has_its_rungs() -> None:
    """Each level has its rung, and there is none above the last; a duration is a rung after the deadline."""
    ladder = Ladder()

    assert [ladder.rung(level) for level in (0, 1, 2, 3, 4)] == [None, *STEPS, None]
    assert Ladder(()).rung(1) is None
    assert Ladder.of(HOUR).rung(1) == Rung(after=HOUR)


@pytest.mark.parametrize("steps", [5, "steps", [5], [None], ["owner"]])
def test_a_ladder_is_made_of_rungs(steps: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(InvalidInput):
        Ladder(steps)


def test_a_rung_leads_to_the_responsible_or_up_the_line() -> None:
    """Nobody else."""
    with pytest.raises(NotAllowed):
        Rung(to="anybody")


def test_a_step_is_kept_and_taken_in_hand_once() -> None:
    """With who heard of it, who was passed over, and who took it in hand."""
    samples = Samples()
    anna, boss = samples.user().leave(at=NOON), samples.user()
    climbed = climb(1, [anna, boss], told=(), at=NOON)
    step = Escalation.take(
        samples.id("escalation"),
        climbed,
        Rung(7_500),
        subject=samples.id("task"),
        clock="due",
        promised_at=NOON,
        due_at=NOON,
        at=NOON,
    )
    held = step.acknowledge(by=boss.id, at=NOON + HOUR)

    assert (step.to, step.rejected, step.share) == (boss.id, (Rejected(anna.id, "left"),), 7_500)
    assert (held.acknowledged_by, held.acknowledged_at) == (boss.id, NOON + HOUR)
    with pytest.raises(RuleBroken):
        held.acknowledge(by=boss.id, at=NOON)


def test_a_ladder_knows_whether_it_begins_at_the_deadline() -> None:
    """Before it nobody hears of anything, and what comes after has to be counted; a ladder without rungs tells nobody."""
    ladders = [Ladder(), Ladder(()), Ladder.of(Rung(to="owner")), Ladder.of(Rung(7_500)), Ladder.of(timedelta(hours=1))]

    assert [True, True, True, False, False] == [ladder.begins_at_the_deadline for ladder in ladders]
