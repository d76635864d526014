"""Customers are kept once, found by anything, and never asked twice."""

import pytest

from crmcore import ContactPoint, Customer, ExternalId
from crmcore.errors import Blank, Taken
from tests.services.world import World, dump


def test_one_phone_one_customer(house: World) -> None:
    """A refusal names who has it, also for keys of other systems; a shared one may be held by many."""
    for given in ({"phone": "2000 0000"}, {"email": "janis@example.lv"}, {"external_ids": [ExternalId("erp", "7")]}):
        with pytest.raises(Taken) as refusal:
            house.crm.customers.add("Other", **given)

        assert refusal.value.holder == house.customer.id
    shared = ContactPoint.phone("+37120000000", shared=True)
    assert house.crm.customers.add("Wife", contact_points=[shared]).contact_points == (shared,)
    with pytest.raises(Taken):
        house.crm.customers.know_as(house.company.id, ExternalId("erp", "7"))
    with pytest.raises(Taken):
        house.crm.customers.add_contact(house.company.id, phone="2000 0000")


def test_a_phone_that_is_given_up_is_free(house: World) -> None:
    """Whoever gets the number next may have it."""
    house.crm.customers.remove_contact(house.customer.id, "+37120000000")
    other = house.crm.customers.add("Other", phone="2000 0000")

    assert [c.id for c in house.crm.customers.reachable_at("2000 0000")] == [other.id]


@pytest.mark.parametrize("words", ["berz", "BĒRZIŅŠ", "jan ber", "ber jan", "  Jānis  "])
def test_a_name_is_found_by_the_beginnings_of_its_words(house: World, words: str) -> None:
    """In any order, with or without marks."""
    assert [customer.id for customer in house.crm.customers.search(words)] == [house.customer.id]


def test_searches_are_read_in_pages(house: World) -> None:
    """By name, without a gap or a repetition, also among namesakes; roles and owners narrow them."""
    for number in range(7):
        house.crm.customers.add("Anna" if number % 2 else "Berta", roles=["partner"])
    read: list[Customer] = []
    last = None
    while page := house.crm.customers.search(role="partner", after=last, limit=3):
        read += page
        last = page[-1]

    assert [customer.name for customer in read] == ["Anna"] * 3 + ["Berta"] * 4
    assert len({customer.id for customer in read}) == 7
    assert [c.id for c in house.crm.customers.search(owner=house.anna.id)] == [house.customer.id]


def test_a_customer_is_renamed_and_found_anew(house: World) -> None:
    """The key follows the name."""
    house.crm.customers.rename(house.customer.id, "Шаҳзод Ўринов")

    assert list(house.crm.customers.search("berz")) == []
    assert [c.id for c in house.crm.customers.search("orinov shah")] == [house.customer.id]
    with pytest.raises(Blank):
        house.crm.customers.rename(house.customer.id, " ")


def test_saying_the_same_again_leaves_no_trace(house: World) -> None:
    """Neither a version nor a fact."""
    held = dump(house.crm)
    house.crm.customers.add_contact(house.customer.id, phone="+371 2000 0000")
    house.crm.customers.describe(house.customer.id, note="")
    house.crm.customers.become(house.customer.id, "prospect")
    house.crm.customers.hand_over(house.customer.id, to=house.customer.owner)

    assert held == dump(house.crm)


def test_customers_stand_to_each_other(house: World) -> None:
    """A person works for a company."""
    tied = house.crm.customers.relate(house.customer.id, "employee_of", house.company.id, note="buyer")

    assert [(r.kind.value, r.other, r.note) for r in tied.relations] == [("employee_of", house.company.id, "buyer")]
