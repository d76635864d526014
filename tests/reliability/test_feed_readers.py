"""Who follows the feed misses nothing."""

import random
from pathlib import Path

import pytest

from tests.reliability.feed_readers import check, check_reader
from tests.reliability.harness import Verdict, is_detected


def test_killed_reader_misses_no_event_on_sqlite() -> None:
    """Of 4,000 facts by eight writers each is heard once and in order, though the reader is killed all the while."""
    assert check(random.Random(1), 4_000, "").passed


def test_reader_saving_cursor_first_is_found() -> None:
    """A reader that saves the cursor before the events loses some when killed."""
    assert is_detected(lambda rng: check(rng, 2_000, "hasty"))


@pytest.mark.postgresql
def test_killed_reader_misses_no_event_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """The same on a PostgreSQL server, where a command that began early may be committed late."""
    assert check_reader(postgresql_url, "feed", tmp_path, random.Random(1), 3_000, "").passed


@pytest.mark.postgresql
def test_reader_using_event_ids_is_found(postgresql_url: str, tmp_path: Path) -> None:
    """A reader that follows ids instead of positions loses events committed late."""

    def run_once(rng: random.Random) -> Verdict:
        folder = tmp_path / str(rng.random())
        folder.mkdir()
        return check_reader(postgresql_url, folder.name, folder, rng, 3_000, "naive")

    assert is_detected(run_once)


@pytest.mark.long
def test_long_form() -> None:
    """Of 50,000 facts none is lost, on an SQLite file."""
    assert check(random.Random(2), 50_000, "").passed


@pytest.mark.long
@pytest.mark.postgresql
def test_long_form_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """Of 50,000 facts none is lost, on a PostgreSQL server."""
    assert check_reader(postgresql_url, "long", tmp_path, random.Random(2), 50_000, "").passed
