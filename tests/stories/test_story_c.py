"""Story C: complaints that used to get lost. Every one has a type, somebody responsible and a deadline; none is late in silence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, Money, SqlStore
from crmcore.domain.clocks.marks import Targets
from crmcore.domain.escalation import Ladder, Rung
from crmcore.domain.levels import Audience
from crmcore.domain.people import User
from crmcore.services.ports import Store
from tests.adapters.test_stores import empty

HOUR: Final = timedelta(hours=1)
MONDAY: Final = datetime(2026, 3, 2, 7, tzinfo=UTC)  # nine o'clock in Riga


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Every kind of store."""
    if request.param == "memory":
        yield MemoryStore()
        return
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = SqlStore.open(url)
    empty(made) if request.param == "postgresql" else None
    yield made
    made.close()


class House:
    """A furniture shop with its complaints desk."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(MONDAY)
        ladder = Ladder.of(Rung(7_500, to="owner"), Rung(), timedelta(hours=2))
        self.crm = crm = Crm(store, clock=self.clock, zone="Europe/Riga", ladder=ladder)
        crm.calendars.create("Mo-Fr 09:00-13:00,14:00-18:00")
        self.director = crm.people.add("Dace Direktore", email="dace@example.lv", roles=["director"])
        self.head = crm.people.add("Hugo", email="hugo@example.lv", supervisor=self.director.id)
        self.anna = self.clerk("Anna")
        self.bruno = self.clerk("Bruno")
        crm.complaints.declare_type("delivery", role="desk")
        crm.complaints.declare_type("delivery/broken", role="desk", severity="high")
        crm.levels.create("Standard", Targets(first_response=4 * HOUR, next_response=8 * HOUR, resolution=40 * HOUR))
        crm.levels.create(
            "Grave",
            Targets(first_response=2 * HOUR, resolution=16 * HOUR),
            rank=10,
            audience=Audience(severities=("high",)),
        )
        crm.complaints.set_limit("desk", Money(30, "EUR"))
        crm.complaints.set_limit("director", Money(500, "EUR"))
        self.customer = crm.customers.add("Jānis Bērziņš", email="janis@example.lv")

    def clerk(self, name: str) -> User:
        """Somebody at the desk."""
        return self.crm.people.add(name, email=f"{name.lower()}@example.lv", roles=["desk"], supervisor=self.head.id)

    def topics(self, about: str) -> list[str]:
        """What was told about something, in order."""
        return [message.topic for message in self.crm.delivery.list() if message.about == about]


@pytest.fixture
def house(store: Store) -> House:
    """The shop."""
    return House(store)


def test_no_complaint_gets_lost(house: House) -> None:
    """From its receipt over waiting, compensation and decision to the customer's rating, each step is somebody's, and told."""
    crm, clock = house.crm, house.clock
    complaint = crm.complaints.receive(
        "A leg is broken", type="delivery/broken", customer=house.customer.id, product="chair"
    )
    other = crm.complaints.receive("Too late", type="delivery/late", customer=house.customer.id)

    assert [complaint, other] == list(crm.complaints.queue())
    assert {complaint.responsible, other.responsible} == {house.anna.id, house.bruno.id}
    assert (complaint.due_at, other.due_at) == (MONDAY + 2 * HOUR, MONDAY + 4 * HOUR)
    assert other.repeats == complaint.id

    clock.advance(hours=1)
    crm.complaints.answer(complaint.id, automatic=True)
    crm.complaints.acknowledge(complaint.id, channel="phone")
    crm.complaints.assess(complaint.id, severity="medium")
    crm.complaints.take_up(complaint.id)
    waiting = crm.complaints.wait(complaint.id)
    timer = crm.complaints.clocks(complaint.id).resolution
    assert timer is not None
    assert (timer.target, timer.paused, waiting.next_action) == (40 * HOUR, True, "ask_the_customer_again")

    clock.advance(days=3)
    crm.complaints.hear(complaint.id)
    crm.complaints.respond(complaint.id, "We replace the chair")
    proposed = crm.complaints.compensate(complaint.id, "credit", Money(50, "EUR"), reason="cold meals")
    assert [proposed] == list(crm.complaints.approvals(house.director.id))
    crm.complaints.settle(complaint.id, 1, "approved", by=house.director.id)
    crm.complaints.explain(complaint.id, cause="packaging", corrective="replaced", preventive="stronger boxes")
    crm.complaints.resolve(complaint.id, "A new chair is on its way")
    crm.complaints.close(complaint.id)
    rated = crm.complaints.rate(complaint.id, 5)

    assert (rated.cost, rated.satisfaction, rated.state.value) == (Money(50, "EUR"), 5, "closed")
    assert (rated.response_took, rated.resolution_took) == (HOUR, HOUR)
    assert [
        "case.yours",
        "customer.received",
        "customer.answered",
        "compensation.approval",
        "customer.decided",
        "customer.rate",
    ] == house.topics(complaint.id)


def test_none_runs_late_in_silence(house: House) -> None:
    """The responsible hears before the deadline, the head at it, the director two working hours later; each of them once."""
    crm, clock = house.crm, house.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer=house.customer.id)
    heard = []
    for _ in range(60):
        clock.advance(minutes=10)
        for _ in range(3):  # as from several processes
            crm.run_due()
        heard = [(step.raised_at - MONDAY, step.to) for step in crm.escalations.history(complaint.id)]

    assert [(3 * HOUR, complaint.responsible), (4 * HOUR, house.head.id), (7 * HOUR, house.director.id)] == heard
    assert crm.complaints.get(complaint.id).level == 3
    assert [["ladder_exhausted"]] == [list(one.reasons) for one in crm.complaints.unattended()]


def test_regression_p_nobody_hears_the_same_twice(house: House) -> None:
    """Each level is another person, past those who are away; when nobody is left, that is kept, and listed."""
    crm, clock = house.crm, house.clock
    crm.people.go_away(house.head.id, since=MONDAY, until=MONDAY + 100 * HOUR)
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer=house.customer.id)
    clock.advance(hours=9)
    crm.run_due()
    crm.run_due()
    steps = crm.escalations.history(complaint.id)

    assert [complaint.responsible, house.director.id, None] == [step.to for step in steps]
    assert (house.head.id, "absent") in [(r.user, r.reason) for r in steps[1].rejected]
    assert "nobody_heard" in crm.complaints.unattended()[0].reasons


def test_whoever_takes_it_in_hand_stops_the_ladder(house: House) -> None:
    """And a shorter promise afterwards tells nobody a second time."""
    crm, clock = house.crm, house.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer=house.customer.id)
    clock.advance(hours=3)
    crm.run_due()
    crm.escalations.acknowledge(complaint.id, by=house.anna.id)
    crm.complaints.assess(complaint.id, severity="high")
    clock.advance(hours=6)
    crm.run_due()

    assert [1] == [step.level for step in crm.escalations.history(complaint.id) if step.clock == "first_response"]
    assert not crm.complaints.unattended()


def test_a_promise_that_changes_keeps_the_steps_that_were_taken(house: House) -> None:
    """What was told is not told again; the next level hears by the new promise."""
    crm, clock = house.crm, house.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer=house.customer.id)
    clock.advance(hours=3)
    crm.run_due()
    crm.complaints.assess(complaint.id, severity="high")
    crm.run_due()
    steps = [(s.level, s.to, s.due_at - MONDAY) for s in crm.escalations.history(complaint.id)]

    assert [(1, complaint.responsible, 4 * HOUR), (2, house.head.id, 2 * HOUR)] == steps


def test_when_somebody_leaves_the_complaints_pass_to_others(house: House) -> None:
    """To the next in turn, else up the line; and what nobody can take is listed."""
    crm = house.crm
    complaints = [crm.complaints.receive(f"No {n}", type="delivery/late", customer=house.customer.id) for n in range(4)]
    inquiry = crm.inquiries.receive("When?", customer=house.customer.id, responsible=house.anna.id)
    crm.people.leave(house.anna.id)
    crm.run_due()

    assert {house.bruno.id} == {crm.complaints.get(one.id).responsible for one in complaints}
    assert crm.inquiries.get(inquiry.id).responsible in {house.bruno.id, house.head.id, house.director.id}

    crm.people.leave(house.bruno.id)
    crm.people.leave(house.head.id)
    crm.people.leave(house.director.id)
    crm.run_due()
    assert [["responsible_left"]] * 4 == [list(one.reasons) for one in crm.complaints.unattended()]


def test_a_holiday_that_comes_later_moves_the_deadlines(house: House) -> None:
    """Everything open is counted anew, and nobody is told too early."""
    crm, clock = house.crm, house.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer=house.customer.id)
    calendar = crm.calendars.named()
    assert calendar is not None
    crm.calendars.set_day(calendar.id, MONDAY.date(), "09:00-10:00", reason="storm")
    crm.run_due()
    moved = crm.complaints.get(complaint.id).due_at
    clock.advance(hours=9)
    crm.run_due()

    assert moved == MONDAY + 24 * HOUR + 3 * HOUR
    assert not crm.escalations.history(complaint.id)


def test_a_day_that_is_worked_after_all_lets_the_ladders_climb_sooner(store: Store) -> None:
    """Those of tasks, of promises and of requests: the next level hears of it when the calendar says so now, not when it said before."""
    clock = FrozenClock(MONDAY + 6 * HOUR)  # three in the afternoon
    crm = Crm(store, clock=clock, zone="Europe/Riga")
    calendar = crm.calendars.create("Mo-Fr 09:00-18:00")
    tuesday = (MONDAY + 24 * HOUR).date()
    crm.calendars.add_holiday(calendar.id, tuesday)
    head = crm.people.add("Hugo", supervisor=crm.people.add("Dace").id)
    anna = crm.people.add("Anna", roles=["desk"], supervisor=head.id)
    chairs = crm.funnels.create("Chairs", stages=["First call", "Sold"], respond_within=HOUR, role="desk")
    request = crm.leads.capture("Liene Kalna", phone="+371 2000 0001", funnel=chairs.id)
    subjects = [
        crm.tasks.give("Call", assignee=anna.id, due_at=MONDAY + 7 * HOUR).id,
        crm.commitments.make("Send it", side="ours", deal=request.deal.id, due_at=MONDAY + 7 * HOUR).id,
        request.deal.id,
        crm.tasks.give("Later", assignee=anna.id, due_at=MONDAY + 72 * HOUR).id,
    ]
    clock.advance(hours=2)
    crm.run_due()
    crm.calendars.keep_holiday(calendar.id, tuesday, kept=False)
    crm.run_due()
    clock.set(MONDAY + 25 * HOUR)
    crm.run_due()
    too_soon = [len(crm.escalations.history(subject)) for subject in subjects]
    clock.set(MONDAY + 27 * HOUR)  # two working hours on Monday, and three on Tuesday
    crm.run_due()

    assert [1, 1, 1, 0] == too_soon
    assert [2, 2, 2, 0] == [len(crm.escalations.history(subject)) for subject in subjects]


def test_a_ladder_that_begins_before_the_deadline_is_looked_at_anew(house: House) -> None:
    """A task that is not late yet has its first rung at a share of working time, which the calendar may bring nearer."""
    crm, clock = house.crm, house.clock
    calendar = crm.calendars.named()
    assert calendar is not None
    tuesday, wednesday = ((MONDAY + n * 24 * HOUR).date() for n in (1, 2))
    task = crm.tasks.give("Call", assignee=house.anna.id, due_at=MONDAY + 72 * HOUR)
    crm.calendars.add_holiday(calendar.id, wednesday)
    crm.run_due()
    crm.calendars.add_holiday(calendar.id, tuesday)
    crm.run_due()
    clock.set(
        MONDAY + 6 * HOUR + timedelta(minutes=59)
    )  # three quarters of Monday's eight hours come at four in the afternoon
    crm.run_due()
    before = len(crm.escalations.history(task.id))
    clock.advance(minutes=1)
    crm.run_due()

    assert (0, 1) == (before, len(crm.escalations.history(task.id)))


def test_a_customer_without_an_address_is_told_by_somebody(house: House) -> None:
    """Whoever is responsible gets the task, with the words."""
    crm = house.crm
    silent = crm.customers.add("Anna Kalna")
    complaint = crm.complaints.receive("Too late", type="delivery", customer=silent.id)
    crm.complaints.reject(complaint.id, "The delay was announced")
    (task,) = crm.tasks.list(customer=silent.id)

    assert (task.kind, task.assignee, task.complaint) == ("tell", complaint.responsible, complaint.id)
    assert task.note == "The delay was announced"


def test_requests_promise_their_first_answer(house: House) -> None:
    """A call within fifteen minutes; else the line hears of it, and a note or an automatic reply is no call."""
    crm, clock = house.crm, house.clock
    funnel = crm.funnels.create(
        "Chairs", stages=["First call", "Sold"], respond_within=timedelta(minutes=15), role="desk"
    )
    called = crm.leads.capture("Liene Kalna", phone="+371 2000 0001", funnel=funnel.id)
    silent = crm.leads.capture("Māris Kalns", phone="+371 2000 0002", funnel=funnel.id)
    crm.interactions.log("note", deal=silent.deal.id)
    crm.interactions.log("mail", deal=silent.deal.id, outcome="automatic")
    clock.advance(minutes=10)
    crm.interactions.log("call", deal=called.deal.id)
    clock.advance(minutes=10)
    crm.run_due()
    timers = [crm.leads.response(lead.deal.id).first_response for lead in (called, silent)]

    assert [True, False] == [timer is not None and timer.met for timer in timers]
    assert [] == list(crm.escalations.history(called.deal.id))
    assert [1, 2] == [step.level for step in crm.escalations.history(silent.deal.id)]
    assert (
        crm.leads.response(
            crm.leads.capture("Vēl", funnel=crm.funnels.create("B", stages=["A"]).id).deal.id
        ).first_response
        is None
    )


def test_promises_and_tasks_climb_the_same_ladder(house: House) -> None:
    """A commitment is first told to whoever sees to it; a task of nobody to the deal's owner."""
    crm, clock = house.crm, house.clock
    promise = crm.commitments.make(
        "Send it", side="ours", customer=house.customer.id, owner=house.anna.id, due_at=MONDAY + HOUR
    )
    task = crm.tasks.give("Call", assignee=house.anna.id, due_at=MONDAY + 2 * HOUR)
    clock.advance(hours=3.5)
    crm.run_due()
    crm.run_due()

    assert [house.anna.id, house.head.id] == [step.to for step in crm.escalations.history(promise.id)]
    assert [house.anna.id, house.head.id] == [step.to for step in crm.escalations.history(task.id)]
    assert crm.tasks.get(task.id).level == 2


def test_a_customer_who_was_waited_for_is_asked_again(house: House) -> None:
    """When the waiting has an end, whoever is responsible hears of it, then the line."""
    crm, clock = house.crm, house.clock
    inquiry = crm.inquiries.receive(
        "Which colour?", customer=house.customer.id, within=8 * HOUR, responsible=house.anna.id
    )
    crm.inquiries.reply(inquiry.id)
    crm.inquiries.wait(inquiry.id, until=MONDAY + 3 * HOUR)
    clock.advance(hours=3)
    crm.run_due()

    assert [("waiting", house.anna.id)] == [(step.clock, step.to) for step in crm.escalations.history(inquiry.id)]
    assert "case.waiting" in house.topics(inquiry.id)
    crm.inquiries.hear(inquiry.id)
    clock.advance(hours=1)
    crm.inquiries.answer(inquiry.id, "Green")
    assert crm.inquiries.close(inquiry.id).resolution_kept is not None
