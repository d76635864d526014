"""Views: they change nothing, and are asked again when their database was busy."""

import pytest

from crmcore import Crm, FrozenClock, MemoryStore
from crmcore.adapters.memory.transaction import MemoryTransaction
from crmcore.errors import Busy
from crmcore.services.ports import Context, Ids


class Tired(MemoryStore):
    """A store that is busy for a while."""

    busy = 0

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> MemoryTransaction:
        if self.busy:
            self.busy -= 1
            raise Busy("40001")
        return super().begin(context, ids=ids, reading=reading)


def test_a_view_is_asked_again() -> None:
    """A busy database is waited for, as long as a story would wait for it and no longer."""
    store = Tired()
    crm = Crm(store, clock=FrozenClock(), attempts=3)
    crm.people.add("Anna")

    store.busy = 2
    assert ["Anna"] == [person.name for person in crm.people.list()]
    store.busy = 3
    with pytest.raises(Busy):
        crm.people.list()
    assert 0 == store.busy
