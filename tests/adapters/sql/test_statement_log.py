"""The logger `crmcore.sql` receives the text of every statement, and no values."""

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.dialects.sqlite import prepare


def test_statements_are_logged_on_sqlite(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A command logs its reads and writes, without the values."""
    crm = Crm.open(f"sqlite:///{tmp_path / 'crm.db'}")
    with caplog.at_level(logging.DEBUG, logger="crmcore.sql"):
        crm.customers.create("Jānis Bērziņš", phone="+371 2000 0000")
    crm.close()
    texts = [record.getMessage() for record in caplog.records if record.name == "crmcore.sql"]

    assert [text for text in texts if text.startswith("INSERT INTO crm_customers")]
    assert [text for text in texts if text.startswith("SELECT")]
    assert [] == [text for text in texts if "Jānis" in text or "2000" in text]


def test_savepoint_is_logged_when_joined(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the host's transaction the savepoint of a command is logged too."""
    engine = prepare(create_engine(f"sqlite:///{tmp_path / 'crm.db'}"))
    SqlStore(engine).create_tables()
    with caplog.at_level(logging.DEBUG, logger="crmcore.sql"), Session(engine) as session:
        Crm(SqlStore(session)).customers.create("Jānis Bērziņš")
    engine.dispose()
    texts = [record.getMessage() for record in caplog.records if record.name == "crmcore.sql"]

    assert [text for text in texts if text.startswith("SAVEPOINT")]
    assert [text for text in texts if text.startswith("RELEASE SAVEPOINT")]


@pytest.mark.postgresql
def test_pipelined_statements_are_logged(postgresql_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """The libpq pipeline logs each queued statement, BEGIN and COMMIT included."""
    crm = Crm.open(postgresql_url)
    with caplog.at_level(logging.DEBUG, logger="crmcore.sql"):
        crm.customers.create("Jānis Bērziņš")
    crm.close()
    texts = [record.getMessage() for record in caplog.records if record.name == "crmcore.sql"]

    assert "BEGIN" in texts[0]
    assert "COMMIT" in texts
    assert [text for text in texts if "INSERT INTO" in text and "crm_customers" in text]
    assert [] == [text for text in texts if "Jānis" in text]


@pytest.mark.parametrize("pipeline", [None, False])
def test_statements_are_logged_without_values(
    database_url: str, pipeline: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Each statement appears with its placeholders; names and addresses do not appear."""
    store = SqlStore.open(database_url, pipeline=pipeline)
    crm = Crm(store, tenant="logged tenant")
    with caplog.at_level(logging.DEBUG, logger="crmcore.sql"):
        customer = crm.customers.create("Secret Name", email="secret@example.com")
        crm.customers.get(customer.id)
    store.close()
    texts = [record.getMessage() for record in caplog.records if record.name == "crmcore.sql"]

    assert any(text.startswith("INSERT INTO") and "customers" in text for text in texts)
    assert any(text.startswith("SELECT") for text in texts)
    assert [] == [text for text in texts if "ecret" in text or "logged tenant" in text or customer.id in text]


@pytest.mark.postgresql
def test_store_falls_back_without_pipeline_support(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A psycopg without pipelines is used statement by statement."""
    import psycopg

    monkeypatch.delattr(psycopg, "Pipeline")
    store = SqlStore.open(postgresql_url)
    name = Crm(store, tenant="fallback").customers.create("Anna").name
    store.close()

    assert "Anna" == name
