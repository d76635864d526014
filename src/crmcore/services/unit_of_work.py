"""Unit of work (PoEAA): what one command or query sees of the store.

It wraps the store's transaction. Every read is limited by the access policy's visibility filter, and every write is authorized, so that no
use case can omit the check.
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
from crmcore.ports import (
    AccessPolicy,
    Aggregate,
    IdGenerator,
    Prefetching,
    Preloading,
    RequestContext,
    Transaction,
    implements,
)

E = TypeVar("E", bound=Entity)
A = TypeVar("A")

MAX_PAGE_SIZE: Final = 1000
"""How many records a caller may read at once."""

CHUNK_SIZE = 500
"""How many records `iterate` reads at once."""


class UnitOfWork:
    """One unit of work.

    Attributes:
        context: tenant, actor and correlation id.
        now: the instant at which the whole command happens.
        command: the name of the command, for the access policy.
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
        self.context: RequestContext = context
        self.now: datetime = now
        self.command: str = command

    def new_id(self, prefix: str) -> Any:
        """Generate the id of a new record."""
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
        """Read a record that must exist.

        Args:
            version: the version that the caller expects (optimistic locking).
            prefetch: fields that refer to records which will be read next, with their entity types; see `prefetch`.

        Raises:
            InvalidIdError: the text is not an id of this entity type.
            NotFoundError: the tenant has no such record that the actor may see.
            StaleVersionError: the record has another version.
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
        """Read a record, or return None.

        The result is None if the id is None, or if the actor may see no such record.
        """
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
        """Find records that the actor may see; see `Transaction.find`."""
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
        """Find records **bypassing the access policy**.

        This is for business rules. Never return these records to the caller.
        """
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
        """Hint that these records will be read next.

        They will be read by `find` or, with `unrestricted`, by `find_unrestricted`.

        A store may then combine round trips. The hint has no other effect.
        """
        transaction = self._transaction
        if implements(transaction, Prefetching):
            where = where if unrestricted else self._restrict(entity_type, where)
            transaction.prefetch_query(entity_type, where, order=order, limit=limit)

    def prefetch(
        self, entity_type: type[Entity], id: str | None, prefetch: Mapping[str, type[Entity]] = EMPTY_MAP, /
    ) -> None:
        """Hint that a record will be read next, and the records it refers to.

        Those are the records that its `prefetch` fields refer to.

        A store may then combine round trips. The hint has no other effect.

        Raises:
            InvalidIdError: the text is not an id of this entity type.
        """
        if id is None:
            return
        check_id(entity_type.meta.prefix, id)
        transaction = self._transaction
        if implements(transaction, Prefetching):
            transaction.prefetch(entity_type, id, prefetch)

    def preload(self, entity_type: type[Entity], where: Criterion, /) -> None:
        """Load, in one query, what later commands of the batch will read.

        Without a batch it does nothing.
        """
        transaction = self._transaction
        if implements(transaction, Preloading):
            transaction.preload(entity_type, where)

    def iterate(self, entity_type: type[E], where: Criterion = MATCH_ALL, /) -> Iterator[E]:
        """Iterate over all records in the order of their ids, a page at a time."""
        page: Sequence[E] = ()
        while not page or len(page) == CHUNK_SIZE:
            page = self.find(entity_type, where, after=page[-1] if page else None, limit=CHUNK_SIZE)
            if not page:
                return
            yield from page

    def first(self, entity_type: type[E], where: Criterion, /) -> E | None:
        """Return the first record that matches a criterion, or None."""
        return next(iter(self.find(entity_type, where, limit=1)), None)

    def count(self, entity_type: type[Entity], where: Criterion = MATCH_ALL, /) -> int:
        """Count the records that the actor may see."""
        return self._transaction.count(entity_type, self._restrict(entity_type, where))

    def entries(self, entity: Entity, /) -> Sequence[Any]:
        """Read the whole log of a record."""
        return self._transaction.entries(type(entity), entity.id)

    def read_events(self, *, after: int, limit: int, reverse: bool = False) -> Sequence[RecordedEvent]:
        """Read the event feed; see `Transaction.read_events`."""
        return self._transaction.read_events(after=after, limit=limit, reverse=reverse)

    def prune_events(self, *, until: int) -> int:
        """Delete the beginning of the event feed; see `Transaction.prune_events`."""
        return self._transaction.prune_events(until=until)

    def save(self, entity: E, /) -> E:
        """Save a record; an unchanged record is not written.

        Raises:
            PermissionDeniedError: the access policy refuses the change.
            StaleVersionError, DuplicateKeyError: see `Transaction.save`.
        """
        self._access_policy.authorize(self.context, self.command, entity)
        return self._transaction.save(entity)

    def delete(self, entity: Entity, /) -> None:
        """Delete a record.

        Raises:
            PermissionDeniedError: the access policy refuses the change.
        """
        self._access_policy.authorize(self.context, self.command, entity)
        self._transaction.delete(entity)

    def execute_query(self, aggregate: Aggregate[A], /) -> A:
        """Evaluate an aggregate, in the store if possible."""
        result = self._transaction.execute_query(aggregate)
        return aggregate.evaluate(self._transaction) if result is None else result

    def visibility_filter(self, entity_type: type[Entity], /) -> Criterion:
        """Return the criterion that limits which records the actor may see."""
        return self._access_policy.visibility_filter(self.context, entity_type)

    def _restrict(self, entity_type: type[Entity], where: Criterion) -> Criterion:
        visibility = self._access_policy.visibility_filter(self.context, entity_type)
        return where if visibility is MATCH_ALL else visibility & where

    def _is_visible(self, entity: Entity) -> bool:
        visibility = self._access_policy.visibility_filter(self.context, type(entity))
        return visibility is MATCH_ALL or matches(visibility, entity)


def check_limit(limit: int) -> None:
    """Refuse a page size outside of 1 to `MAX_PAGE_SIZE`."""
    checked_integer("limit", limit, min=1, max=MAX_PAGE_SIZE)
