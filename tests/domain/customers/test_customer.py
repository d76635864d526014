"""Customers: identity, contact points, roles, details."""

from datetime import date
from typing import Any

import pytest

from crmcore import ContactPoint, ExternalId, Profile
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel, CustomerKind, Role
from crmcore.domain.kernel.values.names import MAX_KEY_LENGTH
from crmcore.errors import BusinessRuleError, InvalidChoiceError, InvalidInputError, InvalidTypeError, RequiredError
from crmcore.testing.samples import NOON, Samples


def test_create_customer_without_name_or_external_id_is_rejected() -> None:
    """A customer needs one of both; the first external id is shown in place of a name."""
    samples = Samples()
    nameless = samples.customer("", external_id="7")

    assert (samples.customer().display_name, nameless.display_name) == ("Jānis Bērziņš", "erp 7")
    with pytest.raises(RequiredError):
        samples.customer(" ")


def test_repeated_change_records_no_event() -> None:
    """A change to the present value records no event."""
    samples = Samples()
    customer = samples.customer(phone="+37120000000", external_id="7")
    tied = customer.add_relation("relative_of", samples.id("customer"), at=NOON)
    point, known = customer.contact_points[0], customer.external_ids[0]

    assert customer is customer.add_contact_point(point, ContactPoint.phone("+371 2000 0000", label="home"), at=NOON)
    assert customer is customer.remove_contact_point("+37129999999", at=NOON)
    assert customer is customer.add_external_id(known, at=NOON)
    assert customer is customer.add_role("prospect", at=NOON)
    assert customer is customer.change_owner(None, at=NOON)
    assert customer is customer.update({"note": " "}, at=NOON)
    assert tied is tied.add_relation("relative_of", tied.relations[0].related_customer_id, at=NOON)


def test_changes_record_events_with_field_names_only() -> None:
    """Each change records an event with field names and no values."""
    samples = Samples()
    anna = samples.id("user")
    customer = (
        samples.customer()
        .add_contact_point(ContactPoint.email("a@b.lv"), ContactPoint(Channel.MESSENGER, "@janis"), at=NOON)
        .add_external_id(ExternalId("web", "9"), at=NOON)
        .change_owner(anna, at=NOON)
        .update({"profile": Profile(birth_date=date(1990, 1, 1)), "tags": ["vip"]}, at=NOON)
        .rename(" Jānis Kalns ", at=NOON, family_name="Kalns")
        .remove_contact_point("a@b.lv", at=NOON)
    )

    assert customer.has_role(Role.PROSPECT)
    assert (customer.name, customer.name_key, customer.family_name) == ("Jānis Kalns", "janis kalns", "Kalns")
    assert (customer.first_contact(Channel.MESSENGER), customer.first_contact(Channel.EMAIL)) == ("@janis", None)
    assert (customer.owner_id, customer.tags) == (anna, ("vip",))
    assert "Kalns" not in repr(customer.pending_events)
    assert [getattr(event, "changed_fields", None) for event in customer.pending_events[1:]] == [
        ("contact_points",),
        ("external_ids",),
        None,
        ("profile", "tags"),
        ("name",),
        ("contact_points",),
    ]


def test_buyer_role_replaces_prospect() -> None:
    """The other roles stay."""
    customer = Samples().customer(roles=["prospect", "partner"]).add_role("customer", at=NOON)

    assert [held.role.value for held in customer.roles] == ["partner", "customer"]
    assert [customer.has_role(role) for role in (Role.PROSPECT, Role.CUSTOMER)] == [False, True]
    assert [held.role.value for held in customer.add_role(Role.SUPPLIER, at=NOON).roles] == [
        "partner",
        "customer",
        "supplier",
    ]


def test_shared_contact_point_has_no_unique_key() -> None:
    """A shared phone has no unique key; other contact points have one."""
    shared = ContactPoint.phone("20000000", region="LV", is_shared=True)

    assert (shared.value, shared.unique_key) == ("+37120000000", None)
    assert ContactPoint.email("A@b.lv").unique_key == "email:a@b.lv"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda c: c.rename(" ", at=NOON), RequiredError),
        (lambda c: c.rename(5, at=NOON), InvalidTypeError),
        (lambda c: c.update({"owner_id": None}, at=NOON), InvalidInputError),
        (lambda c: c.update({"profile": None}, at=NOON), InvalidTypeError),
        (lambda c: c.add_contact_point("a@b.lv", at=NOON), InvalidTypeError),
        (lambda c: c.add_role("king", at=NOON), InvalidChoiceError),
        (lambda c: c.add_relation("relative_of", c.id, at=NOON), BusinessRuleError),
        (lambda c: Customer.create(c.id, "A", at=NOON, kind="ghost"), InvalidChoiceError),
        (lambda c: Customer.create(c.id, "A", at=NOON, roles="prospect"), InvalidTypeError),
        (lambda c: Customer.create(c.id, c, at=NOON), InvalidTypeError),
    ],
)
def test_invalid_change_is_rejected(change: Any, refusal: type[Exception]) -> None:
    """The change raises the error, and the customer does not change."""
    with pytest.raises(refusal):
        change(Samples().customer())


def test_organisation_is_a_customer_kind() -> None:
    """The kind is converted from its value."""
    assert Samples().customer("SIA Logs", kind="organisation").kind is CustomerKind.ORGANISATION


def test_name_key_is_truncated_to_column_length() -> None:
    """Some characters fold into many; the key still fits its column."""
    key = Samples().customer("ﷺ" * 200).name_key

    assert len(key) <= MAX_KEY_LENGTH
    assert key == key.strip()
