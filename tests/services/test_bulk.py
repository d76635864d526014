"""Bulk commands: one result per row, one transaction per chunk."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from crmcore import Crm, ExternalId, ItemFailed, ItemSucceeded, Money
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.errors import InvalidInputError
from crmcore.ports import Store
from crmcore.services.bulk import pad_to_power_of_two


@pytest.fixture
def crm(store: Store) -> Crm:
    """A CRM over each type of store."""
    return Crm(store)


@pytest.fixture
def sales(crm: Crm) -> Funnel:
    """A funnel, and a user for the round robin."""
    crm.users.create("Anna")
    return crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])


def leads(number: int) -> Iterator[dict[str, Any]]:
    """Lead rows; every fifth is invalid."""
    for n in range(number):
        yield {
            "name": f"Customer {n}",
            "email": "no address" if n % 5 == 4 else f"{n}@example.org",
            "value": Money(n, "EUR"),
        }


def test_bulk_command_returns_result_per_row(crm: Crm, sales: Funnel) -> None:
    """Valid rows succeed, invalid rows fail, in the order of the input."""
    results = list(crm.leads.capture_many(leads(50), funnel_id=sales.id, source="fair", chunk_size=7))

    assert list(range(1, 51)) == [one.number for one in results]
    assert [n % 5 == 0 for n in range(1, 51)] == [isinstance(one, ItemFailed) for one in results]
    assert {"invalid_email"} == {one.error.code for one in results if isinstance(one, ItemFailed)}
    assert 40 == len(crm.deals.list())
    assert {"fair"} == {deal.source for deal in crm.deals.list()}


def test_repeated_rows_are_duplicates(crm: Crm, sales: Funnel) -> None:
    """Repeated rows change nothing, and are reported as duplicates."""
    rows = [{"name": f"Customer {n}", "request": ExternalId("web", str(n % 3))} for n in range(6)]
    first = [
        results.result.is_duplicate
        for results in crm.leads.capture_many(rows, funnel_id=sales.id)
        if isinstance(results, ItemSucceeded)
    ]
    again = [
        results.result.is_duplicate
        for results in crm.leads.capture_many(rows, funnel_id=sales.id)
        if isinstance(results, ItemSucceeded)
    ]

    assert [False, False, False, True, True, True] == first
    assert [True] * 6 == again
    assert 3 == len(crm.deals.list())


def test_invalid_row_is_rejected_alone(crm: Crm, sales: Funnel) -> None:
    """An invalid row, or one with an unknown field, fails alone."""
    rows: list[Any] = [{"name": "Anna"}, "Bruno", {"name": "Celia", "colour": "red"}, {"name": "Dainis"}]
    results = list(crm.leads.capture_many(rows, funnel_id=sales.id))

    assert [ItemSucceeded, ItemFailed, ItemFailed, ItemSucceeded] == [type(one) for one in results]
    assert "lead.colour" in str(results[2])
    assert [ItemFailed] == [type(one) for one in crm.leads.capture_many([{"name": "Anna"}])]
    with pytest.raises(InvalidInputError, match="chunk_size"):
        next(crm.leads.capture_many([], chunk_size=0))


def test_bulk_input_is_read_in_chunks(crm: Crm, sales: Funnel) -> None:
    """A stream is read by chunks; reported results are stored."""
    read = []

    def stream() -> Iterator[dict[str, Any]]:
        for lead in leads(100):
            read.append(lead)
            yield lead

    answers = crm.leads.capture_many(stream(), funnel_id=sales.id, chunk_size=10)
    for _ in range(15):
        next(answers)

    assert 20 == len(read)
    assert 16 == len(crm.deals.list())


def test_move_many_follows_rules_of_move(crm: Crm, sales: Funnel) -> None:
    """`move_many` applies the rules of `move`; rejected deals stay."""
    deals = [
        results.result.deal.id
        for results in crm.leads.capture_many(leads(4), funnel_id=sales.id)
        if isinstance(results, ItemSucceeded)
    ]
    crm.deals.lose(deals[1], reason="too dear")
    moves: list[Any] = [(deals[0], "Payment"), (deals[1], "Payment"), (deals[2], "Nowhere"), "nonsense"]
    results = list(crm.deals.move_many(moves))

    assert [ItemSucceeded, ItemFailed, ItemFailed, ItemFailed] == [type(one) for one in results]
    assert ["Payment", "First call", "First call"] == [crm.deals.get(id).stage_key for id in deals[:3]]
    assert 2 == len(crm.deals.history(deals[0]))


def test_upsert_customers_creates_then_updates_by_key(crm: Crm) -> None:
    """A customer is created once; later rows update their fields only."""
    rows = [{"key": str(n), "name": f"Customer {n}", "phone": f"+371200000{n:02}", "tags": ["old"]} for n in range(20)]
    first = list(crm.customers.upsert_many(rows, system="erp", source="import", chunk_size=6))
    again = list(crm.customers.upsert_many(rows, system="erp", chunk_size=6))
    results = list(crm.customers.upsert_many([{"key": "3", "name": "Anna", "email": "a@example.org"}], system="erp"))

    assert [ItemSucceeded] * 20 == [type(one) for one in first]
    assert [one.result for one in first if isinstance(one, ItemSucceeded)] == [
        one.result for one in again if isinstance(one, ItemSucceeded)
    ]
    assert isinstance(results[0], ItemSucceeded)
    anna = crm.customers.get(results[0].result.id)
    assert ("Anna", ("old",), "import", 2) == (anna.name, anna.tags, anna.source, len(anna.contact_points))
    assert (ExternalId("erp", "3"),) == anna.external_ids


def test_invalid_customer_rows_are_rejected(crm: Crm) -> None:
    """Rows with a missing key, a taken phone or an unknown owner fail."""
    crm.customers.create("Known", phone="+37120000000")
    rows: list[dict[str, Any]] = [
        {"key": "1", "name": "Anna"},
        {"name": "No key"},
        {"key": "2", "name": "Thief", "phone": "+371 2000 0000"},
        {"key": "3", "name": "Bruno", "phone": "+37120000003"},
        {"key": "4", "name": "Twin", "phone": "+37120000003"},
        {"key": "5", "name": "Orphan", "owner_id": "user_00000000000070008000000000000001"},
        {"key": "6", "name": "Bad\x00name"},
    ]
    results = list(crm.customers.upsert_many(rows, system="erp"))

    assert ["Done", "required", "duplicate_key", "Done", "duplicate_key", "not_found", "invalid_character"] == [
        one.error.code if isinstance(one, ItemFailed) else "Done" for one in results
    ]


def test_upsert_deals_creates_then_updates_by_key(crm: Crm, sales: Funnel) -> None:
    """A deal is created once, in any stage; later rows update it."""
    list(crm.customers.upsert_many([{"key": "c1", "name": "Anna"}], system="erp"))
    known = crm.customers.create("Bruno")
    opened = datetime(2025, 5, 1, 12, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"key": "1", "customer_key": "c1", "title": "Doors", "stage_key": "Payment", "value": Money(5, "EUR")},
        {"key": "2", "customer_id": known.id, "title": "Windows", "opened_at": opened},
        {"key": "3", "customer_key": "unknown", "title": "Walls"},
        {"key": "4", "customer_id": "customer_00000000000070008000000000000009"},
    ]
    results = list(crm.deals.upsert_many(rows, system="erp", funnel_id=sales.id))
    update = {"key": "2", "stage_key": "Measurement", "expected_close": date(2026, 1, 2), "value": Money(7, "EUR")}
    changed = list(crm.deals.upsert_many([update], system="erp"))

    assert ["Done", "Done", "not_found", "not_found"] == [
        one.error.code if isinstance(one, ItemFailed) else "Done" for one in results
    ]
    doors, windows = (one.result for one in results if isinstance(one, ItemSucceeded))
    assert ("Payment", Money(5, "EUR")) == (crm.deals.get(doors.id).stage_key, doors.total)
    assert isinstance(changed[0], ItemSucceeded)
    deal = crm.deals.get(windows.id)
    assert ("Measurement", Money(7, "EUR"), opened, known.id) == (
        deal.stage_key,
        deal.total,
        deal.opened_at,
        deal.customer_id,
    )
    assert 4 == deal.movement_count == len(crm.deals.history(deal.id))
    assert [] == list(crm.tasks.list(deal_id=deal.id))


def test_large_chunk_round_trips_all_values(crm: Crm, sales: Funnel) -> None:
    """A large chunk stores every text, number and None."""
    rows = [
        {"key": str(n), "name": f"O'Brien \\ {n}\tü", "note": "a\nb\\N", "phone": f"+3712{n:07}", "tags": ["x", "y"]}
        for n in range(300)
    ]
    for row in rows:
        row["name"] = str(row["name"]).replace("\t", " ")
    results = list(crm.customers.upsert_many(rows, system="erp", chunk_size=300))

    assert all(isinstance(one, ItemSucceeded) for one in results)
    for one in results[::37]:
        assert isinstance(one, ItemSucceeded)
        assert one.result == crm.customers.get(one.result.id)


def test_pad_to_power_of_two_repeats_options() -> None:
    """Options are padded to a power of two with the last one."""
    assert [(), (1,), (1, 2), (1, 2, 3, 3), (1, 2, 3, 4, 5, 5, 5, 5)] == [
        pad_to_power_of_two(options) for options in ([], [1, 1], [1, 2], [1, 2, 3], [1, 2, 3, 4, 5])
    ]


def test_leads_in_same_chunk_match_each_other(crm: Crm, sales: Funnel) -> None:
    """Rows of one chunk match existing customers and each other."""
    crm.customers.create("Anna", phone="+37120000000")
    rows: list[Any] = [
        {"name": "Anna", "phone": "+371 2000 0000"},
        *({"name": f"Known {n}", "email": f"{n}@example.org"} for n in range(30)),
        {"name": "Bruno", "email": "bruno@example.org", "external_id": ExternalId("erp", "7")},
        {"name": "Bruno", "email": "bruno@example.org", "phone": "+37120000001"},
        {"name": "Bruno", "phone": "+37120000001", "external_id": ExternalId("erp", "7")},
        {"name": "Both", "phone": "+37120000000", "email": "bruno@example.org"},
        {"name": "No number", "phone": "call me"},
        "nonsense",
    ]
    results = list(crm.leads.capture_many(rows, funnel_id=sales.id))

    assert [ItemSucceeded] * 34 + [ItemFailed] * 3 == [type(one) for one in results]
    assert ["ambiguous_customer", "invalid_phone", "invalid_type"] == [
        one.error.code for one in results if isinstance(one, ItemFailed)
    ]
    assert 32 == len({one.result.customer.id for one in results if isinstance(one, ItemSucceeded)})
    assert 34 == len(crm.deals.list())


@pytest.mark.parametrize("customer", ["customer_" + "z" * 32, "unknown", 7, None])
def test_deal_with_invalid_customer_id_is_rejected(crm: Crm, sales: Funnel, customer: Any) -> None:
    """A row with an invalid customer id fails alone."""
    anna = crm.customers.create("Anna")
    rows = [{"key": "1", "customer_id": customer}, {"key": "2", "customer_id": anna.id}]

    assert [ItemFailed, ItemSucceeded] == [
        type(results) for results in crm.deals.upsert_many(rows, system="erp", funnel_id=sales.id)
    ]
