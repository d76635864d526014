"""A programme's verdict can be relied on."""

import random

import pytest

from tests.reliability.harness import Verdict, run


def _passing_check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Count to n."""
    verdict = Verdict()
    for _ in range(n):
        verdict.count("rounds")
        verdict.check("nothing lost", mutation != "lose")
    return verdict


def test_passing_check_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    """Seed, size and counts are printed."""
    code = run("FINE", _passing_check, n=3, arguments=[])

    assert 0 == code
    assert "FINE seed=1 n=3: passed" in (printed := capsys.readouterr().out)
    assert "3  rounds" in printed


def test_failed_check_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """A violation is printed and exits with 1."""
    code = run("FINE", _passing_check, n=3, mutations={"lose": "forgets"}, arguments=["--mutation", "lose"])

    assert 1 == code
    assert "3  missed: nothing lost" in capsys.readouterr().out


def test_check_without_properties_fails() -> None:
    """No promise looked at is no promise kept."""
    assert not Verdict().passed
