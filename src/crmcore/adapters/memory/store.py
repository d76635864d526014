"""In-memory store: for tests, demos and small tools.

It fulfils the contract of the store port, except that records do not outlast the process.

Invariants:
    1. Records are immutable. A transaction keeps new versions beside the stored ones, and a rollback drops them.
    2. A transaction reads committed records and its own changes (read committed).
    3. A commit checks all versions and unique keys first and then applies all changes, under one lock: it is atomic.
"""

import threading
from collections import defaultdict
from typing import Any

from crmcore.adapters.memory.tenant_data import TenantData
from crmcore.adapters.memory.transaction import MemoryTransaction
from crmcore.domain.kernel.errors.rules import BusinessRuleError, TransactionClosedError
from crmcore.ports import IdGenerator, RequestContext


class MemoryStore:
    """Stores the records of all tenants in dictionaries; it is thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: defaultdict[str, TenantData] = defaultdict(TenantData)

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> "MemoryTransaction":
        """Begin a transaction."""
        return MemoryTransaction(self._lock, self._tenants[context.tenant], context, id_generator)

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> "MemoryBatch":
        """Begin one transaction for many commands (a batch)."""
        return MemoryBatch(self._lock, self._tenants[context.tenant], context, id_generator)

    def close(self) -> None:
        """Do nothing: there are no resources to release."""

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._tenants)} tenants)"


class _BatchedTransaction(MemoryTransaction):
    """One command of a batch."""

    def __init__(self, *args: Any, batch: "MemoryBatch") -> None:
        super().__init__(*args)
        self._batch = batch
        self.tracker = batch.tracker.copy()

    def commit(self) -> None:
        """End the command successfully."""
        self._require_open()
        self._batch.tracker = self.tracker
        self._end()

    def _require_open(self) -> None:
        super()._require_open()
        self._batch.require_open()


class MemoryBatch(MemoryTransaction):
    """One transaction for many commands (a batch).

    Each command works on a copy of the changes and replaces them when it succeeds.
    """

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> MemoryTransaction:
        """Begin a command."""
        self.require_open()
        if context.tenant != self._context.tenant:
            raise BusinessRuleError(
                "batch", "batch_of_other_tenant", "belongs to another tenant; run this command outside of it"
            )
        return _BatchedTransaction(self._lock, self._data, context, id_generator, batch=self)

    def require_open(self) -> None:
        """Raise an error after the end.

        Raises:
            TransactionClosedError: the batch has ended.
        """
        if not self._open:
            raise TransactionClosedError("batch", "batch_is_over")

    def _require_open(self) -> None:
        self.require_open()
