"""A customer can always be told apart, and is known by what it was told."""

from datetime import date
from typing import Any

import pytest

from crmcore import ContactPoint, Customer, ExternalId, Profile
from crmcore.domain.customers.parts import Channel, CustomerKind, Role
from crmcore.domain.values.names import KEY_LIMIT
from crmcore.errors import Blank, InvalidInput, NotAllowed, RuleBroken, WrongType
from crmcore.testing.samples import NOON, Samples


def test_a_customer_has_a_name_or_a_key() -> None:
    """One of both; the first external id stands in for a name."""
    samples = Samples()
    nameless = samples.customer("", external_id="7")

    assert (samples.customer().display_name, nameless.display_name) == ("Jānis Bērziņš", "erp 7")
    with pytest.raises(Blank):
        samples.customer(" ")


def test_what_is_known_already_changes_nothing() -> None:
    """The world hears of news only."""
    samples = Samples()
    customer = samples.customer(phone="+37120000000", external_id="7")
    tied = customer.relate("relative_of", samples.id("customer"), at=NOON)
    point, known = customer.contact_points[0], customer.external_ids[0]

    assert customer is customer.add_contact(point, ContactPoint.phone("+371 2000 0000", label="home"), at=NOON)
    assert customer is customer.remove_contact("+37129999999", at=NOON)
    assert customer is customer.know_as(known, at=NOON)
    assert customer is customer.become("prospect", at=NOON)
    assert customer is customer.hand_over(None, at=NOON)
    assert customer is customer.describe({"note": " "}, at=NOON)
    assert tied is tied.relate("relative_of", tied.relations[0].other, at=NOON)


def test_a_customer_learns() -> None:
    """Contacts, keys, owners, details: each leaves a fact that names fields and no values."""
    samples = Samples()
    anna = samples.id("user")
    customer = (
        samples.customer()
        .add_contact(ContactPoint.email("a@b.lv"), ContactPoint(Channel.MESSENGER, "@janis"), at=NOON)
        .know_as(ExternalId("web", "9"), at=NOON)
        .hand_over(anna, at=NOON)
        .describe({"profile": Profile(born=date(1990, 1, 1)), "tags": ["vip"]}, at=NOON)
        .rename(" Jānis Kalns ", at=NOON, family="Kalns")
        .remove_contact("a@b.lv", at=NOON)
    )

    assert customer.is_a(Role.PROSPECT)
    assert (customer.name, customer.name_key, customer.family) == ("Jānis Kalns", "janis kalns", "Kalns")
    assert (customer.reach(Channel.MESSENGER), customer.reach(Channel.EMAIL)) == ("@janis", None)
    assert (customer.owner, customer.tags) == (anna, ("vip",))
    assert "Kalns" not in repr(customer.pending)
    assert [getattr(fact, "fields", None) for fact in customer.pending[1:]] == [
        ("contact_points",),
        ("external_ids",),
        None,
        ("profile", "tags"),
        ("name",),
        ("contact_points",),
    ]


def test_whoever_buys_is_a_prospect_no_more() -> None:
    """Other roles stay beside."""
    customer = Samples().customer(roles=["prospect", "partner"]).become("customer", at=NOON)

    assert [held.role.value for held in customer.roles] == ["partner", "customer"]
    assert [customer.is_a(role) for role in (Role.PROSPECT, Role.CUSTOMER)] == [False, True]
    assert [held.role.value for held in customer.become(Role.SUPPLIER, at=NOON).roles] == [
        "partner",
        "customer",
        "supplier",
    ]


def test_a_shared_contact_claims_nobody() -> None:
    """A switchboard identifies no one; a phone of one's own does."""
    shared = ContactPoint.phone("20000000", region="LV", shared=True)

    assert (shared.value, shared.claim) == ("+37120000000", None)
    assert ContactPoint.email("A@b.lv").claim == "email:a@b.lv"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda c: c.rename(" ", at=NOON), Blank),
        (lambda c: c.rename(5, at=NOON), WrongType),
        (lambda c: c.describe({"owner": None}, at=NOON), InvalidInput),
        (lambda c: c.describe({"profile": None}, at=NOON), WrongType),
        (lambda c: c.add_contact("a@b.lv", at=NOON), WrongType),
        (lambda c: c.become("king", at=NOON), NotAllowed),
        (lambda c: c.relate("relative_of", c.id, at=NOON), RuleBroken),
        (lambda c: Customer.add(c.id, "A", at=NOON, kind="ghost"), NotAllowed),
        (lambda c: Customer.add(c.id, "A", at=NOON, roles="prospect"), WrongType),
        (lambda c: Customer.add(c.id, c, at=NOON), WrongType),
    ],
)
def test_what_cannot_be_is_refused(change: Any, refusal: type[Exception]) -> None:
    """And the customer stays as it was."""
    with pytest.raises(refusal):
        change(Samples().customer())


def test_an_organisation_is_a_customer_too() -> None:
    """By its word."""
    assert Samples().customer("SIA Logs", kind="organisation").kind is CustomerKind.ORGANISATION


def test_a_name_s_key_fits_into_its_column() -> None:
    """However the letters multiply: some characters fold into many."""
    key = Samples().customer("ﷺ" * 200).name_key

    assert len(key) <= KEY_LIMIT
    assert key == key.strip()
