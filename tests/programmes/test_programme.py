"""A programme's verdict can be relied on."""

import random

import pytest

from tests.programmes.programme import Verdict, run


def _fine(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Count to n."""
    verdict = Verdict()
    for _ in range(n):
        verdict.count("rounds")
        verdict.demand("nothing lost", sabotage != "lose")
    return verdict


def test_a_programme_that_keeps_its_promises_exits_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """Seed, size and counts are printed."""
    code = run("FINE", _fine, n=3, arguments=[])

    assert 0 == code
    assert "FINE seed=1 n=3: passed" in (printed := capsys.readouterr().out)
    assert "3  rounds" in printed


def test_a_planted_bug_makes_it_exit_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Any miss is told and is exit code 1."""
    code = run("FINE", _fine, n=3, sabotages={"lose": "forgets"}, arguments=["--sabotage", "lose"])

    assert 1 == code
    assert "3  missed: nothing lost" in capsys.readouterr().out


def test_a_programme_that_looked_at_nothing_has_not_passed() -> None:
    """No promise looked at is no promise kept."""
    assert not Verdict().passed
