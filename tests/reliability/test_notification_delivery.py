"""Nobody who is killed loses a letter, and planted bugs are found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.notification_delivery import MUTATIONS


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the programme as a command: it forks, and wants a process of its own."""
    line = [sys.executable, "-m", "tests.reliability.notification_delivery", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


def test_killed_sender_loses_no_message() -> None:
    """200 senders are killed -9: 0 letters lost, no more second copies than kills and hang-ups, one id for all copies."""
    done = run_command("--n", "200")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "200  SQLite: senders killed" in done.stdout
    assert "200  PostgreSQL: senders killed" in done.stdout


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A sender that marks first, that gives each copy an id of its own, or that leases for ever, is found out, on either database."""
    unseen = {"SQLite", "PostgreSQL"}
    for seed in range(1, 6):
        done = run_command("--n", "20", "--seed", str(seed), "--mutation", mutation)
        assert done.returncode == (0 if "passed" in done.stdout else 1), done.stderr
        unseen -= {database for database in unseen if f"{database}: " in done.stdout.partition("missed: ")[2]}
        if not unseen:
            return

    assert set() == unseen


@pytest.mark.long
def test_long_form() -> None:
    """2,000 kills."""
    done = run_command("--n", "2000", "--seed", "2")

    assert 0 == done.returncode, done.stdout + done.stderr
