"""Leading the tables from one version of the schema to the next, by Alembic, which leaves the host's own Alembic alone.

Rule 1: the version stands in a table of our own; nothing is read from the host's files, and no logging is set up.
Rule 2: a migration runs on the connection that it is given and commits nothing there, so that it is part of the host's transaction where the
database can do that. MariaDB cannot; every step may be taken twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, make_url

from crmcore.adapters.sql.migrations.version import HEAD, alone, include_name, read, settle, table
from crmcore.adapters.sql.tables import Schema, make_schema
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import MissingExtra

PLACE: Final = Path(__file__).parent
NOTHING: Final = "base"
"""The version before the first."""


def migrate(
    connection: Connection, schema: Schema | None = None, *, to: str = HEAD, versions: tuple[Path, ...] = ()
) -> str | None:
    """Lead the tables to a version, from whichever they are of; fresh ones are made.

    Args:
        connection: which commits when its owner says so.
        schema: the tables; those of `make_schema()` when not given.
        to: the version to reach; an older one than there is goes back, and loses what the older one has no place for.
        versions: folders with further versions, such as a host's own.

    Returns:
        The version that the tables were of; None if there were none.
    """
    schema = schema or make_schema()
    if not connection.in_transaction():
        connection.begin()
    with alone(connection, schema), _environment(schema, versions) as (environment, scripts):
        before = read(connection, schema)
        _configure(environment, scripts, schema, before=before, to=to, connection=connection)
        environment.run_migrations()
        if to == HEAD:
            settle(connection, schema)
    return before


def script(url: str, schema: Schema | None = None, *, since: str = NOTHING, to: str = HEAD) -> str:
    """Write the statements that lead the tables from one version to another, for hosts that run them themselves.

    Args:
        url: of a database of that kind, such as ``postgresql://``; nothing is connected to.
        schema: as in `migrate`.
        since: the version that the tables are of.
        to: the version to reach.
    """
    schema = schema or make_schema()
    written = StringIO()
    with _environment(schema, ()) as (environment, scripts):
        _configure(environment, scripts, schema, before=since, to=to, url=url, as_sql=True, output_buffer=written)
        with environment.begin_transaction():
            environment.run_migrations()
    return written.getvalue()


def differences(connection: Connection, schema: Schema) -> list[Any]:
    """How the tables differ from what this release makes, as Alembic sees it."""
    _require()
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ours, version = {one.name for one in schema.tables}, table(schema).name

    def is_ours(name: str | None, sort: str, parents: Any) -> bool:
        if sort != "table":
            return True
        return name in ours or (not is_the_hosts(name, sort, parents) and not schema.partitions and name != version)

    is_the_hosts: Callable[..., bool] = include_name(prefix=schema.prefix, schema=schema.name)
    options = {"include_name": is_ours, "include_schemas": schema.name is not None, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata))


def _require() -> None:
    try:
        import alembic  # noqa: F401  # only whether it is there
    except ImportError:
        raise MissingExtra("migrations", "migrations") from None


@contextmanager
def _environment(schema: Schema, versions: tuple[Path, ...]) -> Iterator[tuple[Any, Any]]:
    _require()
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.attributes["schema"] = schema
    places = [str(PLACE / "versions"), *(str(folder) for folder in versions)]
    scripts = ScriptDirectory(str(PLACE), version_locations=places)
    with EnvironmentContext(config, scripts) as environment:
        yield environment, scripts


def _configure(environment: Any, scripts: Any, schema: Schema, *, before: str | None, to: str, **how: Any) -> None:
    known = {revision.revision for revision in scripts.walk_revisions()} | {NOTHING}
    for asked in (before or NOTHING, to):
        if asked not in known:
            raise InvalidInput("version", f"must be one of {', '.join(sorted(known))}")
    goes_back = _is_behind(scripts, to, before)

    def ways(now: Any, _: Any) -> Any:
        if goes_back:
            return scripts._downgrade_revs(to, now)  # noqa: SLF001  # as Alembic's own command does
        return scripts._upgrade_revs(to, now)  # noqa: SLF001  # as Alembic's own command does

    versions = table(schema)
    dialect = make_url(how["url"]).get_dialect() if "url" in how else how["connection"].dialect
    environment.configure(
        fn=ways,
        version_table=versions.name,
        version_table_schema=versions.schema,
        transactional_ddl=dialect.name not in {"mysql", "mariadb"},
        starting_rev=before if how.get("as_sql") else None,
        **how,
    )


def _is_behind(scripts: Any, to: str, now: str | None) -> bool:
    """Whether a version came before another."""
    if now in {None, NOTHING, to}:
        return False
    return to == NOTHING or to in {one.revision for one in scripts.iterate_revisions(now, NOTHING)}
