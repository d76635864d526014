"""An asynchronous host runs crmcore's stories on its own connection, by `run_sync`, and in its own transaction."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.sqlite import prepare

Open = Callable[[], AsyncEngine]


@pytest.fixture
def sqlite_host(tmp_path: Path) -> Open:
    """A host on an SQLite file."""

    def opened() -> AsyncEngine:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.db'}")
        prepare(engine.sync_engine)
        return engine

    return opened


@pytest.fixture
def postgresql_host(postgresql_url: str) -> Open:
    """A host on a real PostgreSQL server."""
    return lambda: create_async_engine(postgresql_url)


def run(story: Callable[[AsyncSession, Crm], Coroutine[Any, Any, None]], opened: Open) -> None:
    """Run an asynchronous host's story on a database with crmcore's tables and one of its own."""

    def make_tables(connection: Connection) -> None:
        SqlStore(connection).schema.metadata.create_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS host_orders"))
        connection.execute(text("CREATE TABLE host_orders (customer VARCHAR(50))"))

    async def told() -> None:
        engine = opened()
        async with engine.begin() as connection:
            await connection.run_sync(make_tables)
        async with AsyncSession(engine) as session:
            await story(session, Crm(tenant="async"))
        await engine.dispose()

    asyncio.run(told())


def order(session: Session, crm: Crm) -> None:
    """Write rows of both."""
    anna = crm.using(SqlStore(session)).customers.add("Anna")
    session.execute(text("INSERT INTO host_orders VALUES (:id)"), {"id": anna.id})


async def counted(session: AsyncSession, crm: Crm) -> tuple[int, int]:
    """Count the rows of both."""
    ours = await session.run_sync(lambda s: len(crm.using(SqlStore(s)).customers.search("anna")))
    theirs = await session.scalar(text("SELECT count(*) FROM host_orders"))
    return ours, int(theirs or 0)


@pytest.mark.parametrize("host", ["sqlite_host", pytest.param("postgresql_host", marks=pytest.mark.postgresql)])
def test_rows_of_both_or_of_neither(host: str, request: pytest.FixtureRequest) -> None:
    """What a story wrote is rolled back and committed with the host's own rows."""

    async def story(session: AsyncSession, crm: Crm) -> None:
        before = await counted(session, crm)
        await session.run_sync(order, crm)
        assert (before[0] + 1, before[1] + 1) == await counted(session, crm)
        await session.rollback()

        assert before == await counted(session, crm)
        await session.run_sync(order, crm)
        await session.commit()

        assert (before[0] + 1, before[1] + 1) == await counted(session, crm)

    run(story, request.getfixturevalue(host))
