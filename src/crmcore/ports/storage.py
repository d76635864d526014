"""What keeps the records. It is small and does not grow with the features: a new kind of record breaks nobody's store.

What a store promises is a suite of tests, `crmcore.testing.contract.suite`.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from attrs import frozen

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.ports.system import IdGenerator

E = TypeVar("E", bound=Entity)
A = TypeVar("A")


@frozen(kw_only=True)
class RequestContext:
    """For whom a story is told.

    Attributes:
        tenant: whose data it is. Nothing of one tenant can be seen by another.
        actor: who acts: a user's id, or any word of the host's, such as ``web form``.
        correlation_id: what the story belongs together with, such as a web request's id.
    """

    tenant: str = fields.text(personal=False, max_length=64, default="default")
    actor: str = fields.text(personal=False, max_length=100, default="system")
    correlation_id: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)


@frozen
class Aggregate(Generic[A]):
    """Something that the read side wants to know, as data; `evaluate` is what it means.

    A store that has a faster way to the same answer offers it in `Transaction.execute_query`. Both are whole numbers and words only, so that
    they can be compared to the bit.
    """

    def evaluate(self, transaction: "Transaction", /) -> A:
        """Count it record by record."""
        raise NotImplementedError


class Transaction(Protocol):
    """One transaction of one tenant. Whoever leaves its block without `commit` has done nothing.

    All of its methods raise `DatabaseBusyError` when the database asks to try again, and `StoreError` when it fails.

    It ends with its commit or with its block, whichever comes first. All of its methods raise `TransactionClosedError` afterwards.

    It may offer `prefetch_query` and `prefetch` besides, which tell what will be asked for soon; see `crmcore.services.unit_of_work.UnitOfWork`. None needs them.
    """

    def get(self, entity_type: type[E], id: str, /) -> E | None:
        """Read a record of this tenant by its id, as this transaction has left it."""
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
        """Read the records that fulfil a criterion, in ascending order of a field and then of the id; what is absent comes first.

        Args:
            order: a field that is indexed, or the id; with ``-`` in front, descending.
            after: the last record of the page before.
            limit: how many at most; None is all.
            skip_locked: whether to pass over what another transaction is working on, and keep others off what is found. A store that
                cannot do it may ignore it: the version check keeps the effect single, at the price of a conflict.
        """
        ...

    def count(self, entity_type: type[E], where: Criterion = MATCH_ALL, /) -> int:
        """Count the records that fulfil a criterion."""
        ...

    def entries(self, entity_type: type[Entity], id: str, /) -> Sequence[Any]:
        """Read all entries that were appended to a record, the oldest first."""
        ...

    def save(self, entity: E, /) -> E:
        """Store a record with its parts, append its entries, and publish its pending events; one that is as it was read stays so.

        Returns:
            The record as it is stored: of the next version, by this actor, with nothing pending.

        Raises:
            StaleVersionError: it was changed, or removed, since it was read; at the latest by `commit`.
            DuplicateKeyError: another record has one of its unique keys; at the latest by `commit`.
        """
        ...

    def delete(self, entity: Entity, /) -> None:
        """Forget a record, its parts and its entries.

        Raises:
            StaleVersionError: as in `save`.
        """
        ...

    def read_events(self, *, after: int = 0, limit: int = 1000, reverse: bool = False) -> Sequence[RecordedEvent]:
        """Read this tenant's feed behind a position: committed facts, in order per record, none of them ever skipped.

        Args:
            reverse: from the feed's end down to that position.
        """
        ...

    def prune_events(self, *, until: int) -> int:
        """Forget the facts up to a position, but never the newest, from which the next one is numbered; tells how many."""
        ...

    def execute_query(self, aggregate: Aggregate[A], /) -> A | None:
        """Answer a question of the read side set-wise; None when this store does not know it, and crmcore then counts itself."""
        ...

    def commit(self) -> None:
        """Make everything of this transaction last, or nothing of it.

        Raises:
            StaleVersionError, DuplicateKeyError: as in `save`.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Store(Protocol):
    """Where records are kept."""

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Transaction:
        """Open a transaction of the context's tenant, in which the context's actor acts.

        Args:
            id_generator: where the ids of published events come from.
            read_only: whether it will write nothing, so that it need not keep others from writing.
        """
        ...

    def close(self) -> None:
        """Let go of connections. Nothing may be begun afterwards."""
        ...


class JoinedStore(Store, Protocol):
    """A store that may be part of a transaction of the host's. A store without this property commits for good.

    Two stores that compare equal are one store: in a batch of the one, commands of the other are part of the batch.
    """

    @property
    def is_joined(self) -> bool:
        """Whether the host ends the transaction, so that what is committed here may still be rolled back."""
        ...


def is_joined(store: Store) -> bool:
    """Check whether what a store commits may still be rolled back by the host; see `JoinedStore`."""
    return bool(getattr(store, "is_joined", False))


class Batch(Protocol):
    """One transaction in which stories are told one after the other. Whoever leaves its block without `commit` has done nothing.

    It ends with its commit or with its block, whichever comes first. Its methods, and those of its transactions, raise
    `TransactionClosedError` afterwards.
    """

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Transaction:
        """Begin a story. It ends well by its `commit`; otherwise it has done nothing, and those before it still have.

        Raises:
            BusinessRuleError: it is another tenant's.
            StaleVersionError, DuplicateKeyError: the store has refused what an earlier story left to be written; then nothing of the batch will last.
        """
        ...

    def commit(self) -> None:
        """Make all stories last, or nothing of them.

        Raises:
            StaleVersionError, DuplicateKeyError: as in `Transaction.save`.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class BatchStore(Store, Protocol):
    """A store that offers to tell many stories in one transaction. A store need not; `crmcore.Crm.batch` is then refused."""

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> Batch:
        """Open one transaction for many stories of the context's tenant."""
        ...
