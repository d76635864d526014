"""Round robin: fair assignment, with a reason for each rejected candidate."""

import itertools
from datetime import timedelta

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crmcore import Period
from crmcore.domain.organization.assignment import RejectedCandidate, RoundRobin
from crmcore.domain.organization.users import User
from crmcore.testing.samples import NOON, Samples

DAY = timedelta(days=1)


def absent_for_a_day(user: User) -> User:
    """The same user, absent for a day from noon."""
    return user.add_absence(Period(NOON, NOON + DAY), at=NOON)


class RoundRobinMachine(RuleBasedStateMachine):
    """Users are added, absent, present again and deactivated while a round robin assigns work."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = Samples()
        self.ring = RoundRobin(id=self.samples.id("rr"), key="funnel:manager")
        self.users: dict[str, User] = {}
        self.turns: dict[str, list[int]] = {}
        self.clock = 0
        self.present_since: dict[str, int] = {}

    @rule()
    @precondition(lambda self: len(self.users) < 6)
    def add_user(self) -> None:
        """Add a user."""
        user = self.samples.user()
        self.users[user.id] = user
        self.turns[user.id] = []
        self.present_since[user.id] = self.clock

    @rule(data=st.data())
    @precondition(lambda self: self._available())
    def add_absence(self, data: st.DataObject) -> None:
        """A user becomes absent."""
        id = data.draw(st.sampled_from(self._available()))
        self.users[id] = absent_for_a_day(self.users[id])

    @rule(data=st.data())
    @precondition(lambda self: len(self._available()) < len([u for u in self.users.values() if u.is_active]))
    def end_absence(self, data: st.DataObject) -> None:
        """A user is present again."""
        id = data.draw(st.sampled_from(sorted(u.id for u in self.users.values() if u.is_active and u.is_absent(NOON))))
        self.users[id] = self.users[id].end_absence(at=NOON)
        self.present_since[id] = self.clock

    @rule(data=st.data())
    @precondition(lambda self: self._available())
    def deactivate(self, data: st.DataObject) -> None:
        """Deactivate a user."""
        id = data.draw(st.sampled_from(self._available()))
        self.users[id] = self.users[id].deactivate(at=NOON)

    @rule(data=st.data())
    def assign_next(self, data: st.DataObject) -> None:
        """Assign work; later manual changes do not affect the round robin."""
        candidates = data.draw(st.permutations(sorted(self.users.values(), key=lambda user: user.id)))
        turned, assignment = self.ring.next(candidates, at=NOON)
        present = self._available()
        self.clock += 1

        assert {u.id for u in candidates} - {assignment.user_id} == {r.user_id for r in assignment.rejected}
        if not present:
            assert assignment.user_id is None
            assert turned is self.ring
            assert {r.reason for r in assignment.rejected} <= {"deactivated", "absent"}
            return
        assert assignment.user_id in present
        assert {r.user_id for r in assignment.rejected if r.reason == "assigned_more_recently"} == {*present} - {
            assignment.user_id
        }
        self.ring = turned
        self.turns[str(assignment.user_id)].append(self.clock)

    @invariant()
    def assignment_counts_differ_by_at_most_one(self) -> None:
        """Counts of users who were available together differ by one at most."""
        present = self._available()
        for one in present:
            for other in present:
                since = max(self.present_since[one], self.present_since[other])
                had = [sum(1 for turn in self.turns[user] if turn > since) for user in (one, other)]

                assert abs(had[0] - had[1]) <= 1

    def _available(self) -> list[str]:
        return sorted(user.id for user in self.users.values() if not user.unavailability(NOON))


TestRoundRobin = RoundRobinMachine.TestCase


TestRoundRobin.settings = settings(max_examples=40, deadline=None)


@given(st.integers(1, 7), st.integers(1, 40))
def test_round_robin_distributes_evenly(people: int, pieces: int) -> None:
    """Each of m users gets n/m of n pieces, rounded up or down, and never two in a row."""
    samples = Samples()
    users = [samples.user() for _ in range(people)]
    ring, given_to = RoundRobin(id=samples.id("rr"), key="k"), []
    for _ in range(pieces):
        ring, assignment = ring.next(users, at=NOON)
        given_to.append(assignment.user_id)
    had = [given_to.count(user.id) for user in users]

    assert max(had) - min(had) <= 1
    assert people == 1 or all(one_id != two_id for one_id, two_id in itertools.pairwise(given_to))
    assert pieces == len(ring.pending_events)
    assert len(ring.queue) == min(people, pieces)  # each user is in the queue once


def test_assignment_explains_rejected_candidates() -> None:
    """Every rejected candidate has a reason."""
    samples = Samples()
    gone, absent, first, second = (samples.user() for _ in range(4))
    _, assignment = RoundRobin(id=samples.id("rr"), key="k").next(
        [second, first, gone.deactivate(at=NOON), absent_for_a_day(absent)], at=NOON
    )

    assert assignment.user_id == first.id
    assert set(assignment.rejected) == {
        RejectedCandidate(gone.id, "deactivated"),
        RejectedCandidate(absent.id, "absent"),
        RejectedCandidate(second.id, "assigned_more_recently"),
    }


def test_absent_user_keeps_position_in_round_robin() -> None:
    """An absent user keeps the turn and does not catch up."""
    samples = Samples()
    anna, berta = samples.user(), samples.user()
    ring, _ = RoundRobin(id=samples.id("rr"), key="k").next([anna, berta], at=NOON)
    for _ in range(5):
        ring, assignment = ring.next([anna, absent_for_a_day(berta)], at=NOON)

        assert assignment.user_id == anna.id
    ring, first = ring.next([anna, berta], at=NOON + DAY)
    _, second = ring.next([anna, berta], at=NOON + DAY)

    assert (first.user_id, second.user_id) == (berta.id, anna.id)
