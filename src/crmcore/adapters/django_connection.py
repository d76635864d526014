"""Django connections: `atomic` blocks, plain cursors and SQLAlchemy.

Invariants:
    1. Only Django begins, commits, rolls back, sets and releases savepoints, opens and closes.
    2. No functions and no types are registered on the connection, because Django's ORM relies on its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, make_url

from crmcore.adapters.sql.store import TRANSACTION_ABORTED
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError, StoreError, UnsafeEngineError

try:
    from django.db import Error as DjangoError, connections, transaction
except ImportError:
    raise MissingDependencyError("Django hosts", "django") from None

URLS: Final = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}
"""The SQLAlchemy dialect of each Django vendor."""
AUTOCOMMIT_IS_OFF: Final = "autocommit is off, and on SQLite the driver then commits at each savepoint; use atomic(), and neither AUTOCOMMIT=False nor set_autocommit"


class AtomicConnection:
    """An `atomic` block, entered for one command, view or batch.

    Attributes:
        cursor: a cursor of the driver, on Django's connection.
    """

    has_failed = False

    def __init__(self, alias: str, *, read_only: bool = False) -> None:
        self._host = connections[alias]
        self._committed = False
        self._is_outermost = False
        self._block: Any = None
        with self._unwrapped_errors():
            self._host.ensure_connection()
            self._host.validate_no_broken_transaction()
            if self._host.vendor == "sqlite" and self._host.connection.isolation_level is not None:
                raise UnsafeEngineError((AUTOCOMMIT_IS_OFF,))
            self._is_outermost = not self._host.in_atomic_block and self._host.get_autocommit()
            block = transaction.atomic(using=alias)
            with self._deferred() if read_only and self._is_outermost else nullcontext():
                block.__enter__()
        self._block = block
        if self._is_outermost:
            self._host.on_commit(self._note_commit)
        self.cursor: Any = _plain_cursor(self._host)

    @property
    def is_innermost(self) -> bool:
        """Whether the host has entered no further block."""
        return bool(self._host.atomic_blocks) and self._host.atomic_blocks[-1] is self._block

    def before_write(self) -> None:
        """Do nothing: the block is a savepoint already."""

    def commit(self) -> None:
        """Leave the block: commit it, or release its savepoint.

        Raises:
            StoreError: the block can only be rolled back.
            (others): errors of ``on_commit`` callbacks, after the commit.
        """
        if self._host.needs_rollback or _is_aborted(self._host):
            raise StoreError(TRANSACTION_ABORTED)
        with self._unwrapped_errors():
            self._leave(None)

    def rollback(self) -> None:
        """Roll back to the start of the block, and leave it.

        If the rollback fails, Django closes the connection, or marks the outer block so that it cannot be committed.
        """
        with suppress(DjangoError):
            self._leave(_UndoneError())

    def close(self) -> None:
        """Close the cursor."""
        self.cursor.close()

    def _leave(self, error: BaseException | None) -> None:
        block, self._block = self._block, None
        if block is not None:
            block.__exit__(error and type(error), error, None)

    def _note_commit(self) -> None:
        self._committed = True

    @contextmanager
    def _unwrapped_errors(self) -> Iterator[None]:
        """Raise the driver's error that Django has wrapped.

        After the commit, errors of callbacks are raised as they are.
        """
        try:
            yield
        except DjangoError as error:
            if self._committed:
                raise
            if isinstance(error.__cause__, self._host.Database.Error):
                raise error.__cause__ from None
            raise StoreError(TRANSACTION_ABORTED) from error

    @contextmanager
    def _deferred(self) -> Iterator[None]:
        """Begin a view on SQLite without the write lock."""
        if self._host.vendor != "sqlite":
            yield
            return
        mode, self._host.transaction_mode = self._host.transaction_mode, "DEFERRED"
        try:
            yield
        finally:
            self._host.transaction_mode = mode


class _UndoneError(Exception):
    """Causes a block to roll back."""


def _is_aborted(host: Any) -> bool:
    """Return whether the database has ended or aborted the transaction.

    It does so after some errors, even if the host catches them.
    """
    raw = host.connection
    if host.vendor == "sqlite":
        return not raw.in_transaction
    return bool(raw.info.transaction_status.name == "INERROR")


def _plain_cursor(host: Any) -> Any:
    """Open a cursor of the driver that returns plain tuples of driver types."""
    if host.vendor == "postgresql":
        return _psycopg_cursor()(host.connection)
    cursor = host.connection.cursor()
    cursor.row_factory = None
    return cursor


@cache
def _psycopg_cursor() -> Any:
    import psycopg
    from psycopg.rows import tuple_row

    class PlainCursor(psycopg.Cursor[Any]):
        """A cursor with psycopg's default adapters, not the connection's."""

        def __init__(self, connection: Any) -> None:
            super().__init__(connection, row_factory=tuple_row)

        @property
        def adapters(self) -> psycopg.adapt.AdaptersMap:
            return psycopg.adapters

    return PlainCursor


class _BorrowedConnection:
    """A driver connection without commit, rollback and close."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def cursor(self) -> Any:
        return _plain_cursor(self._host)

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host.connection, name)


@contextmanager
def sqlalchemy_connection(host: Any) -> Iterator[Connection]:
    """Use Django's connection through SQLAlchemy, inside an `atomic` block.

    `create_engine` is not used: on connect it replaces SQL functions of Django on SQLite, and registers types on PostgreSQL.
    """
    url = make_url(URLS[host.vendor])
    dialect_class: Any = url.get_dialect()
    options = {"use_native_hstore": False} if host.vendor == "postgresql" else {}
    dialect = dialect_class(dbapi=dialect_class.import_dbapi(), **options)
    pool = NullPool(lambda: _BorrowedConnection(host), dialect=dialect)
    with Engine(pool, dialect, url).connect() as connection:
        dialect.initialize(connection)
        yield connection
