"""Health: how far behind the house is with what leaves it and what comes due, for a monitor to ask every minute."""

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.criteria import Compare, Is, OneOf
from crmcore.domain.feed import Subscription
from crmcore.domain.kernel import record
from crmcore.domain.messages import Message, MessageState
from crmcore.domain.occurrences import Occurrence, OccurrenceState
from crmcore.services.batches import require_committed
from crmcore.services.house import House, story
from crmcore.services.unit import Unit

COUNTED: Final = 100
"""Up to how many facts that a listener has not heard are counted."""

_WAITING: Final = (MessageState.QUEUED, MessageState.LEASED)


@record
class ListenerHealth:
    """How far behind a listener is.

    Attributes:
        name: of the listener.
        behind: how many facts it has not heard; 100 means that many or more.
        oldest: when the first of them happened.
        failures: how often in a row it refused; it rests then.
    """

    name: str
    behind: int
    oldest: datetime | None
    failures: int


@record
class Health:
    """How the house is, of one tenant.

    Attributes:
        at: when it was looked at.
        messages: how many are due and have not left.
        oldest_message: since when the longest due of them is due.
        dead_messages: how many were given up; see `Crm.delivery.replay`.
        occurrences: how many are due and have not been looked at.
        oldest_occurrence: since when the longest due of them is due.
        dead_occurrences: how many were given up; see `Crm.due.replay`.
        listeners: how far behind each is.
    """

    at: datetime
    messages: int
    oldest_message: datetime | None
    dead_messages: int
    occurrences: int
    oldest_occurrence: datetime | None
    dead_occurrences: int
    listeners: tuple[ListenerHealth, ...]

    @property
    def message_lag(self) -> timedelta:
        """How long the longest due message has been waiting."""
        return _since(self.oldest_message, self.at)

    @property
    def occurrence_lag(self) -> timedelta:
        """How long the longest due work has been waiting."""
        return _since(self.oldest_occurrence, self.at)

    @property
    def listener_lag(self) -> timedelta:
        """How long the oldest fact has been waiting for a listener."""
        return max((_since(one.oldest, self.at) for one in self.listeners), default=timedelta(0))

    def complaints(self, *, lag: timedelta = timedelta(minutes=10)) -> tuple[str, ...]:
        """What a monitor should wake somebody for, as words: nothing waits longer than that, and nothing is dead.

        Example:
            >>> from crmcore import Crm
            >>> Crm().health().complaints()
            ()
        """
        found = {
            "messages_late": self.message_lag > lag,
            "messages_dead": self.dead_messages > 0,
            "work_late": self.occurrence_lag > lag,
            "work_dead": self.dead_occurrences > 0,
            "listeners_late": self.listener_lag > lag,
        }
        return tuple(word for word, is_so in found.items() if is_so)


@frozen
class Checkup:
    """Looks at the house."""

    house: House

    @story("health.look")  # and no view: a store may number facts when they are first asked for
    def look(self, unit: Unit, /) -> Health:
        """Tell how the house is.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's: it reads the feed.
        """
        require_committed(self.house.store, "check the health")
        late_messages = OneOf("state", _WAITING) & Compare("due_at", "<=", unit.now)
        late_work = Is("state", OccurrenceState.PENDING) & Compare("due_at", "<=", unit.now)
        message = next(iter(unit.find(Message, late_messages, order="due_at", limit=1)), None)
        work = next(iter(unit.find(Occurrence, late_work, order="due_at", limit=1)), None)
        return Health(
            at=unit.now,
            messages=unit.count(Message, late_messages) if message else 0,
            oldest_message=message.due_at if message else None,
            dead_messages=unit.count(Message, Is("state", MessageState.DEAD)),
            occurrences=unit.count(Occurrence, late_work) if work else 0,
            oldest_occurrence=work.due_at if work else None,
            dead_occurrences=unit.count(Occurrence, Is("state", OccurrenceState.DEAD)),
            listeners=self._listeners(unit),
        )

    def _listeners(self, unit: Unit) -> tuple[ListenerHealth, ...]:
        known = {one.name: one for one in unit.find(Subscription)}
        found = []
        for name in sorted({*known, *self.house.publishers}):
            listener = known.get(name)
            unheard = unit.events(after=listener.position if listener else 0, limit=COUNTED)
            found.append(
                ListenerHealth(
                    name=name,
                    behind=len(unheard),
                    oldest=unheard[0].event.at if unheard else None,
                    failures=listener.failures if listener else 0,
                )
            )
        return tuple(found)


def _since(then: datetime | None, now: datetime) -> timedelta:
    return timedelta(0) if then is None else max(now - then, timedelta(0))
