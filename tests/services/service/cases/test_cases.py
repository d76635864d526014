"""SLA policies, approval limits, complaint types and inquiries, by the API."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from crmcore import Crm, FrozenClock, Money, SlaConditions, SlaTargets
from crmcore.errors import (
    BusinessRuleError,
    DuplicateKeyError,
    InvalidChoiceError,
    NoAssigneeAvailableError,
    PermissionDeniedError,
)

HOUR: Final = timedelta(hours=1)
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """A Crm with a boss, a clerk and a customer."""
    clock = FrozenClock(NOON)
    made = Crm(clock=clock) if request.param == "memory" else Crm.open("sqlite://", clock=clock)
    boss = made.users.create("Boss", roles=["boss"])
    made.users.create("Anna", roles=["desk"], manager_id=boss.id)
    made.customers.create("Jānis", email="janis@example.lv")
    return made


def boss_and_anna(crm: Crm) -> tuple[Any, Any]:
    """Return the boss and Anna."""
    return tuple(crm.users.list())  # type: ignore[return-value]  # two


def complaint(crm: Crm, **details: Any) -> Any:
    """Receive a complaint that Anna owns."""
    (customer,) = crm.customers.search("jan")
    details = {"type": "delivery", "customer_id": customer.id, "owner_id": boss_and_anna(crm)[1].id} | details
    return crm.complaints.receive("Late", **details)


def test_sla_policy_is_chosen_by_contract_severity_and_segment(crm: Crm) -> None:
    """A preview shows the chosen policy; cases keep theirs until they are assessed."""
    (customer,) = crm.customers.search("jan")
    night = crm.calendars.create("Mo-Su 20:00-06:00", name="night")
    gold = crm.sla_policies.create(
        "Gold", SlaTargets(resolution=HOUR), rank=1, conditions=SlaConditions(contracts=("gold",)), calendar_id=night.id
    )
    plain = crm.sla_policies.create("Plain", SlaTargets(resolution=9 * HOUR))
    with pytest.raises(DuplicateKeyError):
        crm.sla_policies.create("Plain", SlaTargets(resolution=HOUR))
    one = complaint(crm, contract="gold")
    crm.sla_policies.set_targets(gold.id, SlaTargets(resolution=2 * HOUR))

    assert (
        crm.sla_policies.preview(customer_id=customer.id, contract="gold").sla_policy_id
        == gold.id
        == crm.sla_policies.get(gold.id).id
    )
    assert crm.sla_policies.preview(kind="inquiry").sla_policy_id == plain.id
    assert (one.calendar_id, one.due_at) == (night.id, NOON + 9 * HOUR)
    assert crm.complaints.assess(one.id).due_at == NOON + 10 * HOUR
    assert [plain.id] == [
        level.id for level in crm.sla_policies.list() if level.id != crm.sla_policies.deactivate(gold.id).id
    ]
    assert crm.complaints.assess(one.id).sla_policy_id == plain.id


def test_requested_deadline_is_kept_without_policy(crm: Crm) -> None:
    """Without policies, assessing keeps the requested target."""
    one = complaint(crm, resolve_within=HOUR)

    assert crm.complaints.assess(one.id, severity="low").due_at == NOON + HOUR


def test_complaint_type_must_be_declared(crm: Crm) -> None:
    """Paths below a declared type are accepted; those of a deactivated one are not."""
    declared = crm.complaints.create_type("delivery", severity="critical")
    crm.complaints.create_type("quality")

    assert complaint(crm, type="delivery/late").severity.value == "critical"
    assert crm.complaints.get_type("delivery") == declared
    with pytest.raises(InvalidChoiceError):
        complaint(crm, type="price")
    crm.complaints.deactivate_type(declared.id)
    assert ["quality"] == [one.path for one in crm.complaints.list_types()]
    with pytest.raises(InvalidChoiceError):
        complaint(crm, type="delivery/late")


def test_compensation_above_limit_needs_approval(crm: Crm) -> None:
    """Above the own limit a manager approves; without limits no approval is needed."""
    boss, anna = boss_and_anna(crm)
    one = complaint(crm)

    assert crm.complaints.compensate(one.id, "credit", Money(5, "EUR")).compensations[0].rule == "no_limits"
    crm.complaints.set_approval_limit("desk", Money(10, "EUR"))
    crm.complaints.set_approval_limit("desk", Money(20, "EUR"))
    assert crm.complaints.compensate(one.id, "money", Money(20, "EUR")).compensations[1].rule == "within_limit"
    with pytest.raises(NoAssigneeAvailableError) as unlimited:
        crm.complaints.compensate(one.id, "money", Money(21, "EUR"))
    assert ((anna.id, "limit"), (boss.id, "limit")) == unlimited.value.rejected
    crm.complaints.set_approval_limit("boss", Money(100, "EUR"))
    crm.complaints.compensate(one.id, "return", Money(30, "EUR"))
    assert [one.id] == [c.id for c in crm.complaints.pending_approvals(boss.id)]
    other = crm.users.create("Bruno", roles=["desk"])
    with pytest.raises(PermissionDeniedError):
        crm.complaints.update_compensation(one.id, 3, "approved", author_id=other.id)
    crm.complaints.update_compensation(one.id, 3, "approved", author_id=boss.id)
    paid = crm.complaints.update_compensation(one.id, 3, "paid", author_id=anna.id)
    assert (paid.cost, paid.compensations[2].approver_id) == (Money(55, "EUR"), boss.id)
    assert () == crm.complaints.pending_approvals(boss.id)


def test_deactivated_user_is_not_chosen_as_owner(crm: Crm) -> None:
    """A deactivated user cannot own a new or an existing complaint."""
    boss, anna = boss_and_anna(crm)
    one = complaint(crm)
    gone = crm.users.deactivate(crm.users.create("Gone").id)

    with pytest.raises(BusinessRuleError, match="is deactivated"):
        complaint(crm, owner_id=gone.id)
    with pytest.raises(BusinessRuleError, match="is deactivated"):
        crm.complaints.change_owner(one.id, owner_id=gone.id)
    assert crm.complaints.change_owner(one.id, owner_id=boss.id).owner_id == boss.id
    assert [one.id] == [c.id for c in crm.complaints.list(owner_id=boss.id, type="delivery", state="received")]
    assert [] == list(crm.complaints.queue(owner_id=anna.id))


def test_unattended_complaints_are_listed(crm: Crm) -> None:
    """Complaints of absent owners are listed as unattended."""
    clock: Any = crm._environment.clock
    decided, waiting = complaint(crm, resolve_within=HOUR), complaint(crm, resolve_within=100 * HOUR)
    crm.complaints.resolve(decided.id, "Mended")
    anna = boss_and_anna(crm)[1]
    crm.users.add_absence(anna.id, since=NOON, until=NOON + 50 * HOUR)
    clock.advance(hours=2)

    assert [(decided.id, ("not_closed",)), (waiting.id, ("owner_absent",))] == [
        (one.complaint.id, one.reasons) for one in crm.complaints.unattended()
    ]
    assert 1 == len(crm.complaints.unattended(limit=1))


def test_inquiries_are_listed_and_change_owner(crm: Crm) -> None:
    """Inquiries are filtered by customer, owner and deadline; escalations are listed."""
    clock: Any = crm._environment.clock
    (customer,) = crm.customers.search("jan")
    boss, anna = boss_and_anna(crm)
    one = crm.inquiries.receive("When?", customer_id=customer.id, resolve_within=HOUR, owner_id=anna.id)
    crm.inquiries.change_owner(one.id, owner_id=boss.id)
    crm.inquiries.change_owner(one.id, owner_id=boss.id)
    clock.advance(hours=2)
    crm.run_due_jobs()

    assert [one.id] == [i.id for i in crm.inquiries.list(customer_id=customer.id, owner_id=boss.id, overdue=True)]
    timer = crm.inquiries.sla_status(one.id).resolution
    assert timer is not None
    assert timer.breached_at == NOON + HOUR
    assert crm.inquiries.get(one.id).escalation_level == 1
    assert [one.id] == [step.subject_id for step in crm.escalations.list()]
    assert crm.escalations.acknowledge(one.id, acknowledged_by=boss.id)[0].acknowledged_by == boss.id
    with pytest.raises(BusinessRuleError, match="no unacknowledged escalation"):
        crm.escalations.acknowledge(one.id, acknowledged_by=boss.id)
