"""Lateness is heard one level at a time, each time by somebody else, further up."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crmcore import Period
from crmcore.domain.escalation import STEPS, Ladder, climb
from crmcore.domain.people import Rejected
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


def test_a_ladder_has_its_rungs() -> None:
    """Each level is heard of at its time, and there is none above the last."""
    ladder = Ladder()

    assert [ladder.rung(level, NOON) for level in (0, 1, 2, 3, 4)] == [None, *(NOON + step for step in STEPS), None]
    assert Ladder(()).rung(1, NOON) is None
