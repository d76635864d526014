"""The inbox: what other systems tell us is applied once, in the same transaction in which it is noted that it came."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.criteria import Compare, Is
from crmcore.domain.errors.conflicts import Conflict, KeyReused
from crmcore.domain.errors.given import InvalidInput, WrongType
from crmcore.domain.fields.number import checked_whole
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_span
from crmcore.domain.inbox import Arrival, Counterpart, Reception
from crmcore.services.batches import batch_of
from crmcore.services.house import House, story
from crmcore.services.unit import Unit, check_limit

RETENTION: Final = timedelta(days=30)
"""How long it is remembered that a message came, unless the host says otherwise: longer than any sender tries again."""


@frozen
class Inbox:
    """What comes in from other systems."""

    house: House

    def take(
        self,
        source: str,
        id: str,
        apply: Callable[[], object],
        /,
        *,
        about: str | None = None,
        edition: int | None = None,
    ) -> Reception:
        """Take a message in: once, however often and in whatever order messages come.

        Verify first that it is the source's (`crmcore.Verifier`); here it is believed.

        Args:
            source: which system it comes from, as a word of the host's.
            id: of the message, as the source gave it.
            apply: tells the stories that the message asks for. They are one transaction with the note that it came, and are told again
                from the beginning when somebody else was faster; so it may do nothing else. Commands of another store are refused.
            about: the id, at the source, of the record that the message is about.
            edition: which edition of that record it tells: a number that only rises, such as a version or a time in microseconds.

        Returns:
            What became of it. Each of the three is a success, and what a web host answers with 200.

        Raises:
            InvalidInput: an edition of nothing, or a record without one.
            RuleBroken: a batch is open; each message is one of its own.
            TransactionOpenError: it was called inside a command, or `apply` calls a command of another store.
            (others): whatever the stories raise; then the message has not come.
        """
        source = checked_text("source", source, limit=60)
        id = checked_text("id", id, limit=255)
        if about is not None:
            about = checked_text("about", about, limit=255)
        if edition is not None:
            checked_whole("edition", edition)
        if (about is None) != (edition is None):
            raise InvalidInput("edition", "and about go together: which record, and which edition of it")
        if not callable(apply):
            raise WrongType("apply", f"must be a function, not {type(apply).__name__}")
        attempt = 1
        while True:
            try:
                return self._take(source, id, apply, about, edition)
            except Conflict as conflict:
                if attempt >= self.house.attempts or isinstance(conflict, KeyReused):
                    raise
            self.house.clock.pause(attempt)
            attempt += 1

    @story("inbox.tidy")
    def tidy(self, unit: Unit, /, *, older_than: timedelta = RETENTION, limit: int = 1000) -> int:
        """Forget that messages came which are older than that; tells how many. Editions are kept."""
        check_limit(limit)
        older_than = checked_span("older_than", older_than)
        old = unit.find(Arrival, Compare("arrived_at", "<", unit.now - older_than), order="arrived_at", limit=limit)
        for arrival in old:
            unit.remove(arrival)
        return len(old)

    def _take(
        self, source: str, id: str, apply: Callable[[], object], about: str | None, edition: int | None
    ) -> Reception:
        house = self.house
        with batch_of(house.store, house.context, house.ids):
            outcome = self._note(source, id, about, edition)
            if outcome is Reception.APPLIED:
                apply()
        return outcome

    @story("inbox.note")
    def _note(self, unit: Unit, source: str, id: str, about: str | None, edition: int | None, /) -> Reception:
        """Note that a message came, and decide what becomes of it."""
        if unit.one(Arrival, Is("key", id) & Is("source", source)) is not None:
            return Reception.REPEATED
        outcome = Reception.APPLIED
        if about is not None and edition is not None and not _renew(unit, source, about, edition):
            outcome = Reception.OUTDATED
        unit.save(Arrival(id=unit.id("arrival"), source=source, key=id, outcome=outcome, arrived_at=unit.now))
        return outcome


def _renew(unit: Unit, source: str, about: str, edition: int) -> bool:
    """Note an edition, if it is newer than what was heard of last; the record's version keeps two at once apart."""
    known = unit.one(Counterpart, Is("key", about) & Is("source", source))
    if known is not None and known.edition >= edition:
        return False
    new = Counterpart(id=unit.id("counterpart"), source=source, key=about, edition=edition)
    unit.save(new if known is None else known.renew(edition))
    return True
