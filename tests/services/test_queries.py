"""Queries: read-only, and retried while the database is busy."""

import pytest

from crmcore import Crm, FrozenClock, MemoryStore
from crmcore.adapters.memory.transaction import MemoryTransaction
from crmcore.errors import DatabaseBusyError
from crmcore.ports import IdGenerator, RequestContext


class BusyStore(MemoryStore):
    """A store that is busy for some attempts."""

    busy_count = 0

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> MemoryTransaction:
        if self.busy_count:
            self.busy_count -= 1
            raise DatabaseBusyError("40001")
        return super().begin(context, id_generator=id_generator, read_only=read_only)


def test_query_is_retried_while_database_is_busy() -> None:
    """A query is retried as often as a command, and no more."""
    store = BusyStore()
    crm = Crm(store, clock=FrozenClock(), max_attempts=3)
    crm.users.create("Anna")

    store.busy_count = 2
    assert ["Anna"] == [person.name for person in crm.users.list()]
    store.busy_count = 3
    with pytest.raises(DatabaseBusyError):
        crm.users.list()
    assert 0 == store.busy_count
