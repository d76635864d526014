"""Who follows the feed misses nothing."""

import random
from pathlib import Path

import pytest

from tests.programmes.feed import follow, play
from tests.programmes.programme import Verdict, shows


def test_nothing_is_missed_on_sqlite() -> None:
    """Of 4,000 facts by eight writers each is heard once and in order, though the reader is killed all the while."""
    assert play(random.Random(1), 4_000, "").passed


def test_a_hasty_reader_is_found_out() -> None:
    """Whoever keeps the cursor before the facts loses some when killed."""
    assert shows(lambda chance: play(chance, 2_000, "hasty"))


@pytest.mark.postgresql
def test_nothing_is_missed_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """The same on a PostgreSQL server, where a story that began early may be committed late."""
    assert follow(postgresql_url, "feed", tmp_path, random.Random(1), 3_000, "").passed


@pytest.mark.postgresql
def test_a_naive_reader_is_found_out(postgresql_url: str, tmp_path: Path) -> None:
    """Whoever goes by ids instead of places loses what was committed late."""

    def one(chance: random.Random) -> Verdict:
        room = tmp_path / str(chance.random())
        room.mkdir()
        return follow(postgresql_url, room.name, room, chance, 3_000, "naive")

    assert shows(one)


@pytest.mark.long
def test_the_long_form() -> None:
    """Of 50,000 facts none is lost, on an SQLite file."""
    assert play(random.Random(2), 50_000, "").passed


@pytest.mark.long
@pytest.mark.postgresql
def test_the_long_form_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """Of 50,000 facts none is lost, on a PostgreSQL server."""
    assert follow(postgresql_url, "long", tmp_path, random.Random(2), 50_000, "").passed
