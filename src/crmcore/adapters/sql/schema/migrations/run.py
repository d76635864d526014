"""Migration runner: upgrades and downgrades the tables with Alembic.

Invariants:
1. The version is in a table of crmcore. The runner reads none of the host's Alembic files and configures no logging.
2. A migration runs on the given connection and does not commit, so that it is part of the host's transaction. MariaDB has no
   transactional DDL; every operation is idempotent.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, make_url

from crmcore.adapters.sql.schema.migrations.version import (
    HEAD,
    analyze,
    current_version,
    include_name,
    migration_lock,
    version_table,
)
from crmcore.adapters.sql.schema.tables import Schema, make_schema
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError
from crmcore.domain.kernel.errors.validation import InvalidInputError

MIGRATIONS_DIR: Final = Path(__file__).parent
BASE: Final = "base"
"""The version before the first."""


def migrate(
    connection: Connection, schema: Schema | None = None, *, to: str = HEAD, versions: tuple[Path, ...] = ()
) -> str | None:
    """Migrate the tables to a version; create them if there are none.

    Args:
        connection: to the database; the caller commits.
        schema: the tables; by default those of `make_schema()`.
        to: the target version. An older version is a downgrade, which drops data that it cannot store.
        versions: directories with further versions, such as a host's own.

    Returns:
        The previous version of the tables; None if there were none.
    """
    schema = schema or make_schema()
    if not connection.in_transaction():
        connection.begin()
    with migration_lock(connection, schema), _alembic_environment(schema, versions) as (environment, scripts):
        previous = current_version(connection, schema)
        _configure(environment, scripts, schema, current=previous, to=to, connection=connection)
        environment.run_migrations()
        if to == HEAD:
            analyze(connection, schema)
    return previous


def offline_sql(url: str, schema: Schema | None = None, *, from_version: str = BASE, to: str = HEAD) -> str:
    """Return the SQL of a migration, for hosts that run it themselves.

    Args:
        url: selects the dialect, such as ``postgresql://``; no connection is made.
        schema: as in `migrate`.
        from_version: the current version of the tables.
        to: the target version.
    """
    schema = schema or make_schema()
    buffer = StringIO()
    with _alembic_environment(schema, ()) as (environment, scripts):
        _configure(
            environment, scripts, schema, current=from_version, to=to, url=url, as_sql=True, output_buffer=buffer
        )
        with environment.begin_transaction():
            environment.run_migrations()
    return buffer.getvalue()


def compare(connection: Connection, schema: Schema) -> list[Any]:
    """Return Alembic's differences between the database and this release."""
    _require_alembic()
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    own_tables, version_table_name = {table.name for table in schema.tables}, version_table(schema).name

    def is_ours(name: str | None, sort: str, parents: Any) -> bool:
        if sort != "table":
            return True
        return name in own_tables or (
            not is_the_hosts(name, sort, parents) and not schema.partition_count and name != version_table_name
        )

    is_the_hosts: Callable[..., bool] = include_name(prefix=schema.prefix, schema=schema.schema_name)
    options = {"include_name": is_ours, "include_schemas": schema.schema_name is not None, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata))


def _require_alembic() -> None:
    try:
        import alembic  # noqa: F401  # only checks whether it is installed
    except ImportError:
        raise MissingDependencyError("migrations", "migrations") from None


@contextmanager
def _alembic_environment(schema: Schema, versions: tuple[Path, ...]) -> Iterator[tuple[Any, Any]]:
    _require_alembic()
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.attributes["schema"] = schema
    version_locations = [str(MIGRATIONS_DIR / "versions"), *(str(directory) for directory in versions)]
    scripts = ScriptDirectory(str(MIGRATIONS_DIR), version_locations=version_locations)
    with EnvironmentContext(config, scripts) as environment:
        yield environment, scripts


def _configure(environment: Any, scripts: Any, schema: Schema, *, current: str | None, to: str, **options: Any) -> None:
    known_versions = {revision.revision for revision in scripts.walk_revisions()} | {BASE}
    for requested in (current or BASE, to):
        if requested not in known_versions:
            raise InvalidInputError("version", f"must be one of {', '.join(sorted(known_versions))}")
    is_downgrade = _is_earlier(scripts, to, current)

    def ways(now: Any, _: Any) -> Any:
        if is_downgrade:
            return scripts._downgrade_revs(to, now)  # noqa: SLF001  # as Alembic's own command does
        return scripts._upgrade_revs(to, now)  # noqa: SLF001  # as Alembic's own command does

    stored_in = version_table(schema)
    dialect = make_url(options["url"]).get_dialect() if "url" in options else options["connection"].dialect
    environment.configure(
        fn=ways,
        version_table=stored_in.name,
        version_table_schema=stored_in.schema,
        transactional_ddl=dialect.name not in {"mysql", "mariadb"},
        starting_rev=current if options.get("as_sql") else None,
        **options,
    )


def _is_earlier(scripts: Any, to: str, current: str | None) -> bool:
    """Return whether a version precedes the current one."""
    if current in {None, BASE, to}:
        return False
    return to == BASE or to in {revision.revision for revision in scripts.iterate_revisions(current, BASE)}
