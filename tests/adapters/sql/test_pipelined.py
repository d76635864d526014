"""A pipelined command has the same effect: no write is lost, and a failed pipeline leaves a usable connection."""

import threading
from collections.abc import Iterator

import pytest

from crmcore import Crm, SqlStore
from crmcore.errors import CrmError, DuplicateKeyError, InvalidInputError, NotFoundError, StaleVersionError
from tests.adapters.test_store_contract import truncate_tables

pytestmark = pytest.mark.postgresql


@pytest.fixture
def store(postgresql_url: str) -> Iterator[SqlStore]:
    """A store that does not wait for each statement."""
    store = SqlStore.open(postgresql_url, pipeline=True)
    truncate_tables(store)
    yield store
    store.close()


def test_concurrent_moves_are_all_in_history(store: SqlStore) -> None:
    """Six at once move one deal to and fro: every acknowledged move is in its history, and nothing but conflicts is refused."""
    crm = Crm(store, max_attempts=50)
    sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])
    deal = crm.leads.capture("Anna", funnel_id=sales.id).deal
    moved, failed = [], []

    def move_repeatedly(worker: int) -> None:
        for turn in range(5):
            try:
                done = crm.deals.move(deal.id, stage_key=sales.stages[(worker + turn) % 3].key)
            except CrmError as error:
                failed.append(error)
            else:
                moved.append(done.deal.version)

    hands = [threading.Thread(target=move_repeatedly, args=(hand,)) for hand in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    after = crm.deals.get(deal.id)

    assert [] == failed
    assert after.version == len(crm.deals.history(deal.id)) == after.movement_count == max(moved)


def test_error_leaves_connection_usable(store: SqlStore) -> None:
    """A rejected command raises its own error, and later commands succeed."""
    crm = Crm(store, max_attempts=1)
    customer = crm.customers.create("Anna", phone="+37120000001")
    for n in range(20):
        with store.begin(crm._environment.context, id_generator=crm._environment.id_generator) as ahead:
            seen = ahead.get(type(customer), customer.id)
            assert seen is not None
            customer = crm.customers.rename(customer.id, f"Anna {n}")
            ahead.save(seen.rename("Late", at=customer.created_at))
            with pytest.raises(StaleVersionError) as refused:
                ahead.commit()
        assert (customer.id, seen.version) == (refused.value.id, refused.value.expected_version)
        with pytest.raises(DuplicateKeyError):
            crm.customers.create("Bruno", phone="+37120000001")
        with pytest.raises(NotFoundError):
            crm.deals.get("deal_00000000000070008000000000000009")  # type: ignore[arg-type]  # an id in form

    assert "Anna 19" == crm.customers.get(customer.id).name
    with store.engine.connect() as connection:
        assert not connection.connection.driver_connection.autocommit  # type: ignore[union-attr]  # a psycopg one


def test_batches_and_bulk_commands_work_pipelined(store: SqlStore) -> None:
    """Batches and bulk work over a pipelined store too."""
    crm = Crm(store)
    sales = crm.funnels.create("Windows", stages=["First call"])
    with crm.batch():
        crm.leads.capture("Anna", funnel_id=sales.id)
    results = list(crm.customers.upsert_many(({"key": str(n), "name": "x"} for n in range(200)), system="erp"))

    assert 200 == len(results)
    assert 201 == crm._environment.execute("test", lambda uow: uow.count(type(results[0].result)))  # type: ignore[union-attr]  # a Done


def test_pipeline_without_driver_support_is_rejected() -> None:
    """A database whose driver has no pipeline refuses it."""
    with pytest.raises(InvalidInputError, match="pipeline"):
        SqlStore.open("sqlite://", pipeline=True)
