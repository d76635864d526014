"""Nothing that somebody types becomes part of a statement."""

import random

from tests.payloads.payloads import seal
from tests.programmes.sqli import PAYLOADS, SABOTAGES, play_on


def test_nothing_of_a_payload_is_run(database_url: str) -> None:
    """All payloads on each database, each text in thirty arguments of stories: nothing is run, nothing is cut, nothing strange comes out."""
    verdict = play_on(database_url, random.Random(1), 30, "")

    assert verdict.passed, verdict


def test_a_planted_bug_is_found(sqlite_url: str) -> None:
    """A search whose words are not escaped is found."""
    for sabotage in SABOTAGES:
        assert not play_on(sqlite_url, random.Random(1), 1, sabotage).passed


def test_payloads_are_only_added() -> None:
    """No payload is taken out of the file."""
    assert len(PAYLOADS) >= 56
    assert "48ff19e3db52a337" == seal("sql", 56)
