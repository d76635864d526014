"""Story C, complaints: each has a type, an owner, a deadline and escalation."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, Money, SqlStore
from crmcore.domain.organization.users import User
from crmcore.domain.sla.escalation_policy import EscalationPolicy, EscalationStep
from crmcore.domain.sla.policies import SlaConditions
from crmcore.domain.sla.targets import SlaTargets
from crmcore.ports import Store
from tests.adapters.test_store_contract import truncate_tables

HOUR: Final = timedelta(hours=1)
MONDAY: Final = datetime(2026, 3, 2, 7, tzinfo=UTC)  # nine o'clock in Riga


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store of each type."""
    if request.param == "memory":
        yield MemoryStore()
        return
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = SqlStore.open(url)
    truncate_tables(made) if request.param == "postgresql" else None
    yield made
    made.close()


class ComplaintsDesk:
    """A furniture shop with a complaints desk."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(MONDAY)
        policy = EscalationPolicy.of(EscalationStep(7_500, recipient="owner"), EscalationStep(), timedelta(hours=2))
        self.crm = crm = Crm(store, clock=self.clock, time_zone="Europe/Riga", escalation_policy=policy)
        crm.calendars.create("Mo-Fr 09:00-13:00,14:00-18:00")
        self.director = crm.users.create("Dace Direktore", email="dace@example.lv", roles=["director"])
        self.head = crm.users.create("Hugo", email="hugo@example.lv", manager_id=self.director.id)
        self.anna = self.clerk("Anna")
        self.bruno = self.clerk("Bruno")
        crm.complaints.create_type("delivery", role="desk")
        crm.complaints.create_type("delivery/broken", role="desk", severity="high")
        crm.sla_policies.create(
            "Standard", SlaTargets(first_response=4 * HOUR, next_response=8 * HOUR, resolution=40 * HOUR)
        )
        crm.sla_policies.create(
            "Grave",
            SlaTargets(first_response=2 * HOUR, resolution=16 * HOUR),
            rank=10,
            conditions=SlaConditions(severities=("high",)),
        )
        crm.complaints.set_approval_limit("desk", Money(30, "EUR"))
        crm.complaints.set_approval_limit("director", Money(500, "EUR"))
        self.customer = crm.customers.create("Jānis Bērziņš", email="janis@example.lv")

    def clerk(self, name: str) -> User:
        """Create a user of the desk."""
        return self.crm.users.create(name, email=f"{name.lower()}@example.lv", roles=["desk"], manager_id=self.head.id)

    def topics(self, about: str) -> list[str]:
        """List the topics of the messages about a record, in order."""
        return [message.topic for message in self.crm.outbox.list() if message.about_id == about]


@pytest.fixture
def desk(store: Store) -> ComplaintsDesk:
    """The shop."""
    return ComplaintsDesk(store)


def test_complaint_life_cycle_keeps_owner_and_history(desk: ComplaintsDesk) -> None:
    """Every step from receipt to rating has an owner and a notification."""
    crm, clock = desk.crm, desk.clock
    complaint = crm.complaints.receive(
        "A leg is broken", type="delivery/broken", customer_id=desk.customer.id, product="chair"
    )
    other = crm.complaints.receive("Too late", type="delivery/late", customer_id=desk.customer.id)

    assert [complaint, other] == list(crm.complaints.queue())
    assert {complaint.owner_id, other.owner_id} == {desk.anna.id, desk.bruno.id}
    assert (complaint.due_at, other.due_at) == (MONDAY + 2 * HOUR, MONDAY + 4 * HOUR)
    assert other.repeat_of_id == complaint.id

    clock.advance(hours=1)
    crm.complaints.log_reply(complaint.id, is_automatic=True)
    crm.complaints.acknowledge(complaint.id, channel="phone")
    crm.complaints.assess(complaint.id, severity="medium")
    crm.complaints.start_investigation(complaint.id)
    waiting = crm.complaints.pause_for_customer(complaint.id)
    timer = crm.complaints.sla_status(complaint.id).resolution
    assert timer is not None
    assert (timer.target, timer.is_paused, waiting.next_action) == (40 * HOUR, True, "ask_customer_again")

    clock.advance(days=3)
    crm.complaints.log_customer_reply(complaint.id)
    crm.complaints.respond(complaint.id, "We replace the chair")
    proposed = crm.complaints.compensate(complaint.id, "credit", Money(50, "EUR"), reason="cold meals")
    assert [proposed] == list(crm.complaints.pending_approvals(desk.director.id))
    crm.complaints.update_compensation(complaint.id, 1, "approved", author_id=desk.director.id)
    crm.complaints.set_root_cause(complaint.id, cause="packaging", corrective="replaced", preventive="stronger boxes")
    crm.complaints.resolve(complaint.id, "A new chair is on its way")
    crm.complaints.close(complaint.id)
    rated = crm.complaints.rate(complaint.id, 5)

    assert (rated.cost, rated.satisfaction, rated.state.value) == (Money(50, "EUR"), 5, "closed")
    assert (rated.first_response_time, rated.resolution_time) == (HOUR, HOUR)
    assert [
        "case.assigned",
        "customer.received",
        "customer.answered",
        "compensation.approval",
        "customer.decided",
        "customer.rating_request",
    ] == desk.topics(complaint.id)


def test_late_complaint_is_escalated_once_per_level(desk: ComplaintsDesk) -> None:
    """Owner, head and director are notified once each, at their steps."""
    crm, clock = desk.crm, desk.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer_id=desk.customer.id)
    received = []
    for _ in range(60):
        clock.advance(minutes=10)
        for _ in range(3):  # as from several processes
            crm.run_due_jobs()
        received = [(step.raised_at - MONDAY, step.recipient_id) for step in crm.escalations.history(complaint.id)]

    assert [(3 * HOUR, complaint.owner_id), (4 * HOUR, desk.head.id), (7 * HOUR, desk.director.id)] == received
    assert crm.complaints.get(complaint.id).escalation_level == 3
    assert [["escalation_policy_exhausted"]] == [list(one.reasons) for one in crm.complaints.unattended()]


def test_regression_p_escalation_skips_notified_and_absent_users(desk: ComplaintsDesk) -> None:
    """Each step goes to a new available user; an exhausted policy is listed."""
    crm, clock = desk.crm, desk.clock
    crm.users.add_absence(desk.head.id, since=MONDAY, until=MONDAY + 100 * HOUR)
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer_id=desk.customer.id)
    clock.advance(hours=9)
    crm.run_due_jobs()
    crm.run_due_jobs()
    steps = crm.escalations.history(complaint.id)

    assert [complaint.owner_id, desk.director.id, None] == [step.recipient_id for step in steps]
    assert (desk.head.id, "absent") in [(r.user_id, r.reason) for r in steps[1].rejected]
    assert "no_recipient_available" in crm.complaints.unattended()[0].reasons


def test_acknowledge_stops_escalation(desk: ComplaintsDesk) -> None:
    """A shorter target after the acknowledgement repeats no notification."""
    crm, clock = desk.crm, desk.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer_id=desk.customer.id)
    clock.advance(hours=3)
    crm.run_due_jobs()
    crm.escalations.acknowledge(complaint.id, acknowledged_by=desk.anna.id)
    crm.complaints.assess(complaint.id, severity="high")
    clock.advance(hours=6)
    crm.run_due_jobs()

    assert [1] == [step.level for step in crm.escalations.history(complaint.id) if step.metric == "first_response"]
    assert not crm.complaints.unattended()


def test_shorter_target_keeps_reached_escalation_levels(desk: ComplaintsDesk) -> None:
    """Reached levels are kept; the next level follows the new target."""
    crm, clock = desk.crm, desk.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer_id=desk.customer.id)
    clock.advance(hours=3)
    crm.run_due_jobs()
    crm.complaints.assess(complaint.id, severity="high")
    crm.run_due_jobs()
    steps = [(s.level, s.recipient_id, s.due_at - MONDAY) for s in crm.escalations.history(complaint.id)]

    assert [(1, complaint.owner_id, 4 * HOUR), (2, desk.head.id, 2 * HOUR)] == steps


def test_deactivate_user_transfers_complaints(desk: ComplaintsDesk) -> None:
    """Complaints go to the next user, else to a manager; others are listed."""
    crm = desk.crm
    complaints = [
        crm.complaints.receive(f"No {n}", type="delivery/late", customer_id=desk.customer.id) for n in range(4)
    ]
    inquiry = crm.inquiries.receive("When?", customer_id=desk.customer.id, owner_id=desk.anna.id)
    crm.users.deactivate(desk.anna.id)
    crm.run_due_jobs()

    assert {desk.bruno.id} == {crm.complaints.get(one.id).owner_id for one in complaints}
    assert crm.inquiries.get(inquiry.id).owner_id in {desk.bruno.id, desk.head.id, desk.director.id}

    crm.users.deactivate(desk.bruno.id)
    crm.users.deactivate(desk.head.id)
    crm.users.deactivate(desk.director.id)
    crm.run_due_jobs()
    assert [["owner_deactivated"]] * 4 == [list(one.reasons) for one in crm.complaints.unattended()]


def test_new_holiday_moves_deadlines(desk: ComplaintsDesk) -> None:
    """A new holiday moves all deadlines, and no escalation is early."""
    crm, clock = desk.crm, desk.clock
    complaint = crm.complaints.receive("Too late", type="delivery/late", customer_id=desk.customer.id)
    calendar = crm.calendars.get_by_name()
    assert calendar is not None
    crm.calendars.override_day(calendar.id, MONDAY.date(), "09:00-10:00", reason="storm")
    crm.run_due_jobs()
    moved = crm.complaints.get(complaint.id).due_at
    clock.advance(hours=9)
    crm.run_due_jobs()

    assert moved == MONDAY + 24 * HOUR + 3 * HOUR
    assert not crm.escalations.history(complaint.id)


def test_new_working_day_moves_escalations_forward(store: Store) -> None:
    """A new working day moves the escalations of all records forward."""
    clock = FrozenClock(MONDAY + 6 * HOUR)  # three in the afternoon
    crm = Crm(store, clock=clock, time_zone="Europe/Riga")
    calendar = crm.calendars.create("Mo-Fr 09:00-18:00")
    tuesday = (MONDAY + 24 * HOUR).date()
    crm.calendars.add_holiday(calendar.id, tuesday)
    head = crm.users.create("Hugo", manager_id=crm.users.create("Dace").id)
    anna = crm.users.create("Anna", roles=["desk"], manager_id=head.id)
    chairs = crm.funnels.create("Chairs", stages=["First call", "Sold"], respond_within=HOUR, role="desk")
    request = crm.leads.capture("Liene Kalna", phone="+371 2000 0001", funnel_id=chairs.id)
    subjects = [
        crm.tasks.create("Call", assignee_id=anna.id, due_at=MONDAY + 7 * HOUR).id,
        crm.commitments.create("Send it", side="ours", deal_id=request.deal.id, due_at=MONDAY + 7 * HOUR).id,
        request.deal.id,
        crm.tasks.create("Later", assignee_id=anna.id, due_at=MONDAY + 72 * HOUR).id,
    ]
    clock.advance(hours=2)
    crm.run_due_jobs()
    crm.calendars.set_holiday_observed(calendar.id, tuesday, is_observed=False)
    crm.run_due_jobs()
    clock.set(MONDAY + 25 * HOUR)
    crm.run_due_jobs()
    too_soon = [len(crm.escalations.history(subject)) for subject in subjects]
    clock.set(MONDAY + 27 * HOUR)  # two working hours on Monday, and three on Tuesday
    crm.run_due_jobs()

    assert [1, 1, 1, 0] == too_soon
    assert [2, 2, 2, 0] == [len(crm.escalations.history(subject)) for subject in subjects]


def test_calendar_change_reschedules_early_escalation(desk: ComplaintsDesk) -> None:
    """A calendar change reschedules a step that is due before the deadline."""
    crm, clock = desk.crm, desk.clock
    calendar = crm.calendars.get_by_name()
    assert calendar is not None
    tuesday, wednesday = ((MONDAY + n * 24 * HOUR).date() for n in (1, 2))
    task = crm.tasks.create("Call", assignee_id=desk.anna.id, due_at=MONDAY + 72 * HOUR)
    crm.calendars.add_holiday(calendar.id, wednesday)
    crm.run_due_jobs()
    crm.calendars.add_holiday(calendar.id, tuesday)
    crm.run_due_jobs()
    clock.set(
        MONDAY + 6 * HOUR + timedelta(minutes=59)
    )  # three quarters of Monday's eight hours come at four in the afternoon
    crm.run_due_jobs()
    before = len(crm.escalations.history(task.id))
    clock.advance(minutes=1)
    crm.run_due_jobs()

    assert (0, 1) == (before, len(crm.escalations.history(task.id)))


def test_customer_without_address_creates_task(desk: ComplaintsDesk) -> None:
    """The owner gets a task with the text if the customer has no address."""
    crm = desk.crm
    silent = crm.customers.create("Anna Kalna")
    complaint = crm.complaints.receive("Too late", type="delivery", customer_id=silent.id)
    crm.complaints.reject(complaint.id, "The delay was announced")
    (task,) = crm.tasks.list(customer_id=silent.id)

    assert (task.kind, task.assignee_id, task.complaint_id) == ("inform_customer", complaint.owner_id, complaint.id)
    assert task.note == "The delay was announced"


def test_unanswered_lead_is_escalated(desk: ComplaintsDesk) -> None:
    """A lead without a call in 15 minutes is escalated; automatic replies do not count."""
    crm, clock = desk.crm, desk.clock
    funnel = crm.funnels.create(
        "Chairs", stages=["First call", "Sold"], respond_within=timedelta(minutes=15), role="desk"
    )
    called = crm.leads.capture("Liene Kalna", phone="+371 2000 0001", funnel_id=funnel.id)
    silent = crm.leads.capture("Māris Kalns", phone="+371 2000 0002", funnel_id=funnel.id)
    crm.interactions.log("note", deal_id=silent.deal.id)
    crm.interactions.log("mail", deal_id=silent.deal.id, outcome="automatic")
    clock.advance(minutes=10)
    crm.interactions.log("call", deal_id=called.deal.id)
    clock.advance(minutes=10)
    crm.run_due_jobs()
    timers = [crm.leads.response_sla(lead.deal.id).first_response for lead in (called, silent)]

    assert [True, False] == [timer is not None and timer.is_met for timer in timers]
    assert [] == list(crm.escalations.history(called.deal.id))
    assert [1, 2] == [step.level for step in crm.escalations.history(silent.deal.id)]
    assert (
        crm.leads.response_sla(
            crm.leads.capture("Vēl", funnel_id=crm.funnels.create("B", stages=["A"]).id).deal.id
        ).first_response
        is None
    )


def test_commitment_and_task_are_escalated(desk: ComplaintsDesk) -> None:
    """The owner of a commitment is notified first; an unassigned task goes to the deal's owner."""
    crm, clock = desk.crm, desk.clock
    promise = crm.commitments.create(
        "Send it", side="ours", customer_id=desk.customer.id, owner_id=desk.anna.id, due_at=MONDAY + HOUR
    )
    task = crm.tasks.create("Call", assignee_id=desk.anna.id, due_at=MONDAY + 2 * HOUR)
    clock.advance(hours=3.5)
    crm.run_due_jobs()
    crm.run_due_jobs()

    assert [desk.anna.id, desk.head.id] == [step.recipient_id for step in crm.escalations.history(promise.id)]
    assert [desk.anna.id, desk.head.id] == [step.recipient_id for step in crm.escalations.history(task.id)]
    assert crm.tasks.get(task.id).escalation_level == 2


def test_ended_pause_notifies_owner_then_managers(desk: ComplaintsDesk) -> None:
    """The end of a pause notifies the owner, then the managers."""
    crm, clock = desk.crm, desk.clock
    inquiry = crm.inquiries.receive(
        "Which colour?", customer_id=desk.customer.id, resolve_within=8 * HOUR, owner_id=desk.anna.id
    )
    crm.inquiries.log_reply(inquiry.id)
    crm.inquiries.pause_for_customer(inquiry.id, until=MONDAY + 3 * HOUR)
    clock.advance(hours=3)
    crm.run_due_jobs()

    assert [("waiting", desk.anna.id)] == [
        (step.metric, step.recipient_id) for step in crm.escalations.history(inquiry.id)
    ]
    assert "case.waiting" in desk.topics(inquiry.id)
    crm.inquiries.log_customer_reply(inquiry.id)
    clock.advance(hours=1)
    crm.inquiries.resolve(inquiry.id, "Green")
    assert crm.inquiries.close(inquiry.id).resolution_sla is not None
