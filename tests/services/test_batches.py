"""Batches: many stories in one commit, each of them still all or nothing."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, MemoryStore, SqlStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.funnels import Funnel
from crmcore.errors import Blank, Conflict, InvalidInput, RuleBroken, Taken
from crmcore.services.ports import Context, Ids, Store, Transaction
from crmcore.services.unit import Unit
from tests.adapters.test_stores import empty

ON_POSTGRESQL = [pytest.param(how, marks=pytest.mark.postgresql) for how in ("postgresql", "without pipeline")]


@pytest.fixture(params=["memory", "sqlite", "file", *ON_POSTGRESQL])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    """A house over each kind of store."""
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
            empty(store)
    crm = Crm(store)
    yield crm
    crm.close()


@pytest.fixture
def sales(crm: Crm) -> Funnel:
    """A funnel, and two people to take turns."""
    crm.people.add("Anna")
    crm.people.add("Bruno")
    return crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])


def elsewhere(story: Callable[[], Any]) -> Any:
    """Tell a story in another thread, and wait for it."""
    told: list[Any] = []
    thread = threading.Thread(target=lambda: told.append(story()))
    thread.start()
    thread.join()
    return told[0]


def customers(crm: Crm, **page: Any) -> Sequence[Customer]:
    """Everybody, or a page of them."""
    return crm.house.run("test", lambda unit: unit.find(Customer, **page), reading=True)


def shares_connections(crm: Crm) -> bool:
    """Whether a second transaction has to wait for the first: in SQLite there is one writer."""
    return "sqlite" in repr(crm.house.store)


def save_and_look(crm: Crm, name: str, email: str, *, fail: bool) -> None:
    """A story that makes the store write in its middle, and may end badly."""

    def tell(unit: Unit) -> None:
        points = (ContactPoint.email(email),)
        unit.save(Customer.add(unit.id("customer"), name, at=unit.now, contact_points=points))
        assert unit.count(Customer) >= 1
        if fail:
            raise Blank("customer.name")

    crm.house.run("test", tell)


def test_one_commit(crm: Crm, sales: Funnel) -> None:
    """Nobody else sees anything of a batch before its end, and everything after it."""
    with crm.batch():
        for n in range(20):
            crm.leads.capture(f"Customer {n}", email=f"{n}@example.org", funnel=sales.id)
        if not shares_connections(crm):
            assert [] == list(elsewhere(crm.deals.list))
        assert 20 == len(crm.deals.list())

    assert 20 == len(elsewhere(crm.deals.list))


def test_same_as_one_by_one(crm: Crm, sales: Funnel) -> None:
    """What a batch leaves is what the same stories leave one by one: records, histories, turns, facts in order."""
    with crm.batch():
        first = crm.leads.capture("Jānis", phone="+37120000001", funnel=sales.id)
        again = crm.leads.capture("Jānis B.", phone="+37120000001", funnel=sales.id)
        crm.deals.move(first.deal.id, to="Measurement")
        crm.deals.move(first.deal.id, to="Payment")
        other = crm.leads.capture("Elza", phone="+37120000002", funnel=sales.id)

    assert first.customer.id == again.customer.id
    assert first.assignment.user != other.assignment.user
    deal = crm.deals.get(first.deal.id)
    assert ("Payment", 3, 3) == (deal.stage, deal.version, deal.moves)
    assert ["First call", "Measurement", "Payment"] == [m.stage_after for m in crm.deals.history(deal.id)]

    def facts(unit: Unit) -> list[tuple[str, int]]:
        return [(f.event.name, f.version) for f in unit.events(after=0, limit=100) if f.subject == deal.id]

    assert [("deal.opened", 1), ("deal.moved", 2), ("deal.moved", 3)] == crm.house.run("test", facts)


def test_failure_undoes_itself(crm: Crm, sales: Funnel) -> None:
    """A story that fails leaves nothing, and the others alone."""
    with crm.batch():
        crm.leads.capture("Anna", email="anna@example.org", funnel=sales.id)
        with pytest.raises(InvalidInput):
            crm.leads.capture("Bad\x00name", email="bad@example.org", funnel=sales.id)
        crm.leads.capture("Bruno", email="bruno@example.org", funnel=sales.id)

    assert ["Anna", "Bruno"] == sorted(deal.title for deal in crm.deals.list())


def test_failure_after_writing(crm: Crm, sales: Funnel) -> None:
    """A story that fails after the store had to write for it leaves nothing either, and what it had claimed is free again."""
    with crm.batch():
        save_and_look(crm, "Anna", "anna@example.org", fail=False)
        with pytest.raises(Blank):
            save_and_look(crm, "Nobody", "nobody@example.org", fail=True)
        save_and_look(crm, "Bruno", "nobody@example.org", fail=False)
        with pytest.raises(Blank):
            save_and_look(crm, "Nobody", "celia@example.org", fail=True)

    assert ["Anna", "Bruno"] == sorted(c.name for c in customers(crm))


@pytest.mark.parametrize("crm", ["sqlite", "file", *ON_POSTGRESQL], indirect=True)
def test_refusal_after_writing(crm: Crm, sales: Funnel) -> None:
    """A key that the database refuses while a story is told is that story's own failure."""
    save_and_look(crm, "Anna", "anna@example.org", fail=False)
    with crm.batch():
        save_and_look(crm, "Bruno", "bruno@example.org", fail=False)
        with pytest.raises(Taken):
            save_and_look(crm, "Other", "anna@example.org", fail=False)
        save_and_look(crm, "Celia", "celia@example.org", fail=False)

    assert ["Anna", "Bruno", "Celia"] == sorted(c.name for c in customers(crm))


def test_error_undoes_all(crm: Crm, sales: Funnel) -> None:
    """An error that leaves the block undoes the whole batch."""
    with pytest.raises(ZeroDivisionError), crm.batch():
        crm.leads.capture("Anna", email="anna@example.org", funnel=sales.id)
        save_and_look(crm, "Bruno", "bruno@example.org", fail=False)
        raise ZeroDivisionError

    assert 0 == len(crm.deals.list())
    assert 0 == len(customers(crm))


def test_refusal_at_the_end_undoes_all(crm: Crm, sales: Funnel) -> None:
    """What the store refuses at the end of a batch is a typed error, and nothing of the batch has happened."""
    customer = crm.customers.add("Anna")
    request = ExternalId("web", "1")
    with pytest.raises(Taken), crm.batch():  # it comes at the end of the block
        crm.leads.capture("Bruno", funnel=sales.id)
        for _ in range(2):
            crm.deals.open("Windows", customer=customer.id, funnel=sales.id, request=request)

    assert 0 == len(crm.deals.list())

    with crm.batch():
        crm.deals.open("Windows", customer=customer.id, funnel=sales.id, request=request)
    assert 1 == len(crm.deals.list())


@pytest.mark.parametrize("crm", ["memory", *ON_POSTGRESQL], indirect=True)
def test_somebody_else_was_faster(crm: Crm, sales: Funnel) -> None:
    """A record that somebody else changed meanwhile undoes the batch by a conflict, where anybody else can write meanwhile."""
    deal = crm.leads.capture("Anna", funnel=sales.id).deal
    with pytest.raises(Conflict), crm.batch():  # it comes at the end of the block
        crm.leads.capture("Bruno", funnel=sales.id, owner=deal.owner)
        crm.deals.move(deal.id, to="Payment")
        elsewhere(lambda: crm.deals.move(deal.id, to="Measurement"))

    assert "Measurement" == crm.deals.get(deal.id).stage
    assert 1 == len(crm.deals.list())


def test_keys(crm: Crm, sales: Funnel) -> None:
    """A key that comes twice in a batch has one effect and one answer, then and later."""
    with crm.batch():
        first = crm.leads.capture("Anna", funnel=sales.id, key="k1")
        again = crm.leads.capture("Anna", funnel=sales.id, key="k1")
    later = crm.leads.capture("Anna", funnel=sales.id, key="k1")

    assert first.deal.id == again.deal.id == later.deal.id
    assert 1 == len(crm.deals.list())


def test_who_acts(crm: Crm, sales: Funnel) -> None:
    """Different people may act in one batch, and each record says who did."""
    with crm.batch():
        mine = crm.acting_as("anna").leads.capture("A", funnel=sales.id).deal
        its = crm.acting_as("bruno").leads.capture("B", funnel=sales.id).deal

    assert ["anna", "bruno"] == [crm.deals.get(id).actor for id in (mine.id, its.id)]
    assert ["anna", "bruno"] == [crm.deals.history(id)[0].actor for id in (mine.id, its.id)]


def test_what_is_refused(crm: Crm, sales: Funnel) -> None:
    """No batch in a batch, no other tenant in it, nothing sent out of it."""
    with crm.batch():
        crm.leads.capture("Anna", funnel=sales.id)
        with pytest.raises(RuleBroken, match="batch"), crm.batch():
            pass
        with pytest.raises(RuleBroken, match="tenant"):
            crm.for_tenant("other").customers.add("Anna")
        for deliver in (crm.deliver, crm.delivery.run):
            with pytest.raises(RuleBroken, match="not committed"):
                deliver()

    assert 1 == len(crm.deals.list())


def test_removed_and_searched(crm: Crm, sales: Funnel) -> None:
    """Stories find what earlier ones have saved, in order and page by page, whether it was written yet or not."""
    with crm.batch():
        for n in range(40):
            crm.customers.add(f"Customer {n:02}")
            assert min(n + 1, 10) == len(customers(crm, limit=10))
        third = customers(crm, limit=10, after=customers(crm, limit=20)[-1])

    assert [f"Customer {n:02}" for n in range(20, 30)] == [c.name for c in third]


def test_store_without_batches() -> None:
    """A store that offers no batches says so by a typed error."""

    class Plain:
        def __init__(self) -> None:
            self._store = MemoryStore()

        def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> Transaction:
            return self._store.begin(context, ids=ids, reading=reading)

        def close(self) -> None:
            """Nothing has to be let go."""

    with pytest.raises(InvalidInput, match="one by one"), Crm(Plain()).batch():
        pass
