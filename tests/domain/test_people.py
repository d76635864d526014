"""Work goes round fairly, and everybody can tell why it went where."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crmcore import Period
from crmcore.domain.people import OWNER, Absence, Rejected, Ring, Team, User
from crmcore.errors import OutOfRange, RuleBroken
from crmcore.testing.samples import NOON, Samples

DAY = timedelta(days=1)


def away(user: User) -> User:
    """The same, absent for a day from noon."""
    return user.go_away(Period(NOON, NOON + DAY), at=NOON)


class RingMachine(RuleBasedStateMachine):
    """People come, go away, come back and leave, and pieces of work are passed on by hand, while a ring gives work out."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = Samples()
        self.ring = Ring(id=self.samples.id("ring"), key="funnel:manager")
        self.users: dict[str, User] = {}
        self.turns: dict[str, list[int]] = {}
        self.clock = 0
        self.present_since: dict[str, int] = {}

    @rule()
    @precondition(lambda self: len(self.users) < 6)
    def join(self) -> None:
        """Somebody new joins."""
        user = self.samples.user()
        self.users[user.id] = user
        self.turns[user.id] = []
        self.present_since[user.id] = self.clock

    @rule(data=st.data())
    @precondition(lambda self: self._present())
    def go_away(self, data: st.DataObject) -> None:
        """Somebody goes away."""
        id = data.draw(st.sampled_from(self._present()))
        self.users[id] = away(self.users[id])

    @rule(data=st.data())
    @precondition(lambda self: len(self._present()) < len([u for u in self.users.values() if u.active]))
    def come_back(self, data: st.DataObject) -> None:
        """Somebody comes back."""
        id = data.draw(st.sampled_from(sorted(u.id for u in self.users.values() if u.active and u.is_away(NOON))))
        self.users[id] = self.users[id].come_back(at=NOON)
        self.present_since[id] = self.clock

    @rule(data=st.data())
    @precondition(lambda self: self._present())
    def leave(self, data: st.DataObject) -> None:
        """Somebody leaves for good."""
        id = data.draw(st.sampled_from(self._present()))
        self.users[id] = self.users[id].leave(at=NOON)

    @rule(data=st.data())
    def turn(self, data: st.DataObject) -> None:
        """A piece of work comes; whatever is done with it by hand afterwards does not move the ring."""
        candidates = data.draw(st.permutations(sorted(self.users.values(), key=lambda user: user.id)))
        turned, assignment = self.ring.turn(candidates, at=NOON)
        present = self._present()
        self.clock += 1

        assert {u.id for u in candidates} - {assignment.user} == {r.user for r in assignment.rejected}
        if not present:
            assert assignment.user is None
            assert turned is self.ring
            assert {r.reason for r in assignment.rejected} <= {"left", "absent"}
            return
        assert assignment.user in present
        assert {r.user for r in assignment.rejected if r.reason == "waited_less"} == {*present} - {assignment.user}
        self.ring = turned
        self.turns[str(assignment.user)].append(self.clock)

    @invariant()
    def nobody_present_is_two_ahead(self) -> None:
        """Max - min <= 1 among those who have been present together, counted from when the later one came."""
        present = self._present()
        for one in present:
            for other in present:
                since = max(self.present_since[one], self.present_since[other])
                had = [sum(1 for turn in self.turns[user] if turn > since) for user in (one, other)]

                assert abs(had[0] - had[1]) <= 1

    def _present(self) -> list[str]:
        return sorted(user.id for user in self.users.values() if not user.unavailable(NOON))


TestRing = RingMachine.TestCase
TestRing.settings = settings(max_examples=40, deadline=None)


@given(st.integers(1, 7), st.integers(1, 40))
def test_a_ring_gives_everybody_the_same(people: int, pieces: int) -> None:
    """Of n pieces of work for m people each gets n/m of them, rounded up or down, and nobody two in a row."""
    samples = Samples()
    users = [samples.user() for _ in range(people)]
    ring, given_to = Ring(id=samples.id("ring"), key="k"), []
    for _ in range(pieces):
        ring, assignment = ring.turn(users, at=NOON)
        given_to.append(assignment.user)
    had = [given_to.count(user.id) for user in users]

    assert max(had) - min(had) <= 1
    assert people == 1 or all(one != two for one, two in itertools.pairwise(given_to))
    assert pieces == len(ring.pending)
    assert len(ring.queue) == min(people, pieces)  # nobody waits twice


def test_an_assignment_says_why_it_was_nobody_else() -> None:
    """Everybody who was not chosen stands there with the reason."""
    samples = Samples()
    gone, absent, first, second = (samples.user() for _ in range(4))
    _, assignment = Ring(id=samples.id("ring"), key="k").turn(
        [second, first, gone.leave(at=NOON), away(absent)], at=NOON
    )

    assert assignment.user == first.id
    assert set(assignment.rejected) == {
        Rejected(gone.id, "left"),
        Rejected(absent.id, "absent"),
        Rejected(second.id, "waited_less"),
    }


def test_whoever_was_away_keeps_the_place() -> None:
    """An absence costs nobody a turn, and nobody catches up on what came meanwhile."""
    samples = Samples()
    anna, berta = samples.user(), samples.user()
    ring, _ = Ring(id=samples.id("ring"), key="k").turn([anna, berta], at=NOON)
    for _ in range(5):
        ring, assignment = ring.turn([anna, away(berta)], at=NOON)

        assert assignment.user == anna.id
    ring, first = ring.turn([anna, berta], at=NOON + DAY)
    _, second = ring.turn([anna, berta], at=NOON + DAY)

    assert (first.user, second.user) == (berta.id, anna.id)


def test_an_absence_covers_its_period() -> None:
    """Its end lies outside it; coming back ends those of now, and changes nothing when there are none."""
    user = Samples().user()
    absent = user.go_away(Period(NOON, NOON + DAY), at=NOON, reason="sea").go_away(
        Period(NOON + 2 * DAY, NOON + 3 * DAY), at=NOON
    )

    assert [absent.is_away(NOON + h * DAY / 2) for h in range(8)] == [
        True,
        True,
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    assert user is user.come_back(at=NOON)
    assert absent.come_back(at=NOON + DAY / 2).absences[0] == Absence(Period(NOON, NOON + DAY / 2), "sea")
    assert absent.come_back(at=NOON + DAY / 2).absences[1] == absent.absences[1]
    with pytest.raises(OutOfRange):
        user.go_away(Period(NOON, NOON), at=NOON)


def test_a_person_holds_roles_and_everybody_may_own() -> None:
    """Roles are held once; to be responsible takes none."""
    user = Samples().user(roles=["manager", "manager", "measurer"], email=" Anna@Example.LV ")

    assert user.roles == ("manager", "measurer")
    assert user.email == "anna@example.lv"
    assert [user.holds(role) for role in ("manager", "boss", OWNER)] == [True, False, True]
    assert user.give_roles(["boss"], at=NOON).roles == ("boss",)


def test_whoever_has_left_stays_away() -> None:
    """Leaving twice is leaving once."""
    left = Samples().user().leave(at=NOON)

    assert left is left.leave(at=NOON)
    assert (left.unavailable(NOON), away(left).unavailable(NOON)) == ("left", "left")


def test_nobody_reports_to_himself() -> None:
    """Neither directly nor in a circle."""
    samples = Samples()
    anna, boss = samples.user(), samples.user()

    assert anna.report_to(boss, line=[], at=NOON).supervisor == boss.id
    with pytest.raises(RuleBroken):
        anna.report_to(anna, line=[], at=NOON)
    with pytest.raises(RuleBroken):
        boss.report_to(anna, line=[boss.id], at=NOON)


def test_a_team_may_be_part_of_another() -> None:
    """A department has branches."""
    samples = Samples()
    whole = Team.form(samples.id("team"), "Sales", at=NOON)
    branch = Team.form(samples.id("team"), "Riga", at=NOON, parent=whole.id)

    assert branch.parent == whole.id
    assert [event.name for event in branch.pending] == ["team.formed"]


def test_a_person_works_by_a_calendar() -> None:
    """Somebody else's hours, and the house's own again; the same ones twice are no news."""
    samples = Samples()
    calendar = samples.id("calendar")
    anna = samples.user().work_by(calendar, at=NOON)

    assert anna is anna.work_by(calendar, at=NOON)
    assert anna.calendar == calendar
    assert anna.work_by(None, at=NOON).calendar is None
