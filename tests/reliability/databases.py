"""The databases that a programme is played on when it is called as a command: one of each kind, started for it and gone with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.reliability.harness import Check, Verdict
from tests.servers import Postgres, mariadb, temporary_folder

CheckOn = Callable[[str, Random, int, str], Verdict]
"""Plays a programme on one database, by its URL."""


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A database of each kind, by its name: the URL."""
    with temporary_folder() as folder, mariadb(created_folder(folder / "mariadb")) as mariadb_url:
        server = Postgres(folder / "postgresql")
        server.initialise()
        server.start()
        yield {"SQLite": f"sqlite:///{folder / 'crm.db'}", "PostgreSQL": server.url, "MariaDB": mariadb_url}
        server.stop()


def on_every_database(check_on: CheckOn) -> Check:
    """Make a programme of one that plays on a single database."""

    def check(rng: Random, n: int, mutation: str) -> Verdict:
        whole = Verdict()
        with databases() as urls:
            for name, url in urls.items():
                whole.merge(check_on(url, rng, n, mutation), name)
        return whole

    check.__doc__ = check_on.__doc__
    return check


def created_folder(folder: Path) -> Path:
    """A folder that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
