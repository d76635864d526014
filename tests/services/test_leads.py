"""A lead finds its customer or makes one, finds somebody responsible, and never guesses."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from crmcore import ContactPoint, CreateTask, ExternalId, Funnel, Money, Stage
from crmcore.domain.customers.matching import Known, Stranger
from crmcore.domain.customers.parts import Channel
from crmcore.domain.ids import CustomerId, DealId
from crmcore.errors import AmbiguousCustomer, NotFound, RuleBroken, Taken
from tests.services.world import NOBODY, NOON, World, dump

HOUR: Final = timedelta(hours=1)

HERS: Final[Mapping[str, Any]] = {
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
def test_a_known_customer_is_found_by_any_identifier(house: World, given: list[str], by: tuple[str, ...]) -> None:
    """However it is written; the answer says by what, the strongest first. The customer's owner stays responsible."""
    lead = house.crm.leads.capture("J. B.", funnel=house.funnel.id, **{name: HERS[name] for name in given})

    assert lead.match == Known(house.customer.id, by)
    assert (lead.customer.id, lead.customer.name) == (house.customer.id, "Jānis Bērziņš")
    assert (lead.assignment.rule, lead.deal.owner) == ("owner", house.customer.owner)


def test_a_stranger_becomes_a_prospect(house: World) -> None:
    """With everything that was told, and the source by which we met."""
    lead = house.crm.leads.capture(
        "Liene",
        phone="2111 1111",
        email="l@x.lv",
        funnel=house.funnel.id,
        source="fair",
        language="lv",
        kind="organisation",
    )

    assert lead.match == Stranger()
    assert [role.role.value for role in lead.customer.roles] == ["prospect"]
    assert (lead.customer.source, lead.deal.source, lead.customer.kind.value) == ("fair", "fair", "organisation")
    assert lead.customer.owner == lead.deal.owner == house.anna.id
    assert lead.customer == house.crm.customers.get(lead.customer.id)


def test_two_customers_are_a_question(house: World) -> None:
    """A phone of one and an e-mail of another: nothing is done, and the candidates are named."""
    other = house.crm.customers.add("Liene", email="liene@x.lv")
    held = dump(house.crm)
    with pytest.raises(AmbiguousCustomer) as refusal:
        house.crm.leads.capture("J", phone="2000 0000", email="liene@x.lv", funnel=house.funnel.id)

    assert set(refusal.value.candidates) == {house.customer.id, other.id}
    assert held == dump(house.crm)
    told = house.crm.leads.capture(
        "J", phone="2000 0000", email="liene@x.lv", funnel=house.funnel.id, customer=other.id
    )
    assert (told.customer.id, told.match) == (other.id, Known(other.id, ("told",)))
    assert told.customer.reach(Channel.PHONE) is None  # it is still the other one's


def test_a_weak_match_teaches_no_strong_identifier(house: World) -> None:
    """Whoever is known by the phone alone does not get the e-mail or the key that came along; by the e-mail, the phone is learnt."""
    weak = house.crm.leads.capture(
        "J", phone="2000 0000", email="new@x.lv", external_id=ExternalId("web", "1"), funnel=house.funnel.id
    )
    strong = house.crm.leads.capture(
        "J", email="janis@example.lv", phone="2999 9999", external_id=ExternalId("web", "2"), funnel=house.funnel.id
    )

    assert weak.match == Known(house.customer.id, ("phone",))
    assert weak.customer == house.customer
    assert house.crm.customers.by_external_id("web", "1") is None
    assert [point.value for point in strong.customer.contact_points][-1] == "+37129999999"
    assert strong.customer.external_ids[-1] == ExternalId("web", "2")


def test_a_shared_phone_identifies_nobody(house: World) -> None:
    """A switchboard does not make a stranger a known one."""
    shared = ContactPoint.phone("+37167000000", shared=True)
    house.crm.customers.add_contact(house.company.id, shared)
    lead = house.crm.leads.capture("Clerk", phone="6700 0000", funnel=house.funnel.id)

    assert lead.match == Stranger()
    assert {c.name for c in house.crm.customers.reachable_at("67000000")} == {"SIA Logs", "Clerk"}


def test_somebody_new_in_spite_of_a_likeness(house: World) -> None:
    """With ``customer="new"`` nobody is looked for; a claimed phone is refused, for it would make two of one."""
    lead = house.crm.leads.capture("Jānis Bērziņš", funnel=house.funnel.id, customer="new")

    assert lead.customer.id != house.customer.id
    with pytest.raises(Taken):
        house.crm.leads.capture("Jānis", phone="2000 0000", funnel=house.funnel.id, customer="new")
    with pytest.raises(NotFound):
        house.crm.leads.capture("Jānis", funnel=house.funnel.id, customer=CustomerId(f"customer_{NOBODY}"))


def test_who_is_asked_for_gets_it(house: World) -> None:
    """Whoever is named is responsible, unless he has left; the ring does not turn for it."""
    boss = house.boss.id
    lead = house.crm.leads.capture("Liene", funnel=house.funnel.id, owner=boss)
    turns = [fact for fact in house.crm.feed.read().facts if fact.event.name == "ring.turned"]
    house.crm.people.leave(boss)

    assert (lead.deal.owner, lead.assignment.rule, len(turns)) == (boss, "asked", 1)
    with pytest.raises(RuleBroken, match="has left"):
        house.crm.leads.capture("Zane", funnel=house.funnel.id, owner=boss)


def test_an_absent_owner_is_stood_in_for(house: World) -> None:
    """Whoever usually sees to a customer is asked first, if present; the customer stays his or hers."""
    berta = house.crm.people.add("Berta", roles=["manager"])
    house.crm.people.go_away(house.anna.id, since=NOON, until=NOON + timedelta(days=1))
    lead = house.crm.leads.capture("J", phone="2000 0000", funnel=house.funnel.id)

    assert (lead.deal.owner, lead.assignment.rule, lead.customer.owner) == (berta.id, "ring", house.anna.id)


def test_fairness_survives_what_is_done_by_hand(house: World) -> None:
    """Reassigned, lost and removed work moves no ring: the next lead goes to whoever has waited longest."""
    crm = house.crm
    berta, zane = (crm.people.add(name, roles=["manager"]) for name in ("Berta", "Zane"))
    people, had = [house.anna.id, berta.id, zane.id], []
    for number in range(30):
        lead = crm.leads.capture(f"Lead {number}", funnel=house.funnel.id)
        had.append(lead.assignment.user)
        if number % 3 == 0:
            crm.deals.hand_over(lead.deal.id, to=berta.id)
        if number % 4 == 0:
            crm.deals.lose(lead.deal.id, reason="too dear")
    counts = [had.count(person) for person in people]

    assert sum(counts) == 30
    assert max(counts) - min(counts) <= 1


def test_the_same_request_never_opens_a_second_deal(house: World) -> None:
    """Not later either, nor with other words; the deal that there is answers."""
    again = house.crm.leads.capture("Somebody", funnel=house.funnel.id, request=ExternalId("web", "1001"))
    other = house.crm.leads.capture("Somebody", funnel=house.funnel.id, request=ExternalId("mail", "1001"))

    assert (again.repeated, again.deal.id, again.match) == (True, house.deal.id, Known(house.customer.id, ("request",)))
    assert (other.repeated, other.deal.id == house.deal.id) == (False, False)
    with pytest.raises(Taken):
        house.crm.deals.open("D", customer=house.customer.id, funnel=house.funnel.id, request=ExternalId("web", "1001"))


def test_a_lead_brings_its_deal_along(house: World) -> None:
    """Title, value, tags and the host's own fields; a title is what it is about, or the name."""
    full = house.crm.leads.capture(
        "Liene", funnel=house.funnel.id, about="Two\ndoors", value=Money(9, "EUR"), tags=["vip"], custom={"size": 2}
    )
    bare = house.crm.leads.capture("Zane", funnel=house.funnel.id)

    assert (full.deal.title, full.deal.about, full.deal.total) == ("Two doors", "Two\ndoors", Money(9, "EUR"))
    assert (full.deal.tags, dict(full.deal.custom), bare.deal.title) == (("vip",), {"size": 2}, "Zane")


def facts_of(house: World, deal: DealId) -> list[Any]:
    """What the feed tells of a deal."""
    told = house.crm.house.run("test", lambda unit: unit.events(after=0, limit=1000), reading=True)
    return [fact.event for fact in told if fact.subject == deal]


def promising(house: World) -> Funnel:
    """A funnel that promises the first answer within an hour, and gives a task at once."""
    call = CreateTask(title="Call", within=HOUR)
    first = Stage.named("First call", on_entry=[call], age_limit=timedelta(days=2))
    return house.crm.funnels.create("Doors", stages=[first, "Sold"], role="manager", respond_within=HOUR)


def test_a_request_counts_from_when_it_came(house: World) -> None:
    """One that waited elsewhere is answered late by as much; its task is given now, and the fact keeps both instants."""
    funnel = promising(house)
    came = NOON - timedelta(hours=3)
    lead = house.crm.leads.capture("Zane", funnel=funnel.id, received_at=came)
    clock = house.crm.leads.response(lead.deal.id).first_response
    house.crm.run_due()

    assert (came, came) == (lead.deal.opened_at, lead.deal.stage_since)
    assert clock is not None
    assert (came + HOUR, False) == (clock.due_at, clock.met)
    assert lead.task is not None
    assert lead.task.due_at == NOON + HOUR
    assert 1 == len(house.crm.escalations.history(lead.deal.id))
    (opened,) = facts_of(house, lead.deal.id)
    assert (came, NOON) == (opened.at, opened.noted_at)


def test_a_request_that_comes_now_has_one_instant(house: World) -> None:
    """Nothing is said twice."""
    lead = house.crm.leads.capture("Zane", funnel=promising(house).id, received_at=NOON)

    assert [None] == [fact.noted_at for fact in facts_of(house, lead.deal.id)]


def test_old_requests_are_history(house: World) -> None:
    """More than a day ago nothing is set off: no task, nobody hears that it is late. It is somebody's, and counts in its own month."""
    funnel = promising(house)
    came = NOON - timedelta(days=40)
    lead = house.crm.leads.capture("Zane", funnel=funnel.id, received_at=came)
    yesterday = house.crm.leads.capture("Yana", funnel=funnel.id, received_at=NOON - timedelta(days=1))
    house.crm.run_due()

    assert (lead.tasks, lead.documents, lead.assignment.user) == ((), (), house.anna.id)
    assert not house.crm.escalations.history(lead.deal.id)
    assert yesterday.task is not None
    assert 1 == house.crm.reports.funnel(funnel.id, until=NOON - timedelta(days=30)).opened
    assert [lead.deal.id] == [deal.id for deal in house.crm.deals.stuck(funnel=funnel.id)]
    assert [came] == [movement.at for movement in house.crm.deals.history(lead.deal.id)]
