"""Lead capture: matching, assignment, idempotency and SLA."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from crmcore import ContactPoint, CreateTask, ExternalId, Funnel, Money, Stage
from crmcore.domain.customers.matching import Matched, Unmatched
from crmcore.domain.customers.parts import Channel
from crmcore.domain.kernel.ids import CustomerId, DealId
from crmcore.errors import AmbiguousCustomerError, BusinessRuleError, DuplicateKeyError, NotFoundError
from tests.services.world import NOON, UNKNOWN_ID_DIGITS, World, dump_records

HOUR: Final = timedelta(hours=1)

IDENTIFIERS: Final[Mapping[str, Any]] = {
    "phone": "2000 0000",
    "email": "JANIS@example.lv",
    "external_id": ExternalId("erp", "7"),
}


@pytest.mark.parametrize(
    ("given", "by"),
    [
        (["phone"], ("phone",)),
        (["email"], ("email",)),
        (["external_id"], ("external_id",)),
        (["phone", "external_id", "email"], ("external_id", "email", "phone")),
    ],
)
def test_known_customer_is_matched_by_any_identifier(world: World, given: list[str], by: tuple[str, ...]) -> None:
    """Any spelling matches; the result names the identifiers; the owner stays."""
    lead = world.crm.leads.capture("J. B.", funnel_id=world.funnel.id, **{name: IDENTIFIERS[name] for name in given})

    assert lead.match == Matched(world.customer.id, by)
    assert (lead.customer.id, lead.customer.name) == (world.customer.id, "Jānis Bērziņš")
    assert (lead.assignment.rule, lead.deal.owner_id) == ("owner", world.customer.owner_id)


def test_unmatched_lead_creates_prospect(world: World) -> None:
    """A new customer gets the identifiers, the address and the source."""
    lead = world.crm.leads.capture(
        "Liene",
        phone="2111 1111",
        email="l@x.lv",
        funnel_id=world.funnel.id,
        source="fair",
        language="lv",
        kind="organisation",
    )

    assert lead.match == Unmatched()
    assert [role.role.value for role in lead.customer.roles] == ["prospect"]
    assert (lead.customer.source, lead.deal.source, lead.customer.kind.value) == ("fair", "fair", "organisation")
    assert lead.customer.owner_id == lead.deal.owner_id == world.anna.id
    assert lead.customer == world.crm.customers.get(lead.customer.id)


def test_ambiguous_lead_is_rejected_with_candidates(world: World) -> None:
    """Two matches change nothing, and the error names the candidates."""
    other = world.crm.customers.create("Liene", email="liene@x.lv")
    held = dump_records(world.crm)
    with pytest.raises(AmbiguousCustomerError) as excinfo:
        world.crm.leads.capture("J", phone="2000 0000", email="liene@x.lv", funnel_id=world.funnel.id)

    assert set(excinfo.value.candidate_ids) == {world.customer.id, other.id}
    assert held == dump_records(world.crm)
    lead = world.crm.leads.capture(
        "J", phone="2000 0000", email="liene@x.lv", funnel_id=world.funnel.id, customer_id=other.id
    )
    assert (lead.customer.id, lead.match) == (other.id, Matched(other.id, ("customer_id",)))
    assert lead.customer.first_contact(Channel.PHONE) is None  # it is still the other one's


def test_phone_match_adds_no_stronger_identifier(world: World) -> None:
    """A match by phone adds no e-mail and no key; a match by e-mail adds the phone."""
    weak = world.crm.leads.capture(
        "J", phone="2000 0000", email="new@x.lv", external_id=ExternalId("web", "1"), funnel_id=world.funnel.id
    )
    strong = world.crm.leads.capture(
        "J", email="janis@example.lv", phone="2999 9999", external_id=ExternalId("web", "2"), funnel_id=world.funnel.id
    )

    assert weak.match == Matched(world.customer.id, ("phone",))
    assert weak.customer == world.customer
    assert world.crm.customers.get_by_external_id("web", "1") is None
    assert [point.value for point in strong.customer.contact_points][-1] == "+37129999999"
    assert strong.customer.external_ids[-1] == ExternalId("web", "2")


def test_shared_phone_matches_no_customer(world: World) -> None:
    """A shared phone number matches no customer."""
    shared = ContactPoint.phone("+37167000000", is_shared=True)
    world.crm.customers.add_contact_point(world.company.id, shared)
    lead = world.crm.leads.capture("Clerk", phone="6700 0000", funnel_id=world.funnel.id)

    assert lead.match == Unmatched()
    assert {c.name for c in world.crm.customers.find_by_contact_point("67000000")} == {"SIA Logs", "Clerk"}


def test_customer_new_skips_matching(world: World) -> None:
    """``customer_id="new"`` skips matching; a phone of another customer is rejected."""
    lead = world.crm.leads.capture("Jānis Bērziņš", funnel_id=world.funnel.id, customer_id="new")

    assert lead.customer.id != world.customer.id
    with pytest.raises(DuplicateKeyError):
        world.crm.leads.capture("Jānis", phone="2000 0000", funnel_id=world.funnel.id, customer_id="new")
    with pytest.raises(NotFoundError):
        world.crm.leads.capture(
            "Jānis", funnel_id=world.funnel.id, customer_id=CustomerId(f"customer_{UNKNOWN_ID_DIGITS}")
        )


def test_requested_owner_is_assigned(world: World) -> None:
    """A requested owner is assigned unless deactivated; round robin is unchanged."""
    boss_id = world.boss.id
    lead = world.crm.leads.capture("Liene", funnel_id=world.funnel.id, owner_id=boss_id)
    turns = [event for event in world.crm.feed.read().events if event.event.name == "round_robin.assigned"]
    world.crm.users.deactivate(boss_id)

    assert (lead.deal.owner_id, lead.assignment.rule, len(turns)) == (boss_id, "requested", 1)
    with pytest.raises(BusinessRuleError, match="is deactivated"):
        world.crm.leads.capture("Zane", funnel_id=world.funnel.id, owner_id=boss_id)


def test_absent_owner_is_substituted(world: World) -> None:
    """The customer's owner gets the lead if available, and stays its owner."""
    berta = world.crm.users.create("Berta", roles=["manager"])
    world.crm.users.add_absence(world.anna.id, since=NOON, until=NOON + timedelta(days=1))
    lead = world.crm.leads.capture("J", phone="2000 0000", funnel_id=world.funnel.id)

    assert (lead.deal.owner_id, lead.assignment.rule, lead.customer.owner_id) == (
        berta.id,
        "round_robin",
        world.anna.id,
    )


def test_manual_reassignment_does_not_change_round_robin(world: World) -> None:
    """Reassigned and lost deals do not change the round robin."""
    crm = world.crm
    berta, zane = (crm.users.create(name, roles=["manager"]) for name in ("Berta", "Zane"))
    people, had = [world.anna.id, berta.id, zane.id], []
    for number in range(30):
        lead = crm.leads.capture(f"Lead {number}", funnel_id=world.funnel.id)
        had.append(lead.assignment.user_id)
        if number % 3 == 0:
            crm.deals.change_owner(lead.deal.id, owner_id=berta.id)
        if number % 4 == 0:
            crm.deals.lose(lead.deal.id, reason="too dear")
    counts = [had.count(person_id) for person_id in people]

    assert sum(counts) == 30
    assert max(counts) - min(counts) <= 1


def test_repeated_request_id_returns_existing_deal(world: World) -> None:
    """A repeated request returns the existing deal, also later."""
    again = world.crm.leads.capture("Anyone", funnel_id=world.funnel.id, request=ExternalId("web", "1001"))
    other = world.crm.leads.capture("Anyone", funnel_id=world.funnel.id, request=ExternalId("mail", "1001"))

    assert (again.is_duplicate, again.deal.id, again.match) == (
        True,
        world.deal.id,
        Matched(world.customer.id, ("request",)),
    )
    assert (other.is_duplicate, other.deal.id == world.deal.id) == (False, False)
    with pytest.raises(DuplicateKeyError):
        world.crm.deals.open(
            "D", customer_id=world.customer.id, funnel_id=world.funnel.id, request=ExternalId("web", "1001")
        )


def test_capture_sets_deal_fields(world: World) -> None:
    """Capture sets title, value, tags and custom fields; the title has defaults."""
    full = world.crm.leads.capture(
        "Liene", funnel_id=world.funnel.id, about="Two\ndoors", value=Money(9, "EUR"), tags=["vip"], custom={"size": 2}
    )
    bare = world.crm.leads.capture("Zane", funnel_id=world.funnel.id)

    assert (full.deal.title, full.deal.description, full.deal.total) == ("Two doors", "Two\ndoors", Money(9, "EUR"))
    assert (full.deal.tags, dict(full.deal.custom), bare.deal.title) == (("vip",), {"size": 2}, "Zane")


def events_of(world: World, deal_id: DealId) -> list[Any]:
    """The events of a deal in the feed."""
    recorded_events = world.crm._environment.execute(
        "test", lambda uow: uow.read_events(after=0, limit=1000), read_only=True
    )
    return [event.event for event in recorded_events if event.subject_id == deal_id]


def create_funnel_with_response_time(world: World) -> Funnel:
    """A funnel with a one-hour response target and a first task."""
    call = CreateTask(title="Call", due_within=HOUR)
    first = Stage.named("First call", entry_actions=[call], age_limit=timedelta(days=2))
    return world.crm.funnels.create("Doors", stages=[first, "Sold"], role="manager", respond_within=HOUR)


def test_response_sla_counts_from_received_at(world: World) -> None:
    """The SLA counts from the receipt; the task from now; the event has both times."""
    funnel = create_funnel_with_response_time(world)
    came = NOON - timedelta(hours=3)
    lead = world.crm.leads.capture("Zane", funnel_id=funnel.id, received_at=came)
    clock = world.crm.leads.response_sla(lead.deal.id).first_response
    world.crm.run_due_jobs()

    assert (came, came) == (lead.deal.opened_at, lead.deal.stage_entered_at)
    assert clock is not None
    assert (came + HOUR, False) == (clock.due_at, clock.is_met)
    assert lead.task is not None
    assert lead.task.due_at == NOON + HOUR
    assert 1 == len(world.crm.escalations.history(lead.deal.id))
    (opened,) = events_of(world, lead.deal.id)
    assert (came, NOON) == (opened.at, opened.recorded_at)


def test_current_request_has_no_recorded_at(world: World) -> None:
    """A current request has no `recorded_at`."""
    lead = world.crm.leads.capture("Zane", funnel_id=create_funnel_with_response_time(world).id, received_at=NOON)

    assert [None] == [event.recorded_at for event in events_of(world, lead.deal.id)]


def test_old_request_creates_no_task_or_escalation(world: World) -> None:
    """A request older than one day creates no task and no escalation."""
    funnel = create_funnel_with_response_time(world)
    came = NOON - timedelta(days=40)
    lead = world.crm.leads.capture("Zane", funnel_id=funnel.id, received_at=came)
    yesterday = world.crm.leads.capture("Yana", funnel_id=funnel.id, received_at=NOON - timedelta(days=1))
    world.crm.run_due_jobs()

    assert (lead.tasks, lead.documents, lead.assignment.user_id) == ((), (), world.anna.id)
    assert not world.crm.escalations.history(lead.deal.id)
    assert yesterday.task is not None
    assert 1 == world.crm.reports.funnel(funnel.id, until=NOON - timedelta(days=30)).opened
    assert [lead.deal.id] == [deal.id for deal in world.crm.deals.stuck(funnel_id=funnel.id)]
    assert [came] == [movement.at for movement in world.crm.deals.history(lead.deal.id)]
