"""An asynchronous host runs commands by `run_sync` on its connection, in its transaction."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.dialects.sqlite import prepare

EngineFactory = Callable[[], AsyncEngine]


@pytest.fixture
def sqlite_host(tmp_path: Path) -> EngineFactory:
    """A host on an SQLite file."""

    def open_engine() -> AsyncEngine:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.db'}")
        prepare(engine.sync_engine)
        return engine

    return open_engine


@pytest.fixture
def postgresql_host(postgresql_url: str) -> EngineFactory:
    """A host on a real PostgreSQL server."""
    return lambda: create_async_engine(postgresql_url)


def run_scenario(
    scenario: Callable[[AsyncSession, Crm], Coroutine[Any, Any, None]], open_engine: EngineFactory
) -> None:
    """Run an asynchronous host function on a database with crmcore's tables and a table of the host."""

    def make_tables(connection: Connection) -> None:
        SqlStore(connection).schema.metadata.create_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS host_orders"))
        connection.execute(text("CREATE TABLE host_orders (customer VARCHAR(50))"))

    async def run_in_loop() -> None:
        engine = open_engine()
        async with engine.begin() as connection:
            await connection.run_sync(make_tables)
        async with AsyncSession(engine) as session:
            await scenario(session, Crm(tenant="async"))
        await engine.dispose()

    asyncio.run(run_in_loop())


def add_rows(session: Session, crm: Crm) -> None:
    """Write rows of both."""
    anna = crm.with_store(SqlStore(session)).customers.create("Anna")
    session.execute(text("INSERT INTO host_orders VALUES (:id)"), {"id": anna.id})


async def count_rows(session: AsyncSession, crm: Crm) -> tuple[int, int]:
    """Count the rows of both."""
    ours = await session.run_sync(lambda s: len(crm.with_store(SqlStore(s)).customers.search("anna")))
    theirs = await session.scalar(text("SELECT count(*) FROM host_orders"))
    return ours, int(theirs or 0)


@pytest.mark.parametrize("host", ["sqlite_host", pytest.param("postgresql_host", marks=pytest.mark.postgresql)])
def test_rows_of_host_and_crm_share_transaction(host: str, request: pytest.FixtureRequest) -> None:
    """The writes of a command are rolled back and committed with the host's rows."""

    async def scenario(session: AsyncSession, crm: Crm) -> None:
        before = await count_rows(session, crm)
        await session.run_sync(add_rows, crm)
        assert (before[0] + 1, before[1] + 1) == await count_rows(session, crm)
        await session.rollback()

        assert before == await count_rows(session, crm)
        await session.run_sync(add_rows, crm)
        await session.commit()

        assert (before[0] + 1, before[1] + 1) == await count_rows(session, crm)

    run_scenario(scenario, request.getfixturevalue(host))
