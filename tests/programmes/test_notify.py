"""Nobody who is killed loses a letter; and the programme that says so can say otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.programmes.notify import SABOTAGES


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the programme as a command: it forks, and wants a process of its own."""
    line = [sys.executable, "-m", "tests.programmes.notify", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


def test_no_letter_is_lost_and_all_copies_carry_one_id() -> None:
    """200 senders are killed -9: 0 letters lost, no more second copies than kills and hang-ups, one id for all copies."""
    done = command("--n", "200")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "200  senders killed" in done.stdout


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A sender that marks first, that gives each copy an id of its own, or that leases for ever, is found out."""
    plays = (command("--n", "20", "--seed", str(seed), "--sabotage", sabotage) for seed in range(1, 6))

    assert any(1 == done.returncode and "MISSED" in done.stdout for done in plays)


@pytest.mark.long
def test_the_long_form() -> None:
    """2,000 kills."""
    done = command("--n", "2000", "--seed", "2")

    assert 0 == done.returncode, done.stdout + done.stderr
