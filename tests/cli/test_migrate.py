"""`crmcore migrate` upgrades the schema; `crmcore schema` prints its SQL."""

import json
import sqlite3
from pathlib import Path

import pytest

from crmcore import Crm
from crmcore.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_migrate_creates_and_checks_tables(tmp_path: Path, capsys: Capture) -> None:
    """An empty database gets the newest schema; `--check` exits with 1 if a migration is needed."""
    store = ["--database-url", f"sqlite:///{tmp_path}/crm.db"]

    assert [1, 0, 0, 0] == [
        main(["migrate", *store, *words]) for words in (["--check"], [], ["--check"], ["--json", "--check"])
    ]
    shown = capsys.readouterr().out
    assert "the schema was upgraded from nothing to version" in shown
    assert "nothing to do" in shown
    assert Crm.open(store[1]).customers.create("Jānis").name == "Jānis"


def test_older_schema_is_reported(tmp_path: Path, capsys: Capture) -> None:
    """`--check` reports an older version; an unknown version is rejected."""
    store = f"sqlite:///{tmp_path}/crm.db"
    main(["migrate", "--database-url", store])
    with sqlite3.connect(tmp_path / "crm.db") as file:
        file.execute("UPDATE crm_schema_version SET version_num = '0000'")
    file.close()

    assert 2 == main(["migrate", "--database-url", store])
    assert "must be one of" in capsys.readouterr().err
    assert main(["migrate", "--database-url", store, "--check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["before"] == "0000"


def test_migrate_without_database_url_is_rejected(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing URL exits with 2, a database that cannot be opened with 1."""
    monkeypatch.delenv("CRMCORE_DATABASE_URL", raising=False)

    assert 2 == main(["migrate"])
    assert 1 == main(["migrate", "--database-url", "sqlite:////nowhere/at/all.db"])
    assert "is required" in capsys.readouterr().err


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_schema_command_prints_sql_with_prefix(dialect: str, capsys: Capture) -> None:
    """The SQL has the prefix of the option."""
    assert main(["schema", "--dialect", dialect, "--prefix", "shop_"]) == 0
    shown = capsys.readouterr().out
    assert "CREATE TABLE shop_deals" in shown
    assert "crm_" not in shown


def test_schema_command_prints_row_level_security_and_partitions(capsys: Capture) -> None:
    """The SQL contains row-level security and partitions, within a database schema."""
    assert 0 == main(
        ["schema", "--dialect", "postgresql", "--schema", "crm", "--partitions", "4", "--row-level-security"]
    )
    shown = capsys.readouterr().out
    assert "ATTACH PARTITION crm.crm_deals_p3" in shown
    assert "ALTER TABLE crm.crm_deals FORCE ROW LEVEL SECURITY" in shown
