"""No input becomes part of a SQL statement."""

import random

from tests.payloads.payloads import digest
from tests.reliability.sql_injection import MUTATIONS, PAYLOADS, check_on


def test_sql_payload_is_never_executed(database_url: str) -> None:
    """All payloads on each database, each text in thirty arguments of commands: nothing is run, nothing is cut, nothing strange comes out."""
    verdict = check_on(database_url, random.Random(1), 30, "")

    assert verdict.passed, verdict


def test_mutation_is_found(sqlite_url: str) -> None:
    """A search whose words are not escaped is found."""
    for mutation in MUTATIONS:
        assert not check_on(sqlite_url, random.Random(1), 1, mutation).passed


def test_payload_file_is_append_only() -> None:
    """No payload is taken out of the file."""
    assert len(PAYLOADS) >= 56
    assert "48ff19e3db52a337" == digest("sql", 56)
