"""Many at once: the same rules for each, an answer for each, a chunk of them in every transaction."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from crmcore import Crm, Done, ExternalId, Money, Refused
from crmcore.domain.funnels import Funnel
from crmcore.errors import InvalidInput
from crmcore.services.bulk import padded
from crmcore.services.ports import Store


@pytest.fixture
def crm(store: Store) -> Crm:
    """A house over each kind of store."""
    return Crm(store)


@pytest.fixture
def sales(crm: Crm) -> Funnel:
    """A funnel, and somebody to take turns."""
    crm.people.add("Anna")
    return crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])


def leads(number: int) -> Iterator[dict[str, Any]]:
    """Requests, every fifth of which cannot be taken in."""
    for n in range(number):
        yield {
            "name": f"Customer {n}",
            "email": "no address" if n % 5 == 4 else f"{n}@example.org",
            "value": Money(n, "EUR"),
        }


def test_an_answer_for_each(crm: Crm, sales: Funnel) -> None:
    """Whoever can be taken in is, whoever cannot is refused by name, in the order in which they came."""
    told = list(crm.leads.capture_many(leads(50), funnel=sales.id, source="fair", chunk=7))

    assert list(range(1, 51)) == [one.number for one in told]
    assert [n % 5 == 0 for n in range(1, 51)] == [isinstance(one, Refused) for one in told]
    assert {"invalid_email"} == {one.error.code for one in told if isinstance(one, Refused)}
    assert 40 == len(crm.deals.list())
    assert {"fair"} == {deal.source for deal in crm.deals.list()}


def test_what_came_before_is_repeated(crm: Crm, sales: Funnel) -> None:
    """The same requests a second time change nothing, and say so."""
    rows = [{"name": f"Customer {n}", "request": ExternalId("web", str(n % 3))} for n in range(6)]
    first = [told.result.repeated for told in crm.leads.capture_many(rows, funnel=sales.id) if isinstance(told, Done)]
    again = [told.result.repeated for told in crm.leads.capture_many(rows, funnel=sales.id) if isinstance(told, Done)]

    assert [False, False, False, True, True, True] == first
    assert [True] * 6 == again
    assert 3 == len(crm.deals.list())


def test_a_row_of_nonsense_is_refused(crm: Crm, sales: Funnel) -> None:
    """What is no row, or tells what nobody asked for, is refused as that row's own failure."""
    rows: list[Any] = [{"name": "Anna"}, "Bruno", {"name": "Celia", "colour": "red"}, {"name": "Dainis"}]
    told = list(crm.leads.capture_many(rows, funnel=sales.id))

    assert [Done, Refused, Refused, Done] == [type(one) for one in told]
    assert "lead.colour" in str(told[2])
    assert [Refused] == [type(one) for one in crm.leads.capture_many([{"name": "Anna"}])]
    with pytest.raises(InvalidInput, match="chunk"):
        next(crm.leads.capture_many([], chunk=0))


def test_nothing_is_read_ahead(crm: Crm, sales: Funnel) -> None:
    """A stream is read a chunk at a time, and what was answered for is there."""
    read = []

    def stream() -> Iterator[dict[str, Any]]:
        for lead in leads(100):
            read.append(lead)
            yield lead

    answers = crm.leads.capture_many(stream(), funnel=sales.id, chunk=10)
    for _ in range(15):
        next(answers)

    assert 20 == len(read)
    assert 16 == len(crm.deals.list())


def test_moves(crm: Crm, sales: Funnel) -> None:
    """Deals move by the rules of a single move, and those that may not stay where they are."""
    deals = [
        told.result.deal.id for told in crm.leads.capture_many(leads(4), funnel=sales.id) if isinstance(told, Done)
    ]
    crm.deals.lose(deals[1], reason="too dear")
    moves: list[Any] = [(deals[0], "Payment"), (deals[1], "Payment"), (deals[2], "Nowhere"), "nonsense"]
    told = list(crm.deals.move_many(moves))

    assert [Done, Refused, Refused, Refused] == [type(one) for one in told]
    assert ["Payment", "First call", "First call"] == [crm.deals.get(id).stage for id in deals[:3]]
    assert 2 == len(crm.deals.history(deals[0]))


def test_customers_are_known_by_their_keys(crm: Crm) -> None:
    """A customer comes in once, and is brought up to date by what its row tells, and by nothing else."""
    rows = [{"key": str(n), "name": f"Customer {n}", "phone": f"+371200000{n:02}", "tags": ["old"]} for n in range(20)]
    first = list(crm.customers.upsert_many(rows, system="erp", source="import", chunk=6))
    again = list(crm.customers.upsert_many(rows, system="erp", chunk=6))
    told = list(crm.customers.upsert_many([{"key": "3", "name": "Anna", "email": "a@example.org"}], system="erp"))

    assert [Done] * 20 == [type(one) for one in first]
    assert [one.result for one in first if isinstance(one, Done)] == [
        one.result for one in again if isinstance(one, Done)
    ]
    assert isinstance(told[0], Done)
    anna = crm.customers.get(told[0].result.id)
    assert ("Anna", ("old",), "import", 2) == (anna.name, anna.tags, anna.source, len(anna.contact_points))
    assert (ExternalId("erp", "3"),) == anna.external_ids


def test_customers_that_cannot_be(crm: Crm) -> None:
    """A row without a key, with somebody else's phone, or with an owner who is not there is refused; the others come in."""
    crm.customers.add("Somebody", phone="+37120000000")
    rows: list[dict[str, Any]] = [
        {"key": "1", "name": "Anna"},
        {"name": "No key"},
        {"key": "2", "name": "Thief", "phone": "+371 2000 0000"},
        {"key": "3", "name": "Bruno", "phone": "+37120000003"},
        {"key": "4", "name": "Twin", "phone": "+37120000003"},
        {"key": "5", "name": "Orphan", "owner": "user_00000000000070008000000000000001"},
        {"key": "6", "name": "Bad\x00name"},
    ]
    told = list(crm.customers.upsert_many(rows, system="erp"))

    assert ["Done", "blank", "taken", "Done", "taken", "not_found", "control_character"] == [
        one.error.code if isinstance(one, Refused) else "Done" for one in told
    ]


def test_deals_are_known_by_their_keys(crm: Crm, sales: Funnel) -> None:
    """A deal comes in once, in whatever stage it is, and is brought up to date by what its row tells."""
    list(crm.customers.upsert_many([{"key": "c1", "name": "Anna"}], system="erp"))
    known = crm.customers.add("Bruno")
    opened = datetime(2025, 5, 1, 12, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"key": "1", "customer_key": "c1", "title": "Doors", "stage": "Payment", "value": Money(5, "EUR")},
        {"key": "2", "customer": known.id, "title": "Windows", "opened_at": opened},
        {"key": "3", "customer_key": "nobody", "title": "Walls"},
        {"key": "4", "customer": "customer_00000000000070008000000000000009"},
    ]
    told = list(crm.deals.upsert_many(rows, system="erp", funnel=sales.id))
    update = {"key": "2", "stage": "Measurement", "expected_close": date(2026, 1, 2), "value": Money(7, "EUR")}
    changed = list(crm.deals.upsert_many([update], system="erp"))

    assert ["Done", "Done", "not_found", "not_found"] == [
        one.error.code if isinstance(one, Refused) else "Done" for one in told
    ]
    doors, windows = (one.result for one in told if isinstance(one, Done))
    assert ("Payment", Money(5, "EUR")) == (crm.deals.get(doors.id).stage, doors.total)
    assert isinstance(changed[0], Done)
    deal = crm.deals.get(windows.id)
    assert ("Measurement", Money(7, "EUR"), opened, known.id) == (deal.stage, deal.total, deal.opened_at, deal.customer)
    assert 4 == deal.moves == len(crm.deals.history(deal.id))
    assert [] == list(crm.tasks.list(deal=deal.id))


def test_many_rows_as_a_stream(crm: Crm, sales: Funnel) -> None:
    """A chunk of hundreds comes in as it went out: every text, number and absent value."""
    rows = [
        {"key": str(n), "name": f"O'Brien \\ {n}\tü", "note": "a\nb\\N", "phone": f"+3712{n:07}", "tags": ["x", "y"]}
        for n in range(300)
    ]
    for row in rows:
        row["name"] = str(row["name"]).replace("\t", " ")
    told = list(crm.customers.upsert_many(rows, system="erp", chunk=300))

    assert all(isinstance(one, Done) for one in told)
    for one in told[::37]:
        assert isinstance(one, Done)
        assert one.result == crm.customers.get(one.result.id)


def test_padding() -> None:
    """Options are filled up to a power of two, each of them once before."""
    assert [(), (1,), (1, 2), (1, 2, 3, 3), (1, 2, 3, 4, 5, 5, 5, 5)] == [
        padded(options) for options in ([], [1, 1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5])
    ]


def test_leads_of_one_chunk_know_each_other(crm: Crm, sales: Funnel) -> None:
    """Who comes twice in a chunk is one customer, as is whoever was there before; what cannot be is refused in its turn."""
    crm.customers.add("Anna", phone="+37120000000")
    rows: list[Any] = [
        {"name": "Anna", "phone": "+371 2000 0000"},
        *({"name": f"Somebody {n}", "email": f"{n}@example.org"} for n in range(30)),
        {"name": "Bruno", "email": "bruno@example.org", "external_id": ExternalId("erp", "7")},
        {"name": "Bruno", "email": "bruno@example.org", "phone": "+37120000001"},
        {"name": "Bruno", "phone": "+37120000001", "external_id": ExternalId("erp", "7")},
        {"name": "Both", "phone": "+37120000000", "email": "bruno@example.org"},
        {"name": "No number", "phone": "call me"},
        "nonsense",
    ]
    told = list(crm.leads.capture_many(rows, funnel=sales.id))

    assert [Done] * 34 + [Refused] * 3 == [type(one) for one in told]
    assert ["ambiguous_customer", "invalid_phone", "wrong_type"] == [
        one.error.code for one in told if isinstance(one, Refused)
    ]
    assert 32 == len({one.result.customer.id for one in told if isinstance(one, Done)})
    assert 34 == len(crm.deals.list())


@pytest.mark.parametrize("customer", ["customer_" + "z" * 32, "nobody", 7, None])
def test_a_customer_that_is_no_id(crm: Crm, sales: Funnel, customer: Any) -> None:
    """A deal whose customer is no id is refused, and the others are taken in."""
    anna = crm.customers.add("Anna")
    rows = [{"key": "1", "customer": customer}, {"key": "2", "customer": anna.id}]

    assert [Refused, Done] == [type(told) for told in crm.deals.upsert_many(rows, system="erp", funnel=sales.id)]
