"""SQLite's log is folded into its file when the host says so."""

from pathlib import Path

import pytest

from crmcore import Crm, MemoryStore, SqlStore


def test_checkpoint_empties_wal(tmp_path: Path) -> None:
    """After a checkpoint nothing is left in the log, and the file alone holds everything."""
    path = tmp_path / "crm.db"
    store = SqlStore.open(f"sqlite:///{path}")
    crm = Crm(store)
    for n in range(20):
        crm.customers.create(f"Customer {n}")
    before = path.stat().st_size
    left = store.checkpoint()

    assert 0 == left
    assert before < path.stat().st_size
    store.close()


def test_checkpoint_with_active_reader_is_partial(tmp_path: Path) -> None:
    """Pages that a reader needs stay in the log, and the checkpoint does not wait for the reader."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    crm = Crm(store)
    crm.customers.create("First")
    with store.begin(crm._environment.context, id_generator=crm._environment.id_generator, read_only=True) as reader:
        assert reader.get(type(crm.customers.create("x")), "customer_00000000000070008000000000000001") is None
        crm.customers.create("Second")

        assert store.checkpoint() > 0
    assert 0 == store.checkpoint()
    store.close()


@pytest.mark.postgresql
def test_checkpoint_on_other_database_does_nothing(postgresql_url: str) -> None:
    """A database without such a log is left alone."""
    store = SqlStore.open(postgresql_url)

    assert 0 == store.checkpoint()
    store.analyze()
    store.close()
    assert not hasattr(MemoryStore(), "checkpoint")
