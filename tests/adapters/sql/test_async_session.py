"""An asynchronous host runs commands in the transaction of its AsyncSession."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from crmcore import Crm, CrmError, SqlStore
from crmcore.adapters.sql.dialects import sqlite
from crmcore.adapters.sql.schema.tables import make_schema

SCHEMA = make_schema(prefix="async_")
Scenario = Callable[[AsyncEngine], Awaitable[Any]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def run_scenario(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], Any]:
    """Plays a scene on an asynchronous engine, whose tables are there and empty."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}"
    else:
        given = make_url(request.getfixturevalue("postgresql_url"))
        url = given.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    async def run_on_engine(scenario: Scenario) -> Any:
        engine = create_async_engine(url)
        if request.param == "sqlite":
            sqlite.prepare(engine.sync_engine)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("DROP TABLE IF EXISTS host_orders")
            await connection.exec_driver_sql("CREATE TABLE host_orders (id INTEGER PRIMARY KEY)")
            await connection.run_sync(SCHEMA.metadata.drop_all)
            await connection.run_sync(SCHEMA.metadata.create_all)
        try:
            return await scenario(engine)
        finally:
            await engine.dispose()

    return lambda scene: asyncio.run(run_on_engine(scene))


def capture(host: Any, name: str) -> str:
    """Take a lead in, over whatever of the host's."""
    crm = Crm(SqlStore(host, schema=SCHEMA), region="LV")
    funnel = crm.funnels.get_by_name("Windows") or crm.funnels.create("Windows", stages=["First call", "Payment"])
    deal = crm.leads.capture(name, phone="2000 0000", funnel_id=funnel.id).deal
    return crm.deals.move(deal.id, stage_key="Payment").deal.id


async def count_deals_and_orders(engine: AsyncEngine) -> tuple[int, int]:
    """How many deals there are, and how many orders of the host's."""
    async with engine.connect() as connection:
        deals = (await connection.exec_driver_sql("SELECT count(*) FROM async_deals")).scalar()
        orders = (await connection.exec_driver_sql("SELECT count(*) FROM host_orders")).scalar()
    return int(deals or 0), int(orders or 0)


def test_session_commit_keeps_deals_and_host_rows(run_scenario: Callable[[Scenario], Any]) -> None:
    """A commit of the AsyncSession stores the writes of a command and of the host."""

    async def scenario(engine: AsyncEngine) -> tuple[int, int]:
        async with AsyncSession(engine) as session:
            await (await session.connection()).exec_driver_sql("INSERT INTO host_orders VALUES (1)")
            await session.run_sync(lambda s: capture(s, "Jānis"))
            await session.commit()
        return await count_deals_and_orders(engine)

    assert run_scenario(scenario) == (1, 1)


def test_session_rollback_removes_deals_and_host_rows(run_scenario: Callable[[Scenario], Any]) -> None:
    """A rollback of the AsyncSession undoes the writes of a command and of the host."""

    async def scenario(engine: AsyncEngine) -> tuple[int, int]:
        async with AsyncSession(engine) as session:
            await (await session.connection()).exec_driver_sql("INSERT INTO host_orders VALUES (1)")
            await session.run_sync(lambda s: capture(s, "Jānis"))
            await session.rollback()
        return await count_deals_and_orders(engine)

    assert run_scenario(scenario) == (0, 0)


@pytest.mark.parametrize(("end", "expected"), [("commit", (1, 1)), ("rollback", (0, 0))])
def test_connection_commits_or_rolls_back(
    run_scenario: Callable[[Scenario], Any], end: str, expected: tuple[int, int]
) -> None:
    """The same over an AsyncConnection."""

    async def scenario(engine: AsyncEngine) -> tuple[int, int]:
        connection: AsyncConnection
        async with engine.connect() as connection:
            await connection.exec_driver_sql("INSERT INTO host_orders VALUES (1)")
            await connection.run_sync(lambda c: capture(c, "Jānis"))
            await getattr(connection, end)()
        return await count_deals_and_orders(engine)

    assert run_scenario(scenario) == expected


def test_failed_command_rolls_back_to_savepoint(run_scenario: Callable[[Scenario], Any]) -> None:
    """A rejected command is rolled back to its savepoint, and the host commits the rest."""

    async def scenario(engine: AsyncEngine) -> tuple[int, int]:
        async with AsyncSession(engine) as session:
            await session.run_sync(lambda s: capture(s, "Jānis"))
            with pytest.raises(CrmError):
                await session.run_sync(lambda s: Crm(SqlStore(s, schema=SCHEMA)).customers.create(""))
            await session.commit()
        return await count_deals_and_orders(engine)

    assert run_scenario(scenario) == (1, 0)


def test_concurrent_sessions_commit_all_commands(run_scenario: Callable[[Scenario], Any]) -> None:
    """Concurrent tasks with separate sessions run commands; all of them are stored."""

    async def capture_one(engine: AsyncEngine, number: int) -> None:
        async with AsyncSession(engine) as session:
            await session.run_sync(lambda s: Crm(SqlStore(s, schema=SCHEMA)).customers.create(f"Jānis {number}"))
            await session.commit()

    async def scenario(engine: AsyncEngine) -> int:
        await asyncio.gather(*(capture_one(engine, number) for number in range(8)))
        async with AsyncSession(engine) as session:
            return await session.run_sync(lambda s: len(Crm(SqlStore(s, schema=SCHEMA)).customers.search("Jānis")))

    assert run_scenario(scenario) == 8
