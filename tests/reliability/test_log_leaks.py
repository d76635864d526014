"""No input appears in a log or an error, and planted bugs are found."""

import random

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from crmcore.adapters.sql.schema.errors import translate
from tests.reliability.log_leaks import CANARY, MUTATIONS, SHAPES, check


def test_input_never_appears_in_logs_or_errors() -> None:
    """A canary in every input of every command, every failure forced: 0 canaries in logs, errors, tracebacks and problems kept."""
    verdict = check(random.Random(1), len(SHAPES), "")

    assert verdict.passed, str(verdict)
    assert verdict.counts["errors"] > 1_000
    assert verdict.counts["lines logged"] > 30


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A driver's words, a repeated id, a logged address are found out."""
    assert not check(random.Random(1), 1, mutation).passed


@pytest.mark.postgresql
def test_postgresql_error_detail_is_removed(postgresql_url: str) -> None:
    """PostgreSQL names the values of a row that it refuses; of that only the state and the constraint pass."""
    engine = create_engine(postgresql_url)
    with engine.begin() as connection, pytest.raises(IntegrityError) as refused:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE canaries (name text UNIQUE)")
        for _ in range(2):
            connection.exec_driver_sql("INSERT INTO canaries VALUES (%s)", (CANARY,))
    engine.dispose()
    said = refused.value.orig
    assert isinstance(said, Exception)
    passed = translate(said, {})

    assert CANARY in str(said)
    assert ("23505", "canaries_name_key") == (passed.to_problem()["sqlstate"], passed.to_problem()["constraint"])
    assert CANARY not in f"{passed} {passed!r} {passed.to_problem()}"
