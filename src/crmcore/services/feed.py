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

from crmcore.domain.criteria import Is
from crmcore.domain.errors.broken import CursorLost
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.feed import Recorded, Subscription
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_span
from crmcore.domain.kernel import record
from crmcore.services.batches import require_committed
from crmcore.services.house import House, story
from crmcore.services.unit import Unit, check_limit

RETENTION: Final = timedelta(days=7)
"""How long facts are kept at least, unless the host says otherwise."""


@record
class FeedPage:
    """Some facts, in order per record, and the place behind them.

    Attributes:
        cursor: what to give to `Feed.read` to go on from here.
    """

    facts: Sequence[Recorded] = field(converter=tuple)
    cursor: str


@frozen
class Feed:
    """Everything that happened. None of its stories is a view: a store may number facts when they are first asked for."""

    house: House

    @story("feed.read")
    def read(self, unit: Unit, /, *, cursor: str = "", limit: int = 1000) -> FeedPage:
        """Read what happened behind a cursor; from the beginning without one.

        Raises:
            CursorLost: the fact that the cursor stands on was pruned, or the database was restored from before it.
            InvalidInput: that is no cursor.
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's.
        """
        require_committed(self.house.store, "read the feed")
        check_limit(limit)
        if not cursor:
            facts = unit.events(after=0, limit=limit)
            if facts and facts[0].position > 1:
                raise CursorLost("pruned")
            return FeedPage(facts=facts, cursor=_cursor(facts[-1]) if facts else "")
        place, id = _parsed(cursor)
        known, *facts = unit.events(after=place - 1, limit=limit + 1) or (None,)
        if known is None or (known.position, known.id) != (place, id):
            raise CursorLost("pruned" if known is not None and known.position > place else "rewound")
        return FeedPage(facts=facts, cursor=_cursor(facts[-1]) if facts else cursor)

    @story("feed.end")
    def end(self, unit: Unit, /) -> str:
        """The cursor behind everything that has happened: take it, then a snapshot, then follow from here.

        Raises:
            TransactionOpenError: as in `read`.
        """
        require_committed(self.house.store, "read the feed")
        newest = unit.events(after=0, limit=1, backwards=True)
        return _cursor(newest[0]) if newest else ""

    @story("feed.prune")
    def prune(self, unit: Unit, /, *, older_than: timedelta = RETENTION, limit: int = 1000) -> int:
        """Forget the oldest facts: those older than that, which every listener has taken. Tells how many; call again while it is full.

        The newest fact is always kept. A listener that is gone for good holds the feed up until it is taken off by `unsubscribe`.

        Raises:
            OutOfRange: a negative age.
            TransactionOpenError: as in `read`.
        """
        require_committed(self.house.store, "prune the feed")
        check_limit(limit)
        older_than = checked_span("older_than", older_than)
        heard = [listener.position for listener in unit.find(Subscription)]
        oldest = unit.events(after=0, limit=limit)
        old = [*takewhile(lambda fact: fact.event.at < unit.now - older_than, oldest)]
        return unit.forget_events(until=min([old[-1].position, *heard])) if old else 0

    @story("feed.unsubscribe")
    def unsubscribe(self, unit: Unit, name: str, /) -> None:
        """Forget how far a listener has heard."""
        listener = unit.one(Subscription, Is("name", checked_text("name", name)))
        if listener is not None:
            unit.remove(listener)


def _cursor(fact: Recorded) -> str:
    return f"{fact.position:x}.{fact.id}"


def _parsed(cursor: str) -> tuple[int, str]:
    place, dot, id = checked_text("cursor", cursor).partition(".")
    try:
        number = int(place, 16)
    except ValueError:
        number = 0
    if number < 1 or not dot or not id:
        raise InvalidInput("cursor", "must be a text that the feed gave")
    return number, id
