"""The feed: everything that happened, for whoever wants to follow it from outside, at a pace of their own.

Rule 1: a reader keeps a cursor, and gives it back to go on. It is a text that means nothing to anybody but the feed.
Rule 2: a cursor names the fact that it stands on. When that fact is no longer there, the reader is told so, and never goes on as if
nothing had been missed.
Rule 3: only what is committed has happened. In a batch, or over a store that is joined to the host's transaction, the feed is not read.
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
"""How long facts are kept at least, unless the host says otherwise."""


@record
class FeedPage:
    """Some facts, in order per record, and the place behind them.

    Attributes:
        cursor: what to give to `Feed.read` to go on from here.
    """

    events: Sequence[RecordedEvent] = field(converter=tuple)
    cursor: str


@frozen
class Feed:
    """Everything that happened. None of its stories is a view: a store may number facts when they are first asked for."""

    _environment: Environment

    @command("feed.read")
    def read(self, uow: UnitOfWork, /, *, cursor: str = "", limit: int = 1000) -> FeedPage:
        """Read what happened behind a cursor; from the beginning without one.

        Raises:
            CursorExpiredError: the fact that the cursor stands on was pruned, or the database was restored from before it.
            InvalidInputError: that is no cursor.
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's.
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
        """The cursor behind everything that has happened: take it, then a snapshot, then follow from here.

        Raises:
            TransactionOpenError: as in `read`.
        """
        require_committed(self._environment.store, "read the feed")
        newest = uow.read_events(after=0, limit=1, reverse=True)
        return _encode_cursor(newest[0]) if newest else ""

    @command("feed.prune")
    def prune(self, uow: UnitOfWork, /, *, older_than: timedelta = RETENTION, limit: int = 1000) -> int:
        """Forget the oldest facts: those older than that, which every listener has taken. Tells how many; call again while it is full.

        The newest fact is always kept. A listener that is gone for good holds the feed up until it is taken off by `delete_subscription`.

        Raises:
            OutOfRangeError: a negative age.
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
        """Forget how far a listener has heard."""
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
        raise InvalidInputError("cursor", "must be a text that the feed gave")
    return position, id
