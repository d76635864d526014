"""A pipelined story is the same story: nobody's write is lost, and a failed pipeline leaves a sound connection."""

import threading
from collections.abc import Iterator

import pytest

from crmcore import Crm, SqlStore
from crmcore.errors import CrmError, InvalidInput, NotFound, StaleVersion, Taken
from tests.adapters.test_stores import empty

pytestmark = pytest.mark.postgresql


@pytest.fixture
def store(postgresql_url: str) -> Iterator[SqlStore]:
    """A store that does not wait for each statement."""
    store = SqlStore.open(postgresql_url, pipeline=True)
    empty(store)
    yield store
    store.close()


def test_one_deal_and_many_hands(store: SqlStore) -> None:
    """Six at once move one deal to and fro: every acknowledged move is in its history, and nothing but conflicts is refused."""
    crm = Crm(store, attempts=50)
    sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])
    deal = crm.leads.capture("Anna", funnel=sales.id).deal
    moved, failed = [], []

    def move(hand: int) -> None:
        for turn in range(5):
            try:
                done = crm.deals.move(deal.id, to=sales.stages[(hand + turn) % 3].key)
            except CrmError as error:
                failed.append(error)
            else:
                moved.append(done.deal.version)

    hands = [threading.Thread(target=move, args=(hand,)) for hand in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    after = crm.deals.get(deal.id)

    assert [] == failed
    assert after.version == len(crm.deals.history(deal.id)) == after.moves == max(moved)


def test_failures_leave_a_sound_connection(store: SqlStore) -> None:
    """What is refused by name stays so, and the stories behind it find nothing amiss."""
    crm = Crm(store, attempts=1)
    customer = crm.customers.add("Anna", phone="+37120000001")
    for n in range(20):
        with store.begin(crm.house.context, ids=crm.house.ids) as ahead:
            seen = ahead.get(type(customer), customer.id)
            assert seen is not None
            customer = crm.customers.rename(customer.id, f"Anna {n}")
            ahead.save(seen.rename("Late", at=customer.added_at))
            with pytest.raises(StaleVersion) as refused:
                ahead.commit()
        assert (customer.id, seen.version) == (refused.value.id, refused.value.expected)
        with pytest.raises(Taken):
            crm.customers.add("Bruno", phone="+37120000001")
        with pytest.raises(NotFound):
            crm.deals.get("deal_00000000000070008000000000000009")  # type: ignore[arg-type]  # an id in form

    assert "Anna 19" == crm.customers.get(customer.id).name
    with store.engine.connect() as connection:
        assert not connection.connection.driver_connection.autocommit  # type: ignore[union-attr]  # a psycopg one


def test_batches_and_many(store: SqlStore) -> None:
    """Batches and bulk work over a pipelined store too."""
    crm = Crm(store)
    sales = crm.funnels.create("Windows", stages=["First call"])
    with crm.batch():
        crm.leads.capture("Anna", funnel=sales.id)
    told = list(crm.customers.upsert_many(({"key": str(n), "name": "x"} for n in range(200)), system="erp"))

    assert 200 == len(told)
    assert 201 == crm.house.run("test", lambda unit: unit.count(type(told[0].result)))  # type: ignore[union-attr]  # a Done


def test_only_where_there_is_one() -> None:
    """A database whose driver has no pipeline refuses it."""
    with pytest.raises(InvalidInput, match="pipeline"):
        SqlStore.open("sqlite://", pipeline=True)
