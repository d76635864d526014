"""The logger ``crmcore.sql`` shows the text of statements at DEBUG, and never a value."""

import logging
from typing import Any

import pytest

from crmcore import Crm
from crmcore.adapters.sql.store import SqlStore


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
