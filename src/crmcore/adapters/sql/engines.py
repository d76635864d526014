"""Engine factory: SQLAlchemy engines with settings that lose no writes."""

from typing import Any, Literal

from sqlalchemy import Dialect, Engine, QueuePool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from crmcore.adapters.sql.dialects import mariadb, sqlite
from crmcore.adapters.sql.dialects.postgresql import is_psycopg
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError
from crmcore.domain.kernel.errors.validation import InvalidInputError

Durability = Literal["full", "relaxed"]


def make_engine(url: str, *, durability: Durability = "full", **engine_options: Any) -> Engine:
    """Make an engine with settings that lose no writes.

    Raises:
        InvalidInputError: the URL is not that of a database.
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
            # An in-memory database exists per connection, so there is only one.
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


def can_pipeline(dialect: Dialect) -> bool:
    """Return whether the driver supports libpq pipelines."""
    driver: Any = dialect.dbapi
    if not (is_psycopg(dialect) and hasattr(driver, "Pipeline") and driver.Pipeline.is_supported()):
        return False
    try:
        from crmcore.adapters.sql.execute import pipelined  # noqa: F401  # checks whether psycopg has the low-level API
    except (ImportError, AttributeError):
        return False
    return True
