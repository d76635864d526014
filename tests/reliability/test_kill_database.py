"""A database server that is killed loses nothing that was acknowledged, and the commands go on when it is back."""

import random

import pytest

from tests.reliability.harness import is_detected
from tests.reliability.kill_database import MUTATIONS, check

pytestmark = pytest.mark.postgresql


def test_killed_server_loses_no_acknowledged_lead() -> None:
    """Five kills of the server during intake: nothing lost, nothing twice, back within ten seconds."""
    verdict = check(random.Random(1), 5, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A server that acknowledges too early loses leads; a sender without keys has them twice."""
    assert is_detected(lambda rng: check(rng, 3, mutation))


@pytest.mark.long
def test_long_form() -> None:
    """Forty kills."""
    assert check(random.Random(2), 40, "").passed
