"""Storage port: `Store`, `Transaction` and optional capabilities.

The port does not grow with the features: a new entity type needs no new method. `crmcore.testing.contract.suite` is the contract of a
store, as a suite of tests. The optional capabilities are `JoinedStore`, `BatchStore`, `Analyzing`, `Prefetching` and `Preloading`; the
services work without each of them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeGuard, TypeVar, runtime_checkable

from attrs import frozen

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.ports.system import IdGenerator

E = TypeVar("E", bound=Entity)
A = TypeVar("A")
T = TypeVar("T")


@frozen(kw_only=True)
class RequestContext:
    """Tenant, actor and correlation id of a command or query (multi-tenant).

    Attributes:
        tenant: the owner of the data. A tenant cannot read or change the data of another tenant.
        actor: the id of the acting user, or any name that the host chooses, such as ``web form``.
        correlation_id: the id of the host's operation, such as a web request.
    """

    tenant: str = fields.text(personal=False, max_length=64, default="default")
    actor: str = fields.text(personal=False, max_length=100, default="system")
    correlation_id: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)


@frozen
class Aggregate(Generic[A]):
    """A query of the read side, as data.

    `evaluate` is the reference implementation. A store may compute the same result faster in `Transaction.execute_query`. Results consist
    of integers and texts only, so that both results are equal exactly.
    """

    def evaluate(self, transaction: "Transaction", /) -> A:
        """Compute the result record by record."""
        raise NotImplementedError


class Transaction(Protocol):
    """A transaction of one tenant.

    Leaving its block without `commit` rolls it back.

    The transaction ends with its commit or with its block. After its end, every method raises `TransactionClosedError`. Every method
    raises `DatabaseBusyError` if the database asks for a retry, and `StoreError` if the database fails.
    """

    def get(self, entity_type: type[E], id: str, /) -> E | None:
        """Read a record by id, with the changes of this transaction."""
        ...

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
        """Find records by criterion, ordered by a field and then by id.

        None sorts first.

        Args:
            order: an indexed field, or ``id``; a ``-`` in front sorts descending.
            after: the last record of the previous page (keyset pagination).
            limit: the maximum number of records; None means all.
            skip_locked: skip the records that another transaction has locked, and lock the found ones. A store without row locks may
                ignore it: the version check then rejects the second writer with a conflict.
        """
        ...

    def count(self, entity_type: type[E], where: Criterion = MATCH_ALL, /) -> int:
        """Count the records that match a criterion."""
        ...

    def entries(self, entity_type: type[Entity], id: str, /) -> Sequence[Any]:
        """List all log entries of a record, oldest first."""
        ...

    def save(self, entity: E, /) -> E:
        """Store a record with child records, log entries and pending events.

        An unchanged record is not written.

        Returns:
            The stored record: the next version, changed by this actor, without pending events.

        Raises:
            StaleVersionError: another transaction changed or deleted the record after it was read; at the latest on `commit`.
            DuplicateKeyError: another record has one of its unique keys; at the latest on `commit`.
        """
        ...

    def delete(self, entity: Entity, /) -> None:
        """Delete a record, its child records and its log entries.

        Raises:
            StaleVersionError: as in `save`.
        """
        ...

    def read_events(self, *, after: int = 0, limit: int = 1000, reverse: bool = False) -> Sequence[RecordedEvent]:
        """Read the committed events of this tenant after a position.

        The events of one record keep their order. No event is skipped.

        Args:
            reverse: read from the end of the feed down to the position.
        """
        ...

    def prune_events(self, *, until: int) -> int:
        """Delete the events up to a position, and return how many.

        The newest event is always kept, because the next position follows from it.
        """
        ...

    def execute_query(self, aggregate: Aggregate[A], /) -> A | None:
        """Compute an aggregate in the store; None if it is not supported.

        After None, the caller computes it with `Aggregate.evaluate`.
        """
        ...

    def commit(self) -> None:
        """Commit all changes of this transaction, or none.

        Raises:
            StaleVersionError, DuplicateKeyError: as in `save`.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Store(Protocol):
    """Opens transactions over stored records."""

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Transaction:
        """Begin a transaction for the tenant and the actor of a context.

        Args:
            id_generator: makes the ids of stored events.
            read_only: the transaction will not write, so it need not block writers.
        """
        ...

    def close(self) -> None:
        """Close the connections. No transaction may begin afterwards."""
        ...


class JoinedStore(Store, Protocol):
    """A store that may join a transaction of the host.

    A store without this property commits its own transactions. Stores that compare equal are treated as one store: in a batch of one,
    the commands of the other are part of the batch.
    """

    @property
    def is_joined(self) -> bool:
        """Whether the host ends the transaction, and may still roll it back."""
        ...


def implements(instance: object, protocol: type[T]) -> TypeGuard[T]:
    """Check whether a store or a transaction offers an optional capability.

    The answer is kept per class.
    """
    return _is_implemented(type(instance), protocol)  # type: ignore[arg-type]  # classes are hashable


@cache
def _is_implemented(implementation: type, protocol: type) -> bool:
    return issubclass(implementation, protocol)


def is_joined(store: Store) -> bool:
    """Check whether the host may still roll back a store's commits."""
    return bool(getattr(store, "is_joined", False))


class Batch(Protocol):
    """One database transaction for a sequence of commands.

    Leaving its block without `commit` rolls it back.

    The batch ends with its commit or with its block. After its end, its methods and those of its transactions raise
    `TransactionClosedError`.
    """

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Transaction:
        """Begin the transaction of one command.

        Without its `commit`, the command is undone and the earlier commands of the batch remain.

        Raises:
            BusinessRuleError: the context names another tenant.
            StaleVersionError, DuplicateKeyError: the store rejected the writes of an earlier command; the whole batch is then rolled back.
        """
        ...

    def commit(self) -> None:
        """Commit all commands of the batch, or none.

        Raises:
            StaleVersionError, DuplicateKeyError: as in `Transaction.save`.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@runtime_checkable
class BatchStore(Store, Protocol):
    """A store that runs many commands in one transaction (optional).

    Without it, `crmcore.Crm.batch` raises `InvalidInputError`, and bulk commands use one transaction for each item.
    """

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> Batch:
        """Open one transaction for many commands of the context's tenant."""
        ...


@runtime_checkable
class Analyzing(Protocol):
    """A store whose query planner uses statistics (optional capability)."""

    def analyze(self) -> None:
        """Update the planner's statistics.

        Bulk commands call it after many new records.
        """
        ...


@runtime_checkable
class Prefetching(Protocol):
    """A transaction that sends expected reads ahead (optional capability).

    A prefetch is a hint: it changes no result. A store that pipelines statements combines the expected reads into one round trip.
    """

    def prefetch(self, entity_type: type[Entity], id: str, prefetch: Mapping[str, type[Entity]], /) -> None:
        """Expect `get` of a record, and of the records that it refers to.

        Args:
            prefetch: the fields that hold ids, each with the entity type that it refers to.
        """
        ...

    def prefetch_query(
        self, entity_type: type[Entity], where: Criterion, /, *, order: str = "id", limit: int | None = None
    ) -> None:
        """Expect `find` with these arguments."""
        ...


@runtime_checkable
class Preloading(Protocol):
    """A transaction of a batch that reads ahead (optional capability)."""

    def preload(self, entity_type: type[Entity], where: Criterion, /) -> None:
        """Load the records that match a criterion, for later commands.

        A transaction with unwritten changes ignores it.
        """
        ...
