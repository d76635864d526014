"""In-memory store: for tests, demos and small tools.

It fulfils the contract of the store port, except that records do not outlast the process.

Rule 1: records are frozen, so a transaction is a handful of new ones beside the old, and rolling back is forgetting them.
Rule 2: what a transaction reads is what others have committed, and what it has written itself.
Rule 3: a commit checks all versions and unique keys first and changes something afterwards, under one lock: all of it or nothing.
"""

import threading
from collections import defaultdict
from typing import Any

from crmcore.adapters.memory.tenant_data import TenantData
from crmcore.adapters.memory.transaction import MemoryTransaction
from crmcore.domain.kernel.errors.rules import BusinessRuleError, TransactionClosedError
from crmcore.ports import IdGenerator, RequestContext


class MemoryStore:
    """Keeps the records of all tenants in dictionaries. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: defaultdict[str, TenantData] = defaultdict(TenantData)

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> "MemoryTransaction":
        """Open a transaction."""
        return MemoryTransaction(self._lock, self._tenants[context.tenant], context, id_generator)

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> "MemoryBatch":
        """Open one transaction for many commands."""
        return MemoryBatch(self._lock, self._tenants[context.tenant], context, id_generator)

    def close(self) -> None:
        """Nothing has to be let go."""

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
        """Refuse what comes after the end.

        Raises:
            TransactionClosedError: the batch has ended.
        """
        if not self._open:
            raise TransactionClosedError("batch", "batch_is_over")

    def _require_open(self) -> None:
        self.require_open()
