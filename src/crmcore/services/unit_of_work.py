"""The unit of work: what a story sees of the world while it is told.

It is a thin coat over the store's transaction. Every read passes through the policy's eyes and every write through its hands, so that no
story can forget to ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, matches
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.conflicts import StaleVersionError
from crmcore.domain.kernel.errors.rules import NotFoundError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.composite import EMPTY_MAP
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.kernel.ids import check_id
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.ports import AccessPolicy, Aggregate, IdGenerator, RequestContext, Transaction

E = TypeVar("E", bound=Entity)
A = TypeVar("A")

MAX_PAGE_SIZE: Final = 1000
"""How many records a caller may ask for at once."""

CHUNK_SIZE = 500
"""How many records are read at once where all are asked for."""


class UnitOfWork:
    """One unit of work.

    Attributes:
        context: for whom the story is told.
        now: the instant of the whole story.
        command: its name, for the policy.
    """

    __slots__ = ("_access_policy", "_id_generator", "_transaction", "command", "context", "now")

    def __init__(
        self,
        transaction: Transaction,
        context: RequestContext,
        *,
        now: datetime,
        id_generator: IdGenerator,
        access_policy: AccessPolicy,
        command: str,
    ) -> None:
        self._transaction = transaction
        self._id_generator = id_generator
        self._access_policy = access_policy
        self.context = context
        self.now = now
        self.command = command

    def new_id(self, prefix: str) -> Any:
        """Make the id of a new record."""
        return self._id_generator.new(prefix)

    def get(
        self,
        entity_type: type[E],
        id: str,
        /,
        *,
        version: int | None = None,
        prefetch: Mapping[str, type[Entity]] = EMPTY_MAP,
    ) -> E:
        """Read a record that must be there.

        Args:
            version: the version that the caller has seen and means, if it matters.
            prefetch: which of its fields name records that will be asked for next, and of what kind they are; see `prefetch`.

        Raises:
            InvalidIdError: that is no id of such a record.
            NotFoundError: there is none in this tenant that the actor may see.
            StaleVersionError: it has changed since the caller saw it.
        """
        check_id(entity_type.meta.prefix, id)
        if version is not None:
            checked_integer("expected_version", version)
        if prefetch:
            self.prefetch(entity_type, id, prefetch)
        entity = self._transaction.get(entity_type, id)
        if entity is None or not self._is_visible(entity):
            raise NotFoundError(entity_type.meta.prefix, id)
        if version is not None and entity.version != version:
            raise StaleVersionError(entity_type.meta.prefix, id, version)
        return entity

    def get_or_none(self, entity_type: type[E], id: str | None, /) -> E | None:
        """Read a record that another one names, if it is there and the actor may see it."""
        entity = None if id is None else self._transaction.get(entity_type, id)
        return entity if entity is not None and self._is_visible(entity) else None

    def find(
        self,
        entity_type: type[E],
        where: Criterion = MATCH_ALL,
        /,
        *,
        order: str = "id",
        after: E | None = None,
        limit: int | None = None,
        skip_locked: bool = False,
    ) -> Sequence[E]:
        """Read records, as `Transaction.find` does, of those that the actor may see."""
        if after is not None:
            checked_type("after", entity_type, after)
        return self._transaction.find(
            entity_type,
            self._restrict(entity_type, where),
            order=order,
            after=after,
            limit=limit,
            skip_locked=skip_locked,
        )

    def find_unrestricted(self, entity_type: type[E], where: Criterion, /, *, limit: int | None = None) -> Sequence[E]:
        """Read records for a rule to judge by, whether or not the actor may see them. A story never hands one of them out."""
        return self._transaction.find(entity_type, where, limit=limit)

    def prefetch_query(
        self,
        entity_type: type[Entity],
        where: Criterion,
        /,
        *,
        order: str = "id",
        limit: int | None = None,
        unrestricted: bool = False,
    ) -> None:
        """Say what `find`, or `unrestricted`, will be asked for soon. It changes nothing, and may save a store a trip to its database."""
        prefetch_query = getattr(self._transaction, "prefetch_query", None)
        if prefetch_query is not None:
            prefetch_query(
                entity_type, where if unrestricted else self._restrict(entity_type, where), order=order, limit=limit
            )

    def prefetch(
        self, entity_type: type[Entity], id: str | None, prefetch: Mapping[str, type[Entity]] = EMPTY_MAP, /
    ) -> None:
        """Say which record will be asked for soon, and which of its fields name others that will. As `prefetch_query`, it changes nothing.

        Raises:
            InvalidIdError: that is no id of such a record.
        """
        if id is None:
            return
        check_id(entity_type.meta.prefix, id)
        hint = getattr(self._transaction, "prefetch", None)
        if hint is not None:
            hint(entity_type, id, prefetch)

    def preload(self, entity_type: type[Entity], where: Criterion, /) -> None:
        """Read at once what later stories of a batch will ask for one by one. It changes nothing, and where no batch is open it is nothing."""
        preload = getattr(self._transaction, "preload", None)
        if preload is not None:
            preload(entity_type, where)

    def iterate(self, entity_type: type[E], where: Criterion = MATCH_ALL, /) -> Iterator[E]:
        """Read records one page at a time, in the order of their ids."""
        page: Sequence[E] = ()
        while not page or len(page) == CHUNK_SIZE:
            page = self.find(entity_type, where, after=page[-1] if page else None, limit=CHUNK_SIZE)
            if not page:
                return
            yield from page

    def first(self, entity_type: type[E], where: Criterion, /) -> E | None:
        """Read the first record that fulfils a criterion."""
        return next(iter(self.find(entity_type, where, limit=1)), None)

    def count(self, entity_type: type[Entity], where: Criterion = MATCH_ALL, /) -> int:
        """Count records, of those that the actor may see."""
        return self._transaction.count(entity_type, self._restrict(entity_type, where))

    def entries(self, entity: Entity, /) -> Sequence[Any]:
        """Read everything that was appended to a record."""
        return self._transaction.entries(type(entity), entity.id)

    def read_events(self, *, after: int, limit: int, reverse: bool = False) -> Sequence[RecordedEvent]:
        """Read the feed, as `Transaction.read_events` does."""
        return self._transaction.read_events(after=after, limit=limit, reverse=reverse)

    def prune_events(self, *, until: int) -> int:
        """Forget the beginning of the feed, as `Transaction.prune_events` does."""
        return self._transaction.prune_events(until=until)

    def save(self, entity: E, /) -> E:
        """Store what has become of a record; one that is as it was read is left alone.

        Raises:
            PermissionDeniedError: the actor may not.
            StaleVersionError, DuplicateKeyError: as `Transaction.save`.
        """
        self._access_policy.authorize(self.context, self.command, entity)
        return self._transaction.save(entity)

    def delete(self, entity: Entity, /) -> None:
        """Forget a record.

        Raises:
            PermissionDeniedError: the actor may not.
        """
        self._access_policy.authorize(self.context, self.command, entity)
        self._transaction.delete(entity)

    def execute_query(self, aggregate: Aggregate[A], /) -> A:
        """Answer a question of the read side."""
        result = self._transaction.execute_query(aggregate)
        return aggregate.evaluate(self._transaction) if result is None else result

    def visibility_filter(self, entity_type: type[Entity], /) -> Criterion:
        """What the actor may see of a kind."""
        return self._access_policy.visibility_filter(self.context, entity_type)

    def _restrict(self, entity_type: type[Entity], where: Criterion) -> Criterion:
        visibility = self._access_policy.visibility_filter(self.context, entity_type)
        return where if visibility is MATCH_ALL else visibility & where

    def _is_visible(self, entity: Entity) -> bool:
        visibility = self._access_policy.visibility_filter(self.context, type(entity))
        return visibility is MATCH_ALL or matches(visibility, entity)


def check_limit(limit: int) -> None:
    """Keep pages to a size that fits in memory."""
    checked_integer("limit", limit, min=1, max=MAX_PAGE_SIZE)
