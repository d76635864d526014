"""The SQL store: SQLite, PostgreSQL, or whatever else SQLAlchemy has a dialect for and the contract suite is green on.

It keeps records in tables of its own, beside the host's or in a file of their own. Give it an engine, and it begins and commits its own
transactions; give it the host's connection or session, and what crmcore writes becomes part of the host's transaction.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal, Self

from sqlalchemy import Connection, Engine, QueuePool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from crmcore.adapters.sql import mariadb, preflight, sqlite, tenants
from crmcore.adapters.sql.batch import SqlBatch
from crmcore.adapters.sql.book import book_for
from crmcore.adapters.sql.links import IMMEDIATE, JoinedLink, Link, OwnLink
from crmcore.adapters.sql.migrations import version
from crmcore.adapters.sql.recount import Miscount, Recount
from crmcore.adapters.sql.replicas import Replica
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import is_psycopg
from crmcore.adapters.sql.tables import Schema, make_schema
from crmcore.adapters.sql.transaction import SqlTransaction
from crmcore.domain.errors.conflicts import Busy
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import MissingExtra, StoreFailed
from crmcore.services.ports import Context, Ids

Durability = Literal["full", "relaxed"]

TRANSACTION_IS_OVER: Final = "25P02"
"""The SQLSTATE of a transaction that can only be rolled back: here, the host's, which the database has undone."""


class SqlStore:
    """Keeps records in a relational database.

    Args:
        host: an engine, for transactions of our own; or the host's connection or session, whose transaction is joined. A joined store
            lasts as long as that transaction; make another for the next one.
        schema: the tables; those of `make_schema()` when not given. Give the same one to every store over the same tables.
        durability: ``full``: what was acknowledged outlasts a power cut, and an engine that does not promise it is refused. ``relaxed``:
            the host accepts that the last commits may be lost then.
        reads: an engine over a PostgreSQL server that follows this one; views go there, and see at least what this store has written
            for their tenant (`crmcore.adapters.sql.replicas`).
        pipeline: whether to send a story's statements to PostgreSQL without waiting for each (`crmcore.adapters.sql.pipelines`); None is
            wherever that is possible: by psycopg, in transactions of our own, without a replica.
        walled: whether PostgreSQL is told whose each transaction is, for row-level security (`crmcore.adapters.sql.tenants`).

    Raises:
        UnsafeEngine: the engine would lose writes; see `crmcore.adapters.sql.sqlite.prepare`.
        InvalidInput: this database knows no replicas, or no row-level security.
    """

    def __init__(
        self,
        host: Engine | Connection | Session,
        *,
        schema: Schema | None = None,
        durability: Durability = "full",
        reads: Engine | None = None,
        walled: bool = False,
        pipeline: bool | None = None,
    ) -> None:
        self.schema = schema or default_schema()
        self._host = host
        dialect = (host.get_bind() if isinstance(host, Session) else host).dialect
        self._is_sqlite = dialect.name == "sqlite"
        self._walled = walled
        if dialect.name != "postgresql" and (walled or reads is not None):
            raise InvalidInput("walled" if walled else "reads", f"is for PostgreSQL, and this is {dialect.name}")
        driver: Any = dialect.dbapi
        can = is_psycopg(dialect) and driver.Pipeline.is_supported()
        self._pipelined = can and pipeline is not False and isinstance(host, Engine) and reads is None
        if pipeline and not can:
            raise InvalidInput(
                "pipeline",
                f"is for PostgreSQL by psycopg over libpq 14, and this is {dialect.name} by {dialect.driver}",
            )
        self._replica = None if reads is None else Replica(reads)
        snapshots = preflight.check(host, durability=durability)
        self._book = book_for(self.schema, dialect, snapshots=snapshots)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        durability: Durability = "full",
        create: bool = True,
        pipeline: bool | None = None,
        **settings: Any,
    ) -> Self:
        """Open a database of our own, set up as it has to be, and make the tables that are missing.

        Args:
            url: as SQLAlchemy writes it.
            durability: see the class.
            create: whether to make missing tables.
            pipeline: see the class.
            settings: of `sqlalchemy.create_engine`.

        Raises:
            InvalidInput: that is no URL of a database.
            MissingExtra: the database's driver is not installed.
        """
        store = cls(make_engine(url, durability=durability, **settings), durability=durability, pipeline=pipeline)
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
        """Whether the host ends the transaction; see `crmcore.services.ports.JoinedStore`."""
        return not isinstance(self._host, Engine)

    def create_tables(self) -> None:
        """Make the tables that are missing, and note the version of the schema.

        Raises:
            SchemaOutdated: tables of an older release are there; see `crmcore migrate`.
        """
        with self._require_engine("create tables").begin() as connection:
            version.create(connection, self.schema)

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> SqlTransaction:
        """Open a transaction."""
        return SqlTransaction(self._runner(context, reading=reading), context, ids)

    def batch(self, context: Context, /, *, ids: Ids) -> SqlBatch:
        """Open one transaction for many stories."""
        return SqlBatch(self._runner(context, reading=False), context)

    def written(self, tenant: str) -> str | None:
        """How far a replica has to be to know what this store has written for a tenant; see `reads` and `see`."""
        return self._replica.written(tenant) if self._replica else None

    def see(self, tenant: str, mark: str) -> None:
        """Let a tenant's views know what another process has written, as its `written` said: a mark that came in a cookie, say.

        Raises:
            InvalidInput: that is no such mark.
        """
        if self._replica:
            self._replica.see(tenant, mark)

    def analyze(self) -> None:
        """Let the planner know how the tables have grown, where it goes by statistics: PostgreSQL, after many records came in at once."""
        host = self._host
        if isinstance(host, Engine) and host.dialect.name == "postgresql":
            with host.begin() as connection:
                version.settle(connection, self.schema)

    def recount(self, *, tenant: str | None = None, repair: bool = True) -> Sequence[Miscount]:
        """Hold the kept counters, which boards are read from, against the deals that there are, and make them right.

        They are right as long as deals are written by crmcore alone. Call it when somebody else has: a script, a console, a restored table.
        Stories may go on meanwhile. Under PostgreSQL's REPEATABLE READ and SERIALIZABLE call it once a day besides: there each transaction
        adds rows of its own to the counters, and here they are taken together.

        Args:
            tenant: whose counters; everybody's when None, which a walled store cannot see.
            repair: False only looks.

        Returns:
            What was wrong.

        Raises:
            InvalidInput: a walled store needs a tenant; or this database keeps no counters.
        """
        if self._walled and tenant is None:
            raise InvalidInput("tenant", "must be named: behind the wall, nobody sees all of them")
        if not self._book.counters.kept:
            raise InvalidInput("store", f"keeps no counters on {self._book.dialect.name}; there each board is counted")
        with self._require_engine("count anew").connect() as connection, version.alone(connection, self.schema):
            tell = (tenants.TELL, (tenant,)) if self._walled else None
            runner = Runner(self._book, JoinedLink(connection, tell=tell))
            again = Recount(self.schema, self._book.dialect, tenant)
            wrong = again.wrong(runner)
            if repair:
                again.mend(runner, wrong)
            runner.link.release()
            connection.commit()
        return wrong

    def checkpoint(self) -> int:
        """Fold SQLite's log into its file, so that no story has to: call it now and then, between requests. Elsewhere it does nothing.

        Returns:
            How many pages are still in the log, because somebody reads behind them.
        """
        if not self._is_sqlite:
            return 0
        connection = self._require_engine("fold its log").raw_connection()
        try:
            _, logged, folded = connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            connection.close()
        return int(logged - folded)

    def close(self) -> None:
        """Close the connections of an engine of our own; the host's own connection is left alone."""
        if isinstance(self._host, Engine):
            self._host.dispose()
        if self._replica:
            self._replica.close()

    def __eq__(self, other: object) -> bool:
        """Whether both are over the same engine, connection or session, and the same tables."""
        return isinstance(other, SqlStore) and hash(self) == hash(other)

    def __hash__(self) -> int:
        return hash((id(self._host), id(self.schema), self._walled))

    def __repr__(self) -> str:
        host = self._host
        if isinstance(host, Engine):
            return f"SqlStore({host.url.render_as_string(hide_password=True)})"
        return f"SqlStore(joined to a {type(host).__name__})"

    def _runner(self, context: Context, *, reading: bool) -> Runner:
        try:
            if self._pipelined:
                from crmcore.adapters.sql.pipelines import PipelinedLink, PipelinedRunner

                tell = (tenants.TELL, (context.tenant,)) if self._walled else None
                return PipelinedRunner(self._book, PipelinedLink(self._require_engine("pipeline"), tell=tell))
            return Runner(self._book, self._link(context, reading=reading))
        except self._book.driver_error as error:
            raise self._book.translate(error) from None
        except PendingRollbackError:
            raise StoreFailed(TRANSACTION_IS_OVER) from None
        except PoolTimeout:
            raise Busy("no connection was free") from None

    def _link(self, context: Context, *, reading: bool) -> Link:
        tell = (tenants.TELL, (context.tenant,)) if self._walled else None
        if not isinstance(self._host, Engine):
            return JoinedLink(self._host, tell=tell, reading=reading)
        if self._replica is not None:
            link = self._replica.link(context.tenant, tell=tell) if reading else None
            return link or self._replica.remembering(self._host, context.tenant, tell=tell)
        begin = (("BEGIN", ()) if reading else IMMEDIATE) if self._is_sqlite else tell
        return OwnLink(self._host, begin=begin)

    def _require_engine(self, verb: str) -> Engine:
        if not isinstance(self._host, Engine):
            raise InvalidInput("store", f"is joined to a transaction and cannot {verb}; use one over an engine")
        return self._host


@cache
def default_schema() -> Schema:
    """The tables with the prefix ``crm_``, in the connection's own schema."""
    return make_schema()


def make_engine(url: str, *, durability: Durability = "full", **settings: Any) -> Engine:
    """Make an engine that loses nothing.

    Raises:
        InvalidInput: that is no URL of a database.
        MissingExtra: the database's driver is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInput("url", "must look like sqlite:///crm.db or postgresql://me@localhost/crm") from None
    backend = parsed.get_backend_name()
    try:
        if backend == "postgresql" and "+" not in parsed.drivername:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if backend == "sqlite":
            in_memory = parsed.database in {None, "", ":memory:"}
            # A database in memory is its connection: there is one, and whoever comes meanwhile waits for it.
            only = {"pool_size": 1, "max_overflow": 0} if in_memory else {}
            arguments = {"check_same_thread": False, **settings.pop("connect_args", {})}
            engine = create_engine(parsed, poolclass=QueuePool, connect_args=arguments, **only, **settings)
            return sqlite.prepare(engine, durability=durability)
        if backend in {"mysql", "mariadb"}:
            parsed = mariadb.with_driver(parsed)
            settings = {"isolation_level": "READ COMMITTED", **settings}
        return create_engine(parsed, **settings)
    except NoSuchModuleError:
        raise InvalidInput("url", f"names {backend}, which SQLAlchemy does not know") from None
    except ImportError:
        raise MissingExtra(f"{backend} databases", backend) from None
