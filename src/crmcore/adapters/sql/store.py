"""SQL store: SQLite, PostgreSQL, MariaDB and MySQL.

Records are in separate tables, in the host's database or in another one. With an engine, the store begins and commits its own transactions.
With the host's connection or session, the writes are part of the host's transaction.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import PendingRollbackError, TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from crmcore.adapters.sql.compile.statement_cache import statement_cache_for
from crmcore.adapters.sql.dialects import preflight
from crmcore.adapters.sql.dialects.read_replica import ReadReplica
from crmcore.adapters.sql.dialects.row_level_security import SET_TENANT_SQL
from crmcore.adapters.sql.engines import Durability, can_pipeline, make_engine
from crmcore.adapters.sql.execute.connections import (
    IMMEDIATE,
    JoinedConnection,
    PooledConnection,
    TransactionConnection,
)
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.execute.replica_connections import connect_primary, connect_replica
from crmcore.adapters.sql.schema.migrations import version
from crmcore.adapters.sql.schema.tables import Schema, make_schema
from crmcore.adapters.sql.session.batch import SqlBatch
from crmcore.adapters.sql.session.feed import SqlFeed
from crmcore.adapters.sql.session.projection_audit import CounterAudit, CounterMismatch
from crmcore.adapters.sql.session.projections import DealCounters
from crmcore.adapters.sql.session.transaction import SqlTransaction
from crmcore.domain.kernel.errors.conflicts import DatabaseBusyError
from crmcore.domain.kernel.errors.infrastructure import StoreError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.ports import IdGenerator, RequestContext

TRANSACTION_ABORTED: Final = "25P02"
"""The SQLSTATE of an aborted transaction: here, of a host."""


class SqlStore:
    """Stores records in a relational database.

    Args:
        host: an engine; or the host's connection or session, whose transaction is joined. A joined store is valid for one transaction.
        schema: the tables; by default those of `make_schema()`. All stores on the same tables need the same object.
        durability: ``full``: commits survive a power failure, and engines without this guarantee are rejected. ``relaxed``: a power failure
            may lose the last commits.
        read_replica: an engine of a PostgreSQL replica. Queries go there, and see at least the writes of this store for their tenant
            (`crmcore.adapters.sql.dialects.read_replica`).
        pipeline: whether to use libpq pipelines (`crmcore.adapters.sql.execute.pipelined`); None uses them where possible: psycopg, an
            engine as host, no replica.
        row_level_security: whether each transaction sets its tenant for PostgreSQL (`crmcore.adapters.sql.dialects.row_level_security`).

    Raises:
        UnsafeEngineError: the engine would lose writes; see `crmcore.adapters.sql.dialects.sqlite.prepare`.
        InvalidInputError: the database supports no replicas, row-level security or pipelines.
    """

    def __init__(
        self,
        host: Engine | Connection | Session,
        *,
        schema: Schema | None = None,
        durability: Durability = "full",
        read_replica: Engine | None = None,
        row_level_security: bool = False,
        pipeline: bool | None = None,
    ) -> None:
        self.schema: Schema = schema or default_schema()
        self._host = host
        dialect = (host.get_bind() if isinstance(host, Session) else host).dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._row_level_security = row_level_security
        if dialect.name != "postgresql" and (row_level_security or read_replica is not None):
            raise InvalidInputError(
                "row_level_security" if row_level_security else "read_replica",
                f"is for PostgreSQL, and this is {dialect.name}",
            )
        supports_pipeline = can_pipeline(dialect)
        self._uses_pipeline = (
            supports_pipeline and pipeline is not False and isinstance(host, Engine) and read_replica is None
        )
        if pipeline and not supports_pipeline:
            raise InvalidInputError(
                "pipeline",
                f"is for PostgreSQL by psycopg over libpq 14, and this is {dialect.name} by {dialect.driver}",
            )
        self._read_replica = None if read_replica is None else ReadReplica(read_replica)
        snapshot_isolation = preflight.check(host, durability=durability)
        self._statements = statement_cache_for(
            self.schema, dialect, feed=SqlFeed, counters=DealCounters, snapshot_isolation=snapshot_isolation
        )

    @classmethod
    def open(
        cls,
        url: str,
        *,
        durability: Durability = "full",
        create: bool = True,
        pipeline: bool | None = None,
        **engine_options: Any,
    ) -> Self:
        """Open a database by its URL, and create missing tables.

        Args:
            url: of SQLAlchemy, such as ``sqlite:///crm.db``.
            durability: see the class.
            create: whether to create missing tables.
            pipeline: see the class.
            engine_options: of `sqlalchemy.create_engine`.

        Raises:
            InvalidInputError: that is no URL of a database.
            MissingDependencyError: the database's driver is not installed.
        """
        store = cls(make_engine(url, durability=durability, **engine_options), durability=durability, pipeline=pipeline)
        if create:
            store.create_tables()
        return store

    @property
    def engine(self) -> Engine:
        """The engine of the store, or of the host's connection."""
        host = self._host
        bind = host.get_bind() if isinstance(host, Session) else host
        return bind if isinstance(bind, Engine) else bind.engine

    @property
    def is_joined(self) -> bool:
        """Whether the host ends the transaction; see `crmcore.ports.JoinedStore`."""
        return not isinstance(self._host, Engine)

    def create_tables(self) -> None:
        """Create missing tables, and record the version of the schema.

        Raises:
            SchemaOutdatedError: the tables belong to an older release; see `crmcore migrate`.
        """
        with self._require_engine("create tables").begin() as connection:
            version.create_tables(connection, self.schema)

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> SqlTransaction:
        """Begin a transaction."""
        return SqlTransaction(self._executor(context, read_only=read_only), context, id_generator)

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> SqlBatch:
        """Begin one transaction for many commands."""
        return SqlBatch(self._executor(context, read_only=False), context)

    def last_write_lsn(self, tenant: str) -> str | None:
        """Return the LSN after the tenant's last commit; see `require_lsn`."""
        return self._read_replica.last_write_lsn(tenant) if self._read_replica else None

    def require_lsn(self, tenant: str, lsn: str) -> None:
        """Require replicas to have replayed an LSN for a tenant's queries.

        The LSN is from `last_write_lsn` of another process, for example in a cookie.

        Raises:
            InvalidInputError: the text is not an LSN.
        """
        if self._read_replica:
            self._read_replica.require_lsn(tenant, lsn)

    def analyze(self) -> None:
        """Update PostgreSQL's statistics, for example after an import."""
        host = self._host
        if isinstance(host, Engine) and host.dialect.name == "postgresql":
            with host.begin() as connection:
                version.analyze(connection, self.schema)

    def verify_counters(self, *, tenant: str | None = None, repair: bool = True) -> Sequence[CounterMismatch]:
        """Compare the counters of boards with the deals, and repair them.

        Call it after writes that bypass crmcore, such as scripts or restored tables. Commands may run at the same time. With PostgreSQL's
        REPEATABLE READ or SERIALIZABLE, call it once a day: each transaction adds its own shards there, which this call merges.

        Args:
            tenant: of the counters; None is all tenants, which row-level security does not allow.
            repair: whether to repair the counters.

        Returns:
            The counters that were wrong.

        Raises:
            InvalidInputError: row-level security is on and no tenant is given; or the database has no counters.
        """
        if self._row_level_security and tenant is None:
            raise InvalidInputError("tenant", "must be given: with row-level security, no connection sees all tenants")
        if not self._statements.counters.is_supported:
            raise InvalidInputError(
                "store", f"keeps no counters on {self._statements.dialect.name}; there each board is counted"
            )
        with (
            self._require_engine("verify counters").connect() as connection,
            version.migration_lock(connection, self.schema),
        ):
            session_setup = (SET_TENANT_SQL, (tenant,)) if self._row_level_security else None
            executor = Executor(self._statements, JoinedConnection(connection, session_setup=session_setup))
            audit = CounterAudit(self.schema, self._statements.dialect, tenant)
            mismatches = audit.find_mismatches(executor)
            if repair:
                audit.repair(executor, mismatches)
            executor.connection.close()
            connection.commit()
        return mismatches

    def checkpoint(self) -> int:
        """Checkpoint SQLite's write-ahead log; call it between requests.

        Commands then do not pause for it. On other databases it does nothing.

        Returns:
            The number of pages that stay in the log, because a reader needs them.
        """
        if not self._is_sqlite:
            return 0
        connection = self._require_engine("checkpoint").raw_connection()
        try:
            _, pages_in_log, pages_checkpointed = (
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            )
        finally:
            connection.close()
        return int(pages_in_log - pages_checkpointed)

    def close(self) -> None:
        """Close the connections of the engine, but not a host's connection."""
        if isinstance(self._host, Engine):
            self._host.dispose()
        if self._read_replica:
            self._read_replica.close()

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same host object and the same tables."""
        return isinstance(other, SqlStore) and hash(self) == hash(other)

    def __hash__(self) -> int:
        return hash((id(self._host), id(self.schema), self._row_level_security))

    def __repr__(self) -> str:
        host = self._host
        if isinstance(host, Engine):
            return f"SqlStore({host.url.render_as_string(hide_password=True)})"
        return f"SqlStore(joined to a {type(host).__name__})"

    def _executor(self, context: RequestContext, *, read_only: bool) -> Executor:
        try:
            if self._uses_pipeline:
                from crmcore.adapters.sql.execute.pipelined import PipelinedConnection, PipelinedExecutor

                session_setup = (SET_TENANT_SQL, (context.tenant,)) if self._row_level_security else None
                return PipelinedExecutor(
                    self._statements, PipelinedConnection(self._require_engine("pipeline"), session_setup=session_setup)
                )
            return Executor(self._statements, self._connection(context, read_only=read_only))
        except self._statements.driver_error as error:
            raise self._statements.translate_error(error) from None
        except PendingRollbackError:
            raise StoreError(TRANSACTION_ABORTED) from None
        except PoolTimeout:
            raise DatabaseBusyError("no connection was free") from None

    def _connection(self, context: RequestContext, *, read_only: bool) -> TransactionConnection:
        session_setup = (SET_TENANT_SQL, (context.tenant,)) if self._row_level_security else None
        if not isinstance(self._host, Engine):
            return JoinedConnection(self._host, session_setup=session_setup, reading=read_only)
        if self._read_replica is not None:
            replica = self._read_replica
            connection = connect_replica(replica, context.tenant, session_setup=session_setup) if read_only else None
            return connection or connect_primary(replica, self._host, context.tenant, session_setup=session_setup)
        begin = (("BEGIN", ()) if read_only else IMMEDIATE) if self._is_sqlite else session_setup
        return PooledConnection(self._host, session_setup=begin)

    def _require_engine(self, action: str) -> Engine:
        if not isinstance(self._host, Engine):
            raise InvalidInputError("store", f"is joined to a transaction and cannot {action}; use one over an engine")
        return self._host


@cache
def default_schema() -> Schema:
    """Return the tables with the prefix ``crm_``, in the default schema."""
    return make_schema()
