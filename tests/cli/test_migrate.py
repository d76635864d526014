"""`crmcore migrate` leads tables on and says so; `crmcore schema` writes the statements for hosts that do it themselves."""

import json
import sqlite3
from pathlib import Path

import pytest

from crmcore import Crm
from crmcore.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_migrate_creates_and_checks_tables(tmp_path: Path, capsys: Capture) -> None:
    """Nothing becomes the newest version; `--check` tells by its exit code whether there is something to do."""
    store = ["--database-url", f"sqlite:///{tmp_path}/crm.db"]

    assert [1, 0, 0, 0] == [
        main(["migrate", *store, *words]) for words in (["--check"], [], ["--check"], ["--json", "--check"])
    ]
    shown = capsys.readouterr().out
    assert "the tables were led on from nothing to version" in shown
    assert "nothing to do" in shown
    assert Crm.open(store[1]).customers.create("Jānis").name == "Jānis"


def test_older_schema_is_reported(tmp_path: Path, capsys: Capture) -> None:
    """A store of an older release says what to do, and a version that there never was is refused."""
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
    """Without a store nothing is led on, nor where it cannot be opened."""
    monkeypatch.delenv("CRMCORE_DATABASE_URL", raising=False)

    assert 2 == main(["migrate"])
    assert 1 == main(["migrate", "--database-url", "sqlite:////nowhere/at/all.db"])
    assert "must be named" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_schema_command_prints_sql_with_prefix(kind: str, capsys: Capture) -> None:
    """The statements bear the prefix that was asked for, and connect to nothing."""
    assert main(["schema", "--dialect", kind, "--prefix", "shop_"]) == 0
    shown = capsys.readouterr().out
    assert "CREATE TABLE shop_deals" in shown
    assert "crm_" not in shown


def test_schema_command_prints_row_level_security_and_partitions(capsys: Capture) -> None:
    """PostgreSQL's own means are written when they are asked for, within a schema of the database's."""
    assert 0 == main(
        ["schema", "--dialect", "postgresql", "--schema", "crm", "--partitions", "4", "--row-level-security"]
    )
    shown = capsys.readouterr().out
    assert "ATTACH PARTITION crm.crm_deals_p3" in shown
    assert "ALTER TABLE crm.crm_deals FORCE ROW LEVEL SECURITY" in shown
