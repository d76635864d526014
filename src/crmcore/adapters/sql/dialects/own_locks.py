"""Self-deadlock detection: rejects locks that the same thread holds.

SQLite has one writer, and an in-memory database has one connection. A thread that holds either of them and requests it again would wait
until the timeout, because no other thread releases it. Such a request is rejected immediately.
"""

import os
import threading
from typing import Final
from weakref import WeakSet, WeakValueDictionary

from sqlalchemy import Connection, Engine, QueuePool

from crmcore.domain.kernel.errors.rules import TransactionOpenError

Lock = tuple[int, str]
"""A thread, and the database whose lock it holds."""

_HELD_LOCKS: Final[WeakValueDictionary[Lock, object]] = WeakValueDictionary()
"""The connection that holds each lock. A connection that was garbage-collected holds none."""


class _JoinedLocks(threading.local):
    """The connections of hosts that this thread's transactions are joined to."""

    def __init__(self) -> None:
        self.connections: WeakSet[Connection] = WeakSet()


_JOINED_LOCKS: Final = _JoinedLocks()


def acquire(holder: object, engine: Engine, *, writes: bool) -> Lock | None:
    """Register that this thread takes the only lock of a database.

    Returns:
        The lock; None if the database has no such lock.

    Raises:
        TransactionOpenError: the thread holds the lock already.
    """
    lock = _lock_of(engine, writes=writes)
    if lock is None:
        return None
    _require_free(lock)
    for connection in _JOINED_LOCKS.connections:
        if connection.in_transaction() and lock == _lock_of(connection.engine, writes=True):
            raise _locked_error("of the host is open in this thread, and locks the database; commit it first")
    _HELD_LOCKS[lock] = holder
    return lock


def release(lock: Lock | None) -> None:
    """Unregister a lock, from any thread."""
    if lock is not None:
        _HELD_LOCKS.pop(lock, None)


def require_not_held(engine: Engine) -> None:
    """Reject a host transaction that would deadlock with its own thread.

    Raises:
        TransactionOpenError: a transaction of crmcore in this thread holds the lock.
    """
    lock = _lock_of(engine, writes=True)
    if lock is not None and not engine.dialect.is_async:  # an asynchronous driver does not block the thread
        _require_free(lock)


def register_joined(connection: Connection) -> None:
    """Register a host connection that a transaction of crmcore joins."""
    if connection.dialect.name == "sqlite" and not connection.dialect.is_async:
        _JOINED_LOCKS.connections.add(connection)


def _lock_of(engine: Engine, *, writes: bool) -> Lock | None:
    if engine.dialect.name != "sqlite":
        return None
    database = engine.url.database
    if database in {None, "", ":memory:"}:
        has_one = isinstance(engine.pool, QueuePool) and engine.pool.size() == 1
        return (threading.get_ident(), f"memory {id(engine)}") if has_one else None
    return (threading.get_ident(), os.path.realpath(str(database))) if writes else None


def _require_free(lock: Lock) -> None:
    if lock in _HELD_LOCKS:
        raise _locked_error("is open in this thread, and locks the database; call this after its end")


def _locked_error(advice: str) -> TransactionOpenError:
    return TransactionOpenError("transaction", "database_is_locked", advice)
