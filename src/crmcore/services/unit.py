"""The unit of work: what a story sees of the world while it is told.

It is a thin coat over the store's transaction. Every read passes through the policy's eyes and every write through its hands, so that no
story can forget to ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from crmcore.domain.criteria import EVERYTHING, Criterion, matches
from crmcore.domain.errors.broken import NotFound
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.feed import Recorded
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.number import checked_whole
from crmcore.domain.fields.part import NOTHING
from crmcore.domain.ids import check_id
from crmcore.domain.kernel import Entity
from crmcore.services.ports import Context, Ids, Policy, Question, Transaction

E = TypeVar("E", bound=Entity)
A = TypeVar("A")

LONGEST_PAGE: Final = 1000
"""How many records a caller may ask for at once."""

PAGE = 500
"""How many records are read at once where all are asked for."""


class Unit:
    """One unit of work.

    Attributes:
        context: for whom the story is told.
        now: the instant of the whole story.
        story: its name, for the policy.
    """

    __slots__ = ("_ids", "_policy", "_transaction", "context", "now", "story")

    def __init__(
        self, transaction: Transaction, context: Context, *, now: datetime, ids: Ids, policy: Policy, story: str
    ) -> None:
        self._transaction = transaction
        self._ids = ids
        self._policy = policy
        self.context = context
        self.now = now
        self.story = story

    def id(self, prefix: str) -> Any:
        """Make the id of a new record."""
        return self._ids.new(prefix)

    def get(
        self, kind: type[E], id: str, /, *, version: int | None = None, then: Mapping[str, type[Entity]] = NOTHING
    ) -> E:
        """Read a record that must be there.

        Args:
            version: the version that the caller has seen and means, if it matters.
            then: which of its fields name records that will be asked for next, and of what kind they are; see `announce`.

        Raises:
            InvalidId: that is no id of such a record.
            NotFound: there is none in this tenant that the actor may see.
            StaleVersion: it has changed since the caller saw it.
        """
        check_id(kind.shape.kind, id)
        if version is not None:
            checked_whole("expected_version", version)
        if then:
            self.announce(kind, id, then)
        entity = self._transaction.get(kind, id)
        if entity is None or not self._sees(entity):
            raise NotFound(kind.shape.kind, id)
        if version is not None and entity.version != version:
            raise StaleVersion(kind.shape.kind, id, version)
        return entity

    def peek(self, kind: type[E], id: str | None, /) -> E | None:
        """Read a record that another one names, if it is there and the actor may see it."""
        entity = None if id is None else self._transaction.get(kind, id)
        return entity if entity is not None and self._sees(entity) else None

    def find(
        self,
        kind: type[E],
        where: Criterion = EVERYTHING,
        /,
        *,
        order: str = "id",
        after: E | None = None,
        limit: int | None = None,
        lock: bool = False,
    ) -> Sequence[E]:
        """Read records, as `Transaction.find` does, of those that the actor may see."""
        if after is not None:
            checked_type("after", kind, after)
        return self._transaction.find(kind, self._within(kind, where), order=order, after=after, limit=limit, lock=lock)

    def facts(self, kind: type[E], where: Criterion, /, *, limit: int | None = None) -> Sequence[E]:
        """Read records for a rule to judge by, whether or not the actor may see them. A story never hands one of them out."""
        return self._transaction.find(kind, where, limit=limit)

    def foresee(
        self,
        kind: type[Entity],
        where: Criterion,
        /,
        *,
        order: str = "id",
        limit: int | None = None,
        facts: bool = False,
    ) -> None:
        """Say what `find`, or `facts`, will be asked for soon. It changes nothing, and may save a store a trip to its database."""
        foresee = getattr(self._transaction, "foresee", None)
        if foresee is not None:
            foresee(kind, where if facts else self._within(kind, where), order=order, limit=limit)

    def announce(self, kind: type[Entity], id: str | None, then: Mapping[str, type[Entity]] = NOTHING, /) -> None:
        """Say which record will be asked for soon, and which of its fields name others that will. As `foresee`, it changes nothing.

        Raises:
            InvalidId: that is no id of such a record.
        """
        if id is None:
            return
        check_id(kind.shape.kind, id)
        announce = getattr(self._transaction, "announce", None)
        if announce is not None:
            announce(kind, id, then)

    def read_ahead(self, kind: type[Entity], where: Criterion, /) -> None:
        """Read at once what later stories of a batch will ask for one by one. It changes nothing, and where no batch is open it is nothing."""
        read_ahead = getattr(self._transaction, "read_ahead", None)
        if read_ahead is not None:
            read_ahead(kind, where)

    def every(self, kind: type[E], where: Criterion = EVERYTHING, /) -> Iterator[E]:
        """Read records one page at a time, in the order of their ids."""
        page: Sequence[E] = ()
        while not page or len(page) == PAGE:
            page = self.find(kind, where, after=page[-1] if page else None, limit=PAGE)
            if not page:
                return
            yield from page

    def one(self, kind: type[E], where: Criterion, /) -> E | None:
        """Read the first record that fulfils a criterion."""
        return next(iter(self.find(kind, where, limit=1)), None)

    def count(self, kind: type[Entity], where: Criterion = EVERYTHING, /) -> int:
        """Count records, of those that the actor may see."""
        return self._transaction.count(kind, self._within(kind, where))

    def entries(self, entity: Entity, /) -> Sequence[Any]:
        """Read everything that was appended to a record."""
        return self._transaction.entries(type(entity), entity.id)

    def events(self, *, after: int, limit: int, backwards: bool = False) -> Sequence[Recorded]:
        """Read the feed, as `Transaction.events` does."""
        return self._transaction.events(after=after, limit=limit, backwards=backwards)

    def forget_events(self, *, until: int) -> int:
        """Forget the beginning of the feed, as `Transaction.forget_events` does."""
        return self._transaction.forget_events(until=until)

    def save(self, entity: E, /) -> E:
        """Store what has become of a record; one that is as it was read is left alone.

        Raises:
            Forbidden: the actor may not.
            StaleVersion, Taken: as `Transaction.save`.
        """
        self._policy.check(self.context, self.story, entity)
        return self._transaction.save(entity)

    def remove(self, entity: Entity, /) -> None:
        """Forget a record.

        Raises:
            Forbidden: the actor may not.
        """
        self._policy.check(self.context, self.story, entity)
        self._transaction.remove(entity)

    def ask(self, question: Question[A], /) -> A:
        """Answer a question of the read side."""
        answer = self._transaction.ask(question)
        return question.answer(self._transaction) if answer is None else answer

    def visible(self, kind: type[Entity], /) -> Criterion:
        """What the actor may see of a kind."""
        return self._policy.visible(self.context, kind)

    def _within(self, kind: type[Entity], where: Criterion) -> Criterion:
        visible = self._policy.visible(self.context, kind)
        return where if visible is EVERYTHING else visible & where

    def _sees(self, entity: Entity) -> bool:
        visible = self._policy.visible(self.context, type(entity))
        return visible is EVERYTHING or matches(visible, entity)


def check_limit(limit: int) -> None:
    """Keep pages to a size that fits in memory."""
    checked_whole("limit", limit, least=1, most=LONGEST_PAGE)
