"""The SQL store: SQLite, PostgreSQL, or whatever else SQLAlchemy has a dialect for and the contract suite is green on.

It keeps records in tables of its own, beside the host's or in a file of their own. Give it an engine, and it begins and commits its own
transactions; give it the host's connection or session, and what crmcore writes becomes part of the host's transaction.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, Self

from sqlalchemy import Connection, Dialect, Engine, QueuePool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, PendingRollbackError, TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from crmcore.adapters.sql.compile.statement_cache import statement_cache_for
from crmcore.adapters.sql.dialects import mariadb, preflight, sqlite
from crmcore.adapters.sql.dialects.postgresql import is_psycopg
from crmcore.adapters.sql.dialects.read_replica import ReadReplica
from crmcore.adapters.sql.dialects.row_level_security import SET_TENANT_SQL
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
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError, StoreError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.ports import IdGenerator, RequestContext

Durability = Literal["full", "relaxed"]

TRANSACTION_ABORTED: Final = "25P02"
"""The SQLSTATE of a transaction that can only be rolled back: here, the host's, which the database has undone."""


class SqlStore:
    """Keeps records in a relational database.

    Args:
        host: an engine, for transactions of our own; or the host's connection or session, whose transaction is joined. A joined store
            lasts as long as that transaction; make another for the next one.
        schema: the tables; those of `make_schema()` when not given. Give the same one to every store over the same tables.
        durability: ``include_content``: what was acknowledged outlasts a power cut, and an engine that does not promise it is refused. ``relaxed``:
            the host accepts that the last commits may be lost then.
        read_replica: an engine over a PostgreSQL server that follows this one; views go there, and see at least what this store has written
            for their tenant (`crmcore.adapters.sql.dialects.read_replica`).
        pipeline: whether to send a command's statements to PostgreSQL without waiting for each (`crmcore.adapters.sql.execute.pipelined`); None is
            wherever that is possible: by psycopg, in transactions of our own, without a replica.
        row_level_security: whether each transaction sets its tenant for PostgreSQL row-level security (`crmcore.adapters.sql.dialects.row_level_security`).

    Raises:
        UnsafeEngineError: the engine would lose writes; see `crmcore.adapters.sql.dialects.sqlite.prepare`.
        InvalidInputError: this database knows no replicas, or no row-level security.
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
        supports_pipeline = _supports_pipeline(dialect)
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
        """Open a database of our own, set up as it has to be, and make the tables that are missing.

        Args:
            url: as SQLAlchemy writes it.
            durability: see the class.
            create: whether to make missing tables.
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
        """The engine that the store goes through, or that the host's connection came from."""
        host = self._host
        bind = host.get_bind() if isinstance(host, Session) else host
        return bind if isinstance(bind, Engine) else bind.engine

    @property
    def is_joined(self) -> bool:
        """Whether the host ends the transaction; see `crmcore.ports.JoinedStore`."""
        return not isinstance(self._host, Engine)

    def create_tables(self) -> None:
        """Make the tables that are missing, and note the version of the schema.

        Raises:
            SchemaOutdatedError: tables of an older release are there; see `crmcore migrate`.
        """
        with self._require_engine("create tables").begin() as connection:
            version.create_tables(connection, self.schema)

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> SqlTransaction:
        """Open a transaction."""
        return SqlTransaction(self._executor(context, read_only=read_only), context, id_generator)

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> SqlBatch:
        """Open one transaction for many commands."""
        return SqlBatch(self._executor(context, read_only=False), context)

    def last_write_lsn(self, tenant: str) -> str | None:
        """How far a replica has to be to know what this store has written for a tenant; see `read_replica` and `require_lsn`."""
        return self._read_replica.last_write_lsn(tenant) if self._read_replica else None

    def require_lsn(self, tenant: str, lsn: str) -> None:
        """Let a tenant's views know what another process has written, as its `last_write_lsn` said: a mark that came in a cookie, say.

        Raises:
            InvalidInputError: that is no such mark.
        """
        if self._read_replica:
            self._read_replica.require_lsn(tenant, lsn)

    def analyze(self) -> None:
        """Let the planner know how the tables have grown, where it goes by statistics: PostgreSQL, after many records came in at once."""
        host = self._host
        if isinstance(host, Engine) and host.dialect.name == "postgresql":
            with host.begin() as connection:
                version.analyze(connection, self.schema)

    def verify_counters(self, *, tenant: str | None = None, repair: bool = True) -> Sequence[CounterMismatch]:
        """Hold the kept counters, which boards are read from, against the deals that there are, and make them right.

        They are right as long as deals are written by crmcore alone. Call it after any other write: a script, a console, a restored table.
        Commands may run meanwhile. Under PostgreSQL's REPEATABLE READ and SERIALIZABLE call it once a day besides: there each transaction
        adds rows of its own to the counters, and here they are taken together.

        Args:
            tenant: whose counters; everybody's when None, which a walled store cannot see.
            repair: False only looks.

        Returns:
            What was wrong.

        Raises:
            InvalidInputError: a walled store needs a tenant; or this database keeps no counters.
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
        """Checkpoint SQLite's write-ahead log, so that no command has to: call it now and then, between requests. Elsewhere it does nothing.

        Returns:
            How many pages are still in the log, because a reader still needs them.
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
        """Close the connections of an engine of our own; the host's own connection is left alone."""
        if isinstance(self._host, Engine):
            self._host.dispose()
        if self._read_replica:
            self._read_replica.close()

    def __eq__(self, other: object) -> bool:
        """Whether both are over the same engine, connection or session, and the same tables."""
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


def _supports_pipeline(dialect: Dialect) -> bool:
    """Return whether libpq pipelines can be used; without them each statement is sent by itself."""
    driver: Any = dialect.dbapi
    if not (is_psycopg(dialect) and hasattr(driver, "Pipeline") and driver.Pipeline.is_supported()):
        return False
    try:
        from crmcore.adapters.sql.execute import pipelined  # noqa: F401  # whether psycopg has what it uses
    except (ImportError, AttributeError):
        return False
    return True


@cache
def default_schema() -> Schema:
    """The tables with the prefix ``crm_``, in the connection's own schema."""
    return make_schema()


def make_engine(url: str, *, durability: Durability = "full", **engine_options: Any) -> Engine:
    """Make an engine that loses nothing.

    Raises:
        InvalidInputError: that is no URL of a database.
        MissingDependencyError: the database's driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInputError("url", "must look like sqlite:///crm.db or postgresql://me@localhost/crm") from None
    backend = parsed.get_backend_name()
    try:
        if backend == "postgresql" and "+" not in parsed.drivername:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if backend == "sqlite":
            in_memory = parsed.database in {None, "", ":memory:"}
            # A database in memory is its connection: there is one, and other transactions wait for it.
            pool_options = {"pool_size": 1, "max_overflow": 0} if in_memory else {}
            connect_args = {"check_same_thread": False, **engine_options.pop("connect_args", {})}
            engine = create_engine(
                parsed, poolclass=QueuePool, connect_args=connect_args, **pool_options, **engine_options
            )
            return sqlite.prepare(engine, durability=durability)
        if backend in {"mysql", "mariadb"}:
            parsed = mariadb.with_driver(parsed)
            engine_options = {"isolation_level": "READ COMMITTED", **engine_options}
        return create_engine(parsed, **engine_options)
    except NoSuchModuleError:
        raise InvalidInputError("url", f"names {backend}, which SQLAlchemy does not know") from None
    except ImportError:
        raise MissingDependencyError(f"{backend} databases", backend) from None
