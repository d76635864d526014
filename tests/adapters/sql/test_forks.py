"""An engine that was made before a fork serves the children, when each of them forgets the connections of its parent."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import fresh_database

SCRIPT = """
import os, sys
from crmcore import Crm, SqlStore

store = SqlStore.open(sys.argv[1])
os.register_at_fork(after_in_child=lambda: store.engine.dispose(close=False))
crm = Crm(store)
crm.customers.create("Customer of the parent")
children = []
for child in range(3):
    children.append(os.fork())
    if children[-1] == 0:
        for number in range(20):
            crm.customers.create(f"Customer {child} {number}")
        os._exit(0)
codes = [os.waitpid(child, 0)[1] for child in children]
crm.customers.create("Customer of the parent, again")
print(codes, len(crm.customers.search("customer", limit=1000)))
store.close()
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new database, of each kind in turn."""
    server = request.getfixturevalue(f"{request.param}_url")
    if request.param == "sqlite":
        yield server
        return
    with fresh_database(server) as fresh:
        yield fresh


def test_children_of_a_fork_lose_nothing(url: str, tmp_path: Path) -> None:
    """Three children and their parent write at once over one engine, and every customer is there."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, url], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert ("[0, 0, 0] 62", "") == (done.stdout.strip(), done.stderr)
