"""The databases that a programme is played on when it is called as a command: one of each kind, started for it and gone with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.programmes.programme import Play, Verdict
from tests.servers import Postgres, mariadb, scratch

PlayOn = Callable[[str, Random, int, str], Verdict]
"""Plays a programme on one database, by its URL."""


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A database of each kind, by its name: the URL."""
    with scratch() as folder, mariadb(made(folder / "mariadb")) as mariadb_url:
        server = Postgres(folder / "postgresql")
        server.initialise()
        server.start()
        yield {"SQLite": f"sqlite:///{folder / 'crm.db'}", "PostgreSQL": server.url, "MariaDB": mariadb_url}
        server.stop()


def on_every_database(play_on: PlayOn) -> Play:
    """Make a programme of one that plays on a single database."""

    def play(chance: Random, n: int, sabotage: str) -> Verdict:
        whole = Verdict()
        with databases() as urls:
            for name, url in urls.items():
                whole.take_in(play_on(url, chance, n, sabotage), name)
        return whole

    play.__doc__ = play_on.__doc__
    return play


def made(folder: Path) -> Path:
    """A folder that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
