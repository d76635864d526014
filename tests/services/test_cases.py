"""Levels, limits, types and inquiries, by the front door."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from crmcore import Audience, Crm, FrozenClock, Money, Targets
from crmcore.errors import Forbidden, NobodyAvailable, NotAllowed, RuleBroken, Taken

HOUR: Final = timedelta(hours=1)
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """A house with a boss, a clerk and a customer."""
    clock = FrozenClock(NOON)
    made = Crm(clock=clock) if request.param == "memory" else Crm.open("sqlite://", clock=clock)
    boss = made.people.add("Boss", roles=["boss"])
    made.people.add("Anna", roles=["desk"], supervisor=boss.id)
    made.customers.add("Jānis", email="janis@example.lv")
    return made


def people(crm: Crm) -> tuple[Any, Any]:
    """The boss and Anna."""
    return tuple(crm.people.list())  # type: ignore[return-value]  # two


def complaint(crm: Crm, **details: Any) -> Any:
    """A complaint that Anna sees to."""
    (customer,) = crm.customers.search("jan")
    details = {"type": "delivery", "customer": customer.id, "responsible": people(crm)[1].id} | details
    return crm.complaints.receive("Late", **details)


def test_a_level_is_chosen_by_contract_severity_and_segment(crm: Crm) -> None:
    """The choice can be seen without receiving anything, and matters that have a promise keep it until they are assessed."""
    (customer,) = crm.customers.search("jan")
    night = crm.calendars.create("Mo-Su 20:00-06:00", name="night")
    gold = crm.levels.create(
        "Gold", Targets(resolution=HOUR), rank=1, audience=Audience(contracts=("gold",)), calendar=night.id
    )
    plain = crm.levels.create("Plain", Targets(resolution=9 * HOUR))
    with pytest.raises(Taken):
        crm.levels.create("Plain", Targets(resolution=HOUR))
    one = complaint(crm, contract="gold")
    crm.levels.promise(gold.id, Targets(resolution=2 * HOUR))

    assert crm.levels.choose(customer=customer.id, contract="gold").level == gold.id == crm.levels.get(gold.id).id
    assert crm.levels.choose(kind="inquiry").level == plain.id
    assert (one.calendar, one.due_at) == (night.id, NOON + 9 * HOUR)
    assert crm.complaints.assess(one.id).due_at == NOON + 10 * HOUR
    assert [plain.id] == [level.id for level in crm.levels.list() if level.id != crm.levels.retire(gold.id).id]
    assert crm.complaints.assess(one.id).service_level == plain.id


def test_what_was_asked_for_stays_promised(crm: Crm) -> None:
    """Where the house has no levels, assessing changes no promise."""
    one = complaint(crm, within=HOUR)

    assert crm.complaints.assess(one.id, severity="low").due_at == NOON + HOUR


def test_only_declared_types_are_taken(crm: Crm) -> None:
    """And all that stands below them; a retired one no more."""
    declared = crm.complaints.declare_type("delivery", severity="critical")
    crm.complaints.declare_type("quality")

    assert complaint(crm, type="delivery/late").severity.value == "critical"
    assert crm.complaints.type("delivery") == declared
    with pytest.raises(NotAllowed):
        complaint(crm, type="price")
    crm.complaints.retire_type(declared.id)
    assert ["quality"] == [one.path for one in crm.complaints.types()]
    with pytest.raises(NotAllowed):
        complaint(crm, type="delivery/late")


def test_compensation_keeps_within_limits(crm: Crm) -> None:
    """Without limits nobody is asked; above one's own somebody up the line is; and nobody may go above his own."""
    boss, anna = people(crm)
    one = complaint(crm)

    assert crm.complaints.compensate(one.id, "credit", Money(5, "EUR")).compensations[0].rule == "no_limits"
    crm.complaints.set_limit("desk", Money(10, "EUR"))
    crm.complaints.set_limit("desk", Money(20, "EUR"))
    assert crm.complaints.compensate(one.id, "money", Money(20, "EUR")).compensations[1].rule == "within_limit"
    with pytest.raises(NobodyAvailable) as nobody:
        crm.complaints.compensate(one.id, "money", Money(21, "EUR"))
    assert ((anna.id, "limit"), (boss.id, "limit")) == nobody.value.rejected
    crm.complaints.set_limit("boss", Money(100, "EUR"))
    crm.complaints.compensate(one.id, "return", Money(30, "EUR"))
    assert [one.id] == [c.id for c in crm.complaints.approvals(boss.id)]
    other = crm.people.add("Bruno", roles=["desk"])
    with pytest.raises(Forbidden):
        crm.complaints.settle(one.id, 3, "approved", by=other.id)
    crm.complaints.settle(one.id, 3, "approved", by=boss.id)
    paid = crm.complaints.settle(one.id, 3, "paid", by=anna.id)
    assert (paid.cost, paid.compensations[2].approver) == (Money(55, "EUR"), boss.id)
    assert () == crm.complaints.approvals(boss.id)


def test_who_has_left_is_not_asked(crm: Crm) -> None:
    """Neither for a new complaint nor for an old one."""
    boss, anna = people(crm)
    one = complaint(crm)
    gone = crm.people.leave(crm.people.add("Gone").id)

    with pytest.raises(RuleBroken, match="left"):
        complaint(crm, responsible=gone.id)
    with pytest.raises(RuleBroken, match="left"):
        crm.complaints.reassign(one.id, to=gone.id)
    assert crm.complaints.reassign(one.id, to=boss.id).responsible == boss.id
    assert [one.id] == [c.id for c in crm.complaints.list(responsible=boss.id, type="delivery", state="received")]
    assert [] == list(crm.complaints.queue(responsible=anna.id))


def test_an_outcome_that_is_not_closed_is_listed(crm: Crm) -> None:
    """So it is with whoever is responsible and away."""
    clock: Any = crm.house.clock
    decided, waiting = complaint(crm, within=HOUR), complaint(crm, within=100 * HOUR)
    crm.complaints.resolve(decided.id, "Mended")
    anna = people(crm)[1]
    crm.people.go_away(anna.id, since=NOON, until=NOON + 50 * HOUR)
    clock.advance(hours=2)

    assert [(decided.id, ("not_closed",)), (waiting.id, ("responsible_absent",))] == [
        (one.complaint.id, one.reasons) for one in crm.complaints.unattended()
    ]
    assert 1 == len(crm.complaints.unattended(limit=1))


def test_inquiries_are_listed_and_passed_on(crm: Crm) -> None:
    """By customer, by person, and when they are late; every step of a ladder is listed too."""
    clock: Any = crm.house.clock
    (customer,) = crm.customers.search("jan")
    boss, anna = people(crm)
    one = crm.inquiries.receive("When?", customer=customer.id, within=HOUR, responsible=anna.id)
    crm.inquiries.reassign(one.id, to=boss.id)
    crm.inquiries.reassign(one.id, to=boss.id)
    clock.advance(hours=2)
    crm.run_due()

    assert [one.id] == [i.id for i in crm.inquiries.list(customer=customer.id, responsible=boss.id, overdue=True)]
    timer = crm.inquiries.clocks(one.id).resolution
    assert timer is not None
    assert timer.breached_at == NOON + HOUR
    assert crm.inquiries.get(one.id).level == 1
    assert [one.id] == [step.subject for step in crm.escalations.list()]
    assert crm.escalations.acknowledge(one.id, by=boss.id)[0].acknowledged_by == boss.id
    with pytest.raises(RuleBroken, match="in hand"):
        crm.escalations.acknowledge(one.id, by=boss.id)
