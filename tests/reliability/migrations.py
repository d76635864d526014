"""MIGRATE: the tables of a release, with rows in them, are led on to the newest version and the one behind it, and killed on the way.

``python -m tests.reliability.migrations --n 1000`` does so on SQLite, PostgreSQL and MariaDB, from nothing and from release 0.1, and kills the
process at up to so many different statements; then the migration is run again. All rows have to be what they were, and the host's tables and
a second schema with another prefix in the same database as well.
"""

import multiprocessing
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, make_url, select

from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.migrations import run as migrations, version
from crmcore.adapters.sql.schema.tables import make_schema
from tests.migrations import freeze, killed_migration
from tests.reliability.databases import on_every_database
from tests.reliability.harness import Verdict, run
from tests.servers import fresh_database

MUTATIONS: Final = {
    "forgets": "the migration overwrites a column of every deal",
    "once": "a step cannot be taken twice, and each is committed by itself",
}
TENANTS: Final = 34
"""How often the frozen rows are there: together ten thousand rows."""
FEW_TENANTS: Final = 2
"""How often they are there in a trial that is killed."""

Rows = dict[str, list[tuple[Any, ...]]]


def check_on(url: str, rng: random.Random, n: int, mutation: str) -> Verdict:
    """Lead the tables on from nothing and from each release, killed at up to n steps, and again."""
    verdict = Verdict()
    for since in (None, freeze.RELEASE):
        with _prepared(url, since, tenants=TENANTS) as trials, trials.copy() as trial:
            steps = _migrate_uninterrupted(verdict, trial, mutation)
        with _prepared(url, since, tenants=FEW_TENANTS) as trials:
            for step in sorted(rng.sample(range(1, steps + 1), min(n, steps))):
                with trials.copy() as trial:
                    _migrate_killed(verdict, trial, step, mutation)
    return verdict


class TrialDatabases:
    """A prepared database, of which each trial gets a copy."""

    def __init__(self, url: str, server: str, since: Path | None, tenants: int) -> None:
        self._url = url
        self._server = server
        self._since = since
        self._tenants = tenants

    @contextmanager
    def copy(self) -> Iterator[str]:
        """A database as it was before, by its URL."""
        backend = make_url(self._url).get_backend_name()
        if backend == "sqlite":
            with tempfile.TemporaryDirectory() as folder:
                shutil.copy(make_url(self._url).database or "", f"{folder}/crm.db")
                yield f"sqlite:///{folder}/crm.db"
        elif backend == "postgresql":
            with fresh_database(self._server, template_url=make_url(self._url).database) as url:
                yield url
        else:
            with fresh_database(self._server) as url:
                fill(url, self._since, tenants=self._tenants)
                yield url


@contextmanager
def _prepared(server: str, since: Path | None, *, tenants: int) -> Iterator[TrialDatabases]:
    backend = make_url(server).get_backend_name()
    if backend == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/crm.db"
            fill(url, since, tenants=tenants)
            yield TrialDatabases(url, server, since, tenants)
        return
    with fresh_database(server) as url:
        if backend == "postgresql":
            fill(url, since, tenants=tenants)
        yield TrialDatabases(url, server, since, tenants)


def fill(url: str, since: Path | None, *, tenants: int) -> None:
    """Make a database in which a host keeps something, another schema exists, and perhaps ours."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE host_orders (id INTEGER PRIMARY KEY, note VARCHAR(40))")
        connection.exec_driver_sql("INSERT INTO host_orders VALUES (1, 'ours'), (2, 'theirs')")
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('host')")
        freeze.load(connection, freeze.RELEASE, prefix="other_", tenants=1)
        if since is not None:
            freeze.load(connection, since, prefix="crm_", tenants=tenants)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    engine.dispose()


def _migrate_uninterrupted(verdict: Verdict, url: str, mutation: str) -> int:
    """Lead the tables on without a kill; how many steps it took."""
    before = _rows(url)
    steps = killed_migration.migrate(url, "crm_", mutation=mutation)
    verdict.count("migrations")
    verdict.count("rows compared", sum(len(rows) for rows in before.values()))
    _compare(verdict, url, before)
    return steps


def _migrate_killed(verdict: Verdict, url: str, step: int, mutation: str) -> None:
    """Kill a migration at a step, and run it again."""
    before = _rows(url)
    process = _PROCESSES.Process(target=killed_migration.migrate_quietly, args=(url, "crm_", step, mutation))
    process.start()
    process.join()
    verdict.count("kills")
    verdict.check("it was killed", process.exitcode == -9, f"step {step}: {process.exitcode}")
    again = _PROCESSES.Process(
        target=killed_migration.migrate_quietly, args=(url, "crm_", killed_migration.NEVER, mutation)
    )
    again.start()
    again.join()
    verdict.check("it can be run again", again.exitcode == 0, f"step {step}")
    if again.exitcode == 0:
        _compare(verdict, url, before)


def _compare(verdict: Verdict, url: str, before: Rows) -> None:
    """Compare all rows, and the tables, with what they should be."""
    after = _rows(url, columns_of=before)
    for name, rows in before.items():
        kind = "ours" if name.startswith("crm_") else "the neighbours'"
        if not name.endswith("_version") or kind != "ours":
            same = after.get(name) == rows
            verdict.check(f"{kind} are as they were", same, f"{name}: {len(rows)} rows")
    engine = make_engine(url)
    with engine.begin() as connection:
        schema = make_schema()
        verdict.check(
            "the version is noted", version.current_version(connection, schema) == killed_migration.LAST_REVISION
        )
        found = [repr(change) for change in migrations.compare(connection, schema)]
        unexpected = [change for change in found if "rank" not in change and "offices" not in change]
        verdict.check("the tables are those of this release", not unexpected, "; ".join(unexpected)[:200])
        _check_data_migration(verdict, connection)
    engine.dispose()


def _check_data_migration(verdict: Verdict, connection: Connection) -> None:
    """The rows that the next version changes are changed, each once."""
    wrong = connection.exec_driver_sql(
        "SELECT count(*) FROM crm_customers WHERE crm_customers.rank <> version"
    ).scalar()
    verdict.check("what the version moves is moved once", wrong == 0, f"{wrong} rows")


def _rows(url: str, columns_of: Rows | None = None) -> Rows:
    """All rows of all tables, those of the columns that there were before."""
    engine: Engine = make_engine(url)
    rows: Rows = {}
    with engine.begin() as connection:
        found = MetaData()
        found.reflect(connection)
        for table in found.sorted_tables:
            known = columns_of[table.name][0] if columns_of and table.name in columns_of else None
            columns = [c for c in table.columns if known is None or c.name in known]
            content = connection.execute(select(*columns)).all()
            rows[table.name] = [tuple(c.name for c in columns), *sorted((tuple(row) for row in content), key=repr)]
    engine.dispose()
    return rows


_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.migrations.killed_migration", "sqlite3", "psycopg", "pymysql", "alembic.op"])

check = on_every_database(check_on)

if __name__ == "__main__":
    sys.exit(run("MIGRATE", check, n=4, mutations=MUTATIONS))
