"""Customers: unique identifiers, search, details and relations."""

import pytest

from crmcore import ContactPoint, Customer, ExternalId
from crmcore.errors import DuplicateKeyError, RequiredError
from tests.services.world import World, dump_records


def test_duplicate_contact_point_is_rejected(world: World) -> None:
    """The error names the other customer; a shared contact point may have several."""
    for given in ({"phone": "2000 0000"}, {"email": "janis@example.lv"}, {"external_ids": [ExternalId("erp", "7")]}):
        with pytest.raises(DuplicateKeyError) as excinfo:
            world.crm.customers.create("Other", **given)

        assert excinfo.value.existing_id == world.customer.id
    shared = ContactPoint.phone("+37120000000", is_shared=True)
    assert world.crm.customers.create("Wife", contact_points=[shared]).contact_points == (shared,)
    with pytest.raises(DuplicateKeyError):
        world.crm.customers.add_external_id(world.company.id, ExternalId("erp", "7"))
    with pytest.raises(DuplicateKeyError):
        world.crm.customers.add_contact_point(world.company.id, phone="2000 0000")


def test_removed_contact_point_is_reusable(world: World) -> None:
    """A removed contact point can be added to another customer."""
    world.crm.customers.remove_contact_point(world.customer.id, "+37120000000")
    other = world.crm.customers.create("Other", phone="2000 0000")

    assert [c.id for c in world.crm.customers.find_by_contact_point("2000 0000")] == [other.id]


@pytest.mark.parametrize("words", ["berz", "BĒRZIŅŠ", "jan ber", "ber jan", "  Jānis  "])
def test_search_finds_name_by_word_prefixes(world: World, words: str) -> None:
    """Search ignores the order of words and diacritics."""
    assert [customer.id for customer in world.crm.customers.search(words)] == [world.customer.id]


def test_search_returns_pages_by_name(world: World) -> None:
    """Pages are complete and ordered by name; role and owner filter them."""
    for number in range(7):
        world.crm.customers.create("Anna" if number % 2 else "Berta", roles=["partner"])
    read: list[Customer] = []
    last = None
    while page := world.crm.customers.search(role="partner", after=last, limit=3):
        read += page
        last = page[-1]

    assert [customer.name for customer in read] == ["Anna"] * 3 + ["Berta"] * 4
    assert len({customer.id for customer in read}) == 7
    assert [c.id for c in world.crm.customers.search(owner_id=world.anna.id)] == [world.customer.id]


def test_rename_updates_search_key(world: World) -> None:
    """Renaming a customer updates its search key."""
    world.crm.customers.rename(world.customer.id, "Шаҳзод Ўринов")

    assert list(world.crm.customers.search("berz")) == []
    assert [c.id for c in world.crm.customers.search("orinov shah")] == [world.customer.id]
    with pytest.raises(RequiredError):
        world.crm.customers.rename(world.customer.id, " ")


def test_unchanged_update_writes_nothing(world: World) -> None:
    """An update without a change creates no version and no event."""
    held = dump_records(world.crm)
    world.crm.customers.add_contact_point(world.customer.id, phone="+371 2000 0000")
    world.crm.customers.update(world.customer.id, note="")
    world.crm.customers.add_role(world.customer.id, "prospect")
    world.crm.customers.change_owner(world.customer.id, owner_id=world.customer.owner_id)

    assert held == dump_records(world.crm)


def test_add_relation_links_customers(world: World) -> None:
    """A relation links a person to a company."""
    tied = world.crm.customers.add_relation(world.customer.id, "employee_of", world.company.id, note="buyer")

    assert [(r.kind.value, r.related_customer_id, r.note) for r in tied.relations] == [
        ("employee_of", world.company.id, "buyer")
    ]
