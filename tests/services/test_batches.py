"""Batches: many commands in one commit, each of them atomic."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, MemoryStore, SqlStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.errors import BusinessRuleError, ConflictError, DuplicateKeyError, InvalidInputError, RequiredError
from crmcore.ports import IdGenerator, RequestContext, Store, Transaction
from crmcore.services.unit_of_work import UnitOfWork
from tests.adapters.test_store_contract import truncate_tables

POSTGRESQL_PARAMS = [pytest.param(how, marks=pytest.mark.postgresql) for how in ("postgresql", "without pipeline")]


@pytest.fixture(params=["memory", "sqlite", "file", *POSTGRESQL_PARAMS])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    """A CRM over each type of store."""
    store: Store
    match request.param:
        case "memory":
            store = MemoryStore()
        case "sqlite":
            store = SqlStore.open("sqlite://")
        case "file":
            store = SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
        case _:
            pipeline = None if request.param == "postgresql" else False
            store = SqlStore.open(request.getfixturevalue("postgresql_url"), pipeline=pipeline)
            truncate_tables(store)
    crm = Crm(store)
    yield crm
    crm.close()


@pytest.fixture
def sales(crm: Crm) -> Funnel:
    """A funnel, and two users for the round robin."""
    crm.users.create("Anna")
    crm.users.create("Bruno")
    return crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])


def run_in_thread(call: Callable[[], Any]) -> Any:
    """Run a command in another thread, and wait for it."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join()
    return results[0]


def customers(crm: Crm, **page: Any) -> Sequence[Customer]:
    """All users, or a page of them."""
    return crm._environment.execute("test", lambda uow: uow.find(Customer, **page), read_only=True)


def shares_connections(crm: Crm) -> bool:
    """Check whether the store has a single writer (SQLite)."""
    return "sqlite" in repr(crm._environment.store)


def save_and_find(crm: Crm, name: str, email: str, *, fail: bool) -> None:
    """A command that makes the store flush, and may fail afterwards."""

    def command(uow: UnitOfWork) -> None:
        points = (ContactPoint.email(email),)
        uow.save(Customer.create(uow.new_id("customer"), name, at=uow.now, contact_points=points))
        assert uow.count(Customer) >= 1
        if fail:
            raise RequiredError("customer.name")

    crm._environment.execute("test", command)


def test_batch_is_visible_only_after_commit(crm: Crm, sales: Funnel) -> None:
    """Other transactions see a batch only after its commit."""
    with crm.batch():
        for n in range(20):
            crm.leads.capture(f"Customer {n}", email=f"{n}@example.org", funnel_id=sales.id)
        if not shares_connections(crm):
            assert [] == list(run_in_thread(crm.deals.list))
        assert 20 == len(crm.deals.list())

    assert 20 == len(run_in_thread(crm.deals.list))


def test_batch_result_equals_single_commands(crm: Crm, sales: Funnel) -> None:
    """A batch stores the same records and events as single commands."""
    with crm.batch():
        first = crm.leads.capture("Jānis", phone="+37120000001", funnel_id=sales.id)
        again = crm.leads.capture("Jānis B.", phone="+37120000001", funnel_id=sales.id)
        crm.deals.move(first.deal.id, stage_key="Measurement")
        crm.deals.move(first.deal.id, stage_key="Payment")
        other = crm.leads.capture("Elza", phone="+37120000002", funnel_id=sales.id)

    assert first.customer.id == again.customer.id
    assert first.assignment.user_id != other.assignment.user_id
    deal = crm.deals.get(first.deal.id)
    assert ("Payment", 3, 3) == (deal.stage_key, deal.version, deal.movement_count)
    assert ["First call", "Measurement", "Payment"] == [m.new_stage_key for m in crm.deals.history(deal.id)]

    def event_versions(uow: UnitOfWork) -> list[tuple[str, int]]:
        return [(f.event.name, f.version) for f in uow.read_events(after=0, limit=100) if f.subject_id == deal.id]

    assert [("deal.opened", 1), ("deal.moved", 2), ("deal.moved", 3)] == crm._environment.execute(
        "test", event_versions
    )


def test_failed_command_rolls_back_only_itself(crm: Crm, sales: Funnel) -> None:
    """A failed command is undone; the others stay."""
    with crm.batch():
        crm.leads.capture("Anna", email="anna@example.org", funnel_id=sales.id)
        with pytest.raises(InvalidInputError):
            crm.leads.capture("Bad\x00name", email="bad@example.org", funnel_id=sales.id)
        crm.leads.capture("Bruno", email="bruno@example.org", funnel_id=sales.id)

    assert ["Anna", "Bruno"] == sorted(deal.title for deal in crm.deals.list())


def test_failed_command_after_flush_rolls_back_only_itself(crm: Crm, sales: Funnel) -> None:
    """A failed command is undone after a flush, also its unique keys."""
    with crm.batch():
        save_and_find(crm, "Anna", "anna@example.org", fail=False)
        with pytest.raises(RequiredError):
            save_and_find(crm, "Undone", "undone@example.org", fail=True)
        save_and_find(crm, "Bruno", "undone@example.org", fail=False)
        with pytest.raises(RequiredError):
            save_and_find(crm, "Undone", "celia@example.org", fail=True)

    assert ["Anna", "Bruno"] == sorted(c.name for c in customers(crm))


@pytest.mark.parametrize("crm", ["sqlite", "file", *POSTGRESQL_PARAMS], indirect=True)
def test_duplicate_key_on_flush_fails_only_that_command(crm: Crm, sales: Funnel) -> None:
    """A duplicate key on flush fails its command only."""
    save_and_find(crm, "Anna", "anna@example.org", fail=False)
    with crm.batch():
        save_and_find(crm, "Bruno", "bruno@example.org", fail=False)
        with pytest.raises(DuplicateKeyError):
            save_and_find(crm, "Other", "anna@example.org", fail=False)
        save_and_find(crm, "Celia", "celia@example.org", fail=False)

    assert ["Anna", "Bruno", "Celia"] == sorted(c.name for c in customers(crm))


def test_exception_rolls_back_batch(crm: Crm, sales: Funnel) -> None:
    """An error that leaves the block rolls the batch back."""
    with pytest.raises(ZeroDivisionError), crm.batch():
        crm.leads.capture("Anna", email="anna@example.org", funnel_id=sales.id)
        save_and_find(crm, "Bruno", "bruno@example.org", fail=False)
        raise ZeroDivisionError

    assert 0 == len(crm.deals.list())
    assert 0 == len(customers(crm))


def test_conflict_on_commit_rolls_back_batch(crm: Crm, sales: Funnel) -> None:
    """A conflict on commit is an error, and rolls the batch back."""
    customer = crm.customers.create("Anna")
    request = ExternalId("web", "1")
    with pytest.raises(DuplicateKeyError), crm.batch():  # the error comes at the end of the block
        crm.leads.capture("Bruno", funnel_id=sales.id)
        for _ in range(2):
            crm.deals.open("Windows", customer_id=customer.id, funnel_id=sales.id, request=request)

    assert 0 == len(crm.deals.list())

    with crm.batch():
        crm.deals.open("Windows", customer_id=customer.id, funnel_id=sales.id, request=request)
    assert 1 == len(crm.deals.list())


@pytest.mark.parametrize("crm", ["memory", *POSTGRESQL_PARAMS], indirect=True)
def test_concurrent_change_rolls_back_batch(crm: Crm, sales: Funnel) -> None:
    """A concurrent change of a record rolls the batch back."""
    deal = crm.leads.capture("Anna", funnel_id=sales.id).deal
    with pytest.raises(ConflictError), crm.batch():  # the error comes at the end of the block
        crm.leads.capture("Bruno", funnel_id=sales.id, owner_id=deal.owner_id)
        crm.deals.move(deal.id, stage_key="Payment")
        run_in_thread(lambda: crm.deals.move(deal.id, stage_key="Measurement"))

    assert "Measurement" == crm.deals.get(deal.id).stage_key
    assert 1 == len(crm.deals.list())


def test_idempotency_key_works_within_batch(crm: Crm, sales: Funnel) -> None:
    """A repeated key in a batch has one effect and one result."""
    with crm.batch():
        first = crm.leads.capture("Anna", funnel_id=sales.id, idempotency_key="k1")
        again = crm.leads.capture("Anna", funnel_id=sales.id, idempotency_key="k1")
    later = crm.leads.capture("Anna", funnel_id=sales.id, idempotency_key="k1")

    assert first.deal.id == again.deal.id == later.deal.id
    assert 1 == len(crm.deals.list())


def test_batch_records_actor_per_command(crm: Crm, sales: Funnel) -> None:
    """Each record has the actor of its command."""
    with crm.batch():
        mine = crm.acting_as("anna").leads.capture("A", funnel_id=sales.id).deal
        its = crm.acting_as("bruno").leads.capture("B", funnel_id=sales.id).deal

    assert ["anna", "bruno"] == [crm.deals.get(id).actor for id in (mine.id, its.id)]
    assert ["anna", "bruno"] == [crm.deals.history(id)[0].actor for id in (mine.id, its.id)]


def test_nested_batch_other_tenant_and_delivery_are_rejected(crm: Crm, sales: Funnel) -> None:
    """Nested batches, other tenants and delivery are rejected."""
    with crm.batch():
        crm.leads.capture("Anna", funnel_id=sales.id)
        with pytest.raises(BusinessRuleError, match="batch"), crm.batch():
            pass
        with pytest.raises(BusinessRuleError, match="tenant"):
            crm.for_tenant("other").customers.create("Anna")
        for deliver in (crm.deliver, crm.outbox.run):
            with pytest.raises(BusinessRuleError, match="not committed"):
                deliver()

    assert 1 == len(crm.deals.list())


def test_commands_find_records_of_earlier_commands(crm: Crm, sales: Funnel) -> None:
    """Queries in a batch find the records of earlier commands, flushed or not."""
    with crm.batch():
        for n in range(40):
            crm.customers.create(f"Customer {n:02}")
            assert min(n + 1, 10) == len(customers(crm, limit=10))
        third = customers(crm, limit=10, after=customers(crm, limit=20)[-1])

    assert [f"Customer {n:02}" for n in range(20, 30)] == [c.name for c in third]


def test_store_without_batches_is_rejected() -> None:
    """A store without batches raises `InvalidInputError`."""

    class Plain:
        def __init__(self) -> None:
            self._store = MemoryStore()

        def begin(
            self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
        ) -> Transaction:
            return self._store.begin(context, id_generator=id_generator, read_only=read_only)

        def close(self) -> None:
            """Do nothing."""

    with pytest.raises(InvalidInputError, match="must offer batch"), Crm(Plain()).batch():
        pass
