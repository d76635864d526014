"""The preflight refuses an engine that would lose writes, and says all that is wrong with it and the cure."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from crmcore import SqlStore
from crmcore.adapters.sql.dialects import sqlite
from crmcore.errors import UnsafeEngineError


def problems(engine: Engine, **settings: Any) -> list[str]:
    """What the preflight finds."""
    try:
        SqlStore(engine, **settings)
    except UnsafeEngineError as error:
        return list(error.problems)
    finally:
        engine.dispose()
    return []


def finds_only(engine: Engine, *expected_words: str, **settings: Any) -> bool:
    """Whether it finds just what is spoken of."""
    listed = problems(engine, **settings)
    return len(listed) == len(expected_words) and all(
        word in problem for word, problem in zip(expected_words, listed, strict=True)
    )


def settings_of(engine: Engine, *statements: str) -> Engine:
    """An engine that runs some statements on each new connection."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        if not getattr(connection, "autocommit", True):
            connection.commit()

    return engine


class TestSqlite:
    def test_default_engine_is_rejected_with_fix(self, tmp_path: Path) -> None:
        """SQLAlchemy's default engine loses updates; the error says how to configure it."""
        engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")

        with pytest.raises(UnsafeEngineError, match=r"sqlite\.prepare\(engine\)"):
            SqlStore(engine)
        engine.dispose()

    def test_prepared_engine_is_accepted(self, tmp_path: Path) -> None:
        """The recipe is the cure."""
        assert problems(sqlite.prepare(create_engine(f"sqlite:///{tmp_path / 'crm.db'}"))) == []

    @pytest.mark.parametrize(
        ("pragma", "word"),
        [
            ("synchronous = NORMAL", "synchronous"),
            ("busy_timeout = 10", "busy_timeout"),
            ("journal_mode = OFF", "journal"),
        ],
    )
    def test_unsafe_setting_is_found(self, tmp_path: Path, pragma: str, word: str) -> None:
        """One bad setting is one problem."""
        engine = sqlite.prepare(create_engine(f"sqlite:///{tmp_path / 'crm.db'}"))

        assert finds_only(settings_of(engine, f"PRAGMA {pragma}"), word)

    def test_all_problems_are_reported_together(self, tmp_path: Path) -> None:
        """A host that has three things to mend hears of all three."""
        engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
        bad = settings_of(engine, "PRAGMA synchronous = OFF", "PRAGMA busy_timeout = 0")

        assert finds_only(bad, "driver", "power cut loses", "destroys", "busy_timeout")

    def test_accepted_risk_is_not_reported(self, tmp_path: Path) -> None:
        """A host that says so may lose the last commits in a power cut, but not the file."""
        engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")

        assert problems(sqlite.prepare(engine, durability="relaxed"), durability="relaxed") == []


@pytest.mark.postgresql
class TestPostgresql:
    def test_default_engine_is_accepted(self, postgresql_url: str) -> None:
        """PostgreSQL is safe as it comes."""
        assert problems(create_engine(postgresql_url)) == []

    def test_autocommit_engine_is_rejected(self, postgresql_url: str) -> None:
        """An engine with autocommit is rejected, because a command would not be one transaction."""
        assert finds_only(create_engine(postgresql_url, isolation_level="AUTOCOMMIT"), "AUTOCOMMIT")

    def test_asynchronous_commit_is_rejected(self, postgresql_url: str) -> None:
        """What was acknowledged has to last, unless the host says otherwise."""
        lax = {"options": "-c synchronous_commit=off"}

        assert finds_only(create_engine(postgresql_url, connect_args=lax), "synchronous_commit")
        assert problems(create_engine(postgresql_url, connect_args=lax), durability="relaxed") == []


@pytest.mark.mariadb
class TestMariadb:
    def test_read_committed_engine_is_accepted(self, mariadb_url: str) -> None:
        """What `SqlStore.open` makes is what a host may make itself."""
        engine = create_engine(f"{mariadb_url}?charset=utf8mb4", isolation_level="READ COMMITTED")

        assert problems(engine) == []

    def test_repeatable_read_engine_is_rejected(self, mariadb_url: str) -> None:
        """REPEATABLE READ is rejected, because a retried command would read the same outdated version."""
        assert finds_only(create_engine(mariadb_url), "READ COMMITTED")

    @pytest.mark.parametrize(
        ("statement", "word"),
        [("SET autocommit = 1", "commits each"), ("SET sql_mode = ''", "sql_mode"), ("SET NAMES latin1", "utf8mb4")],
    )
    def test_unsafe_setting_is_found(self, mariadb_url: str, statement: str, word: str) -> None:
        """One bad setting is one problem, with its cure."""
        engine = create_engine(mariadb_url, isolation_level="READ COMMITTED")

        assert finds_only(settings_of(engine, statement), word)

    def test_delayed_log_flush_is_rejected(self, mariadb_url: str) -> None:
        """What was acknowledged has to outlast a crash of the machine, unless the host says otherwise."""
        engine = create_engine(mariadb_url, isolation_level="READ COMMITTED")
        with engine.connect() as connection:
            connection.exec_driver_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
        try:
            assert finds_only(engine, "innodb_flush_log_at_trx_commit")
            assert problems(engine, durability="relaxed") == []
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
            engine.dispose()

    def test_session_is_checked_like_engine(self, mariadb_url: str) -> None:
        """A host's session is refused like its engine."""
        engine = create_engine(mariadb_url)
        with Session(engine) as session, pytest.raises(UnsafeEngineError, match="READ COMMITTED"):
            SqlStore(session)
        engine.dispose()
