"""Django store: records in Django's database and its transactions.

Invariants:
    1. Each command, view and batch is one `atomic` block. Django begins, commits and rolls back, and sets and releases savepoints.
    2. Statements run on a plain cursor of the driver. Django's own cursors and converters are set up for its ORM.
    3. A block that Django, or the database, can only roll back is never reported as committed.
    4. Messages and events are sent after the outermost block has committed.
"""

from typing import Any, Final, Protocol, cast

from sqlalchemy.exc import DBAPIError

from crmcore.adapters.django_connection import URLS, AtomicConnection, sqlalchemy_connection
from crmcore.adapters.sql.compile.statement_cache import StatementCache, statement_cache_for
from crmcore.adapters.sql.dialects import preflight
from crmcore.adapters.sql.dialects.row_level_security import SET_TENANT_SQL
from crmcore.adapters.sql.engines import Durability
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.schema.errors import translate
from crmcore.adapters.sql.schema.migrations import version
from crmcore.adapters.sql.schema.tables import Schema
from crmcore.adapters.sql.session.batch import SqlBatch
from crmcore.adapters.sql.session.feed import SqlFeed
from crmcore.adapters.sql.session.projections import DealCounters
from crmcore.adapters.sql.session.transaction import SqlTransaction
from crmcore.adapters.sql.store import default_schema
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError, UnsafeEngineError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.ports import IdGenerator, RequestContext

try:
    from django.db import connections, transaction
except ImportError:
    raise MissingDependencyError("Django hosts", "django") from None

DRIVERS: Final = frozenset({"sqlite3.dbapi2", "psycopg"})
"""The modules of the drivers that Django may use."""
OPTIONS: Final = {
    "sqlite": '{"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"}',
    "postgresql": '{"options": "-c synchronous_commit=on"}',
}
"""The settings of a database that loses no writes, in the form of Django's ``OPTIONS``."""


class Delivers(Protocol):
    """A `crmcore.Crm`."""

    _environment: Any

    def deliver(self, *, limit: int = 100) -> object:
        """Send the messages and events that are due."""
        ...


class DjangoStore:
    """Stores records in a Django database: SQLite or PostgreSQL (psycopg 3).

    Inside an `atomic` block, a command runs in a savepoint: a command that fails undoes only itself. Without a block, each command is a
    transaction. Threads and requests may share one store; each uses the connection that Django keeps for it.

    Args:
        alias: the alias of the database in Django's ``DATABASES``.
        schema: the tables; those of `make_schema()` by default. All stores over the same tables share one schema.
        durability: as for `crmcore.SqlStore`.
        row_level_security: as for `crmcore.SqlStore`.

    The first command or view inspects the database, and raises:
        InvalidInputError: it is neither SQLite nor PostgreSQL by psycopg 3, or row-level security is set for SQLite.
        UnsafeEngineError: it could lose writes. The error lists the problems and the ``OPTIONS`` to set.
    """

    def __init__(
        self,
        alias: str = "default",
        *,
        schema: Schema | None = None,
        durability: Durability = "full",
        row_level_security: bool = False,
    ) -> None:
        self.alias = alias
        self.schema: Schema = schema or default_schema()
        self._durability = durability
        self._row_level_security = row_level_security
        self._inspected: tuple[Any, StatementCache] | None = None

    @property
    def is_joined(self) -> bool:
        """Whether a command would join an open transaction of the host.

        The host can still roll that transaction back.

        The block that Django's `TestCase` opens around each test does not count, as for ``durable=True``.
        """
        connection = connections[self.alias]
        if not connection.in_atomic_block:
            is_connected = connection.connection is not None
            return not (connection.autocommit if is_connected else connection.settings_dict["AUTOCOMMIT"])
        blocks = connection.atomic_blocks
        return not (blocks and getattr(blocks[-1], "_from_testcase", False))

    def create_tables(self) -> None:
        """Create the missing tables and record the version of the schema.

        A migration may call it.

        Raises:
            SchemaOutdatedError: the tables are those of an older release; see `crmcore migrate`.
        """
        with transaction.atomic(using=self.alias), sqlalchemy_connection(connections[self.alias]) as connection:
            version.create_tables(connection, self.schema)

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> SqlTransaction:
        """Begin a transaction, or a savepoint in the open transaction."""
        return SqlTransaction(self._open_executor(context, read_only=read_only), context, id_generator)

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> SqlBatch:
        """Begin one transaction, or one savepoint, for many commands."""
        return SqlBatch(self._open_executor(context, read_only=False), context)

    def analyze(self) -> None:
        """Update the planner's statistics after a bulk import, on PostgreSQL."""
        if connections[self.alias].vendor == "postgresql" and not self.is_joined:
            with transaction.atomic(using=self.alias), sqlalchemy_connection(connections[self.alias]) as connection:
                version.analyze(connection, self.schema)

    def close(self) -> None:
        """Do nothing: Django closes its connections."""

    def __eq__(self, other: object) -> bool:
        """Return whether both use the same database and the same tables."""
        return isinstance(other, DjangoStore) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"DjangoStore({self.alias!r})"

    def _key(self) -> tuple[str, int, bool]:
        return self.alias, id(self.schema), self._row_level_security

    def _open_executor(self, context: RequestContext, *, read_only: bool) -> Executor:
        host = connections[self.alias]
        if host.vendor not in URLS or host.Database.__name__ not in DRIVERS:
            driver = f"{host.vendor} by {host.Database.__name__}"
            raise InvalidInputError(
                "alias", f"must name SQLite, or PostgreSQL by psycopg 3; {self.alias!r} is {driver}"
            )
        try:
            connection = AtomicConnection(self.alias, read_only=read_only)
            try:
                return self._build_executor(connection, context)
            except BaseException:
                connection.rollback()
                connection.close()
                raise
        except DBAPIError as error:
            raise translate(cast(Exception, error.orig), self.schema.constraint_keys) from None
        except host.Database.Error as error:
            raise translate(error, self.schema.constraint_keys) from None

    def _build_executor(self, connection: AtomicConnection, context: RequestContext) -> Executor:
        settings = connections[self.alias].settings_dict
        if self._inspected is None or self._inspected[0] is not settings:
            self._inspected = settings, self._inspect()
        executor = Executor(self._inspected[1], connection)
        if self._row_level_security:
            executor.execute(SET_TENANT_SQL, (context.tenant,))
        return executor

    def _inspect(self) -> StatementCache:
        """Inspect the database before the first write."""
        host = connections[self.alias]
        if self._row_level_security and host.vendor != "postgresql":
            raise InvalidInputError("row_level_security", f"is for PostgreSQL, and this is {host.vendor}")
        problems: list[str] = []
        with sqlalchemy_connection(host) as connection:
            snapshots = False
            try:
                snapshots = preflight.check(connection, durability=self._durability)
            except UnsafeEngineError as unsafe:
                problems += unsafe.problems
            if host.vendor == "sqlite" and not _begins_as_writer(host):
                problems.append(
                    "transactions begin DEFERRED, and of two that read and then write SQLite refuses one at once"
                )
            if problems:
                cure = f"set DATABASES[{self.alias!r}]['OPTIONS'] to {OPTIONS[host.vendor]} (ADR-0004)"
                raise UnsafeEngineError((*problems, cure))
            return statement_cache_for(
                self.schema, connection.dialect, feed=SqlFeed, counters=DealCounters, snapshot_isolation=snapshots
            )


def deliver_on_commit(crm: Delivers, *, limit: int = 100) -> None:
    """Deliver after commit of the outermost `atomic` block.

    Without an open block, it delivers at once.

    Django logs errors of `crm.deliver` (``django.db.backends.base``), because the transaction is committed already. The next
    `crm.deliver` sends the remaining messages.

    Args:
        limit: as for `crmcore.Crm.deliver`.

    Raises:
        InvalidInputError: the store is no `DjangoStore`.
    """
    store = crm._environment.store  # one package
    if not isinstance(store, DjangoStore):
        raise InvalidInputError("store", f"must be a DjangoStore, not {type(store).__name__}")

    def deliver() -> None:
        crm.deliver(limit=limit)

    transaction.on_commit(deliver, using=store.alias, robust=True)


def _begins_as_writer(host: Any) -> bool:
    """Return whether blocks on SQLite take the write lock when they begin.

    A database in memory has one connection and needs no lock.
    """
    return host.transaction_mode in {"IMMEDIATE", "EXCLUSIVE"} or host.is_in_memory_db()
