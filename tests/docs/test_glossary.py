"""The glossary has the standard terms, and its paths exist."""

import re
from typing import Final

import pytest

from tests.architecture.source import ROOT, SOURCE

GLOSSARY: Final = (ROOT / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
ROWS: Final = [line for line in GLOSSARY.splitlines() if line.startswith("| **")]
TERMS: Final = (
    "access policy",
    "audit",
    "backoff",
    "business hours",
    "change tracker",
    "connection",
    "consumer",
    "counter",
    "data mapper",
    "dead letter",
    "domain event",
    "entity",
    "escalation policy",
    "executor",
    "fold (search)",
    "identity map",
    "idempotency",
    "job",
    "keyset pagination",
    "knowledge base",
    "lease",
    "libpq pipeline",
    "multi-tenant",
    "optimistic locking",
    "outbox",
    "prefetch",
    "projection",
    "read replica",
    "retry",
    "round robin",
    "row-level security",
    "service level agreement (SLA)",
    "SSRF",
    "statement cache",
    "subscription",
    "unit of work",
    "use case",
    "value object",
)
"""The terms that a newcomer searches for."""


@pytest.mark.parametrize("term", TERMS)
def test_glossary_defines_term(term: str) -> None:
    """Each standard term is in the first column of the glossary."""
    assert [row for row in ROWS if term in row.split("|")[1]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip(" *"))
def test_glossary_path_exists(row: str) -> None:
    """Each path in the column "code" exists."""
    code = row.split(" | ")[2]
    paths = [path for path in re.findall(r"`([\w/*.]+)`", code) if "/" in path or path.endswith(".py")]

    assert [] == [path for path in paths if not list((SOURCE / "crmcore").glob(path))]
    assert paths


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip(" *"))
def test_glossary_source_is_named(row: str) -> None:
    """Each row has a term, a meaning, a place and a source."""
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]

    assert 4 == len(cells)
    assert all(cells)
