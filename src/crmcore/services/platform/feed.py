"""Event feed: read the stored domain events with a cursor.

Invariants:
1. A reader keeps an opaque cursor, and passes it to read the next events.
2. A cursor names the last event that the reader got. If that event does not exist, the read fails and skips nothing.
3. The feed contains committed events only. It cannot be read in a batch, or over a store that is joined to the host's transaction.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Final

from attrs import field, frozen

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.rules import CursorExpiredError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.fields.time import checked_duration
from crmcore.domain.platform.feed import RecordedEvent, Subscription
from crmcore.services.batches import require_committed
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit

RETENTION: Final = timedelta(days=7)
"""Default minimum age of events that `Feed.prune` deletes."""


@record
class FeedPage:
    """A page of events, in order per record.

    Attributes:
        cursor: the cursor for the next page; see `Feed.read`.
    """

    events: Sequence[RecordedEvent] = field(converter=tuple)
    cursor: str


@frozen
class Feed:
    """Event feed.

    Its reads are commands, because a store may assign sequence numbers on first read.
    """

    _environment: Environment

    @command("feed.read")
    def read(self, uow: UnitOfWork, /, *, cursor: str = "", limit: int = 1000) -> FeedPage:
        """Read the events after a cursor; from the start of the feed without one.

        Raises:
            CursorExpiredError: the event of the cursor was pruned, or an older backup was restored.
            InvalidInputError: the cursor is invalid.
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host.
        """
        require_committed(self._environment.store, "read the feed")
        check_limit(limit)
        if not cursor:
            events = uow.read_events(after=0, limit=limit)
            if events and events[0].position > 1:
                raise CursorExpiredError("pruned")
            return FeedPage(events=events, cursor=_encode_cursor(events[-1]) if events else "")
        position, id = _parse_cursor(cursor)
        current, *events = uow.read_events(after=position - 1, limit=limit + 1) or (None,)
        if current is None or (current.position, current.id) != (position, id):
            raise CursorExpiredError("pruned" if current is not None and current.position > position else "rewound")
        return FeedPage(events=events, cursor=_encode_cursor(events[-1]) if events else cursor)

    @command("feed.latest_cursor")
    def latest_cursor(self, uow: UnitOfWork, /) -> str:
        """Return the cursor after the last event.

        To start from a snapshot: get the cursor, take the snapshot, then read after the cursor.

        Raises:
            TransactionOpenError: as in `read`.
        """
        require_committed(self._environment.store, "read the feed")
        newest = uow.read_events(after=0, limit=1, reverse=True)
        return _encode_cursor(newest[0]) if newest else ""

    @command("feed.prune")
    def prune(self, uow: UnitOfWork, /, *, older_than: timedelta = RETENTION, limit: int = 1000) -> int:
        """Delete old events that every subscription has read, and return how many.

        Call it again while the result equals `limit`. The newest event is always kept. A subscription that is no longer in use blocks
        pruning; remove it with `delete_subscription`.

        Raises:
            OutOfRangeError: the age is negative.
            TransactionOpenError: as in `read`.
        """
        require_committed(self._environment.store, "prune the feed")
        check_limit(limit)
        older_than = checked_duration("older_than", older_than)
        read_positions = [subscription.position for subscription in uow.find(Subscription)]
        oldest_events = uow.read_events(after=0, limit=limit)
        prunable = [*takewhile(lambda event: event.event.at < uow.now - older_than, oldest_events)]
        return uow.prune_events(until=min([prunable[-1].position, *read_positions])) if prunable else 0

    @command("feed.delete_subscription")
    def delete_subscription(self, uow: UnitOfWork, name: str, /) -> None:
        """Delete a subscription with its cursor."""
        subscription = uow.first(Subscription, Eq("name", checked_text("name", name)))
        if subscription is not None:
            uow.delete(subscription)


def _encode_cursor(event: RecordedEvent) -> str:
    return f"{event.position:x}.{event.id}"


def _parse_cursor(cursor: str) -> tuple[int, str]:
    position_text, separator, id = checked_text("cursor", cursor).partition(".")
    try:
        position = int(position_text, 16)
    except ValueError:
        position = 0
    if position < 1 or not separator or not id:
        raise InvalidInputError("cursor", "must be a cursor that the feed returned")
    return position, id
