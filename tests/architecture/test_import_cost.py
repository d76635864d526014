"""The cost of importing crmcore: CPU time, and no library that is not used."""

import statistics
import subprocess
import sys
from typing import Final

import pytest

from tests.architecture.source import SOURCE

MAX_IMPORT_MS: Final = 40.0
"""The maximum CPU time of an import, in milliseconds over a bare interpreter."""
HEAVY_MODULES: Final = [
    "aiosqlite",
    "alembic",
    "cattrs",
    "greenlet",
    "holidays",
    "icalendar",
    "jinja2",
    "opentelemetry",
    "phonenumbers",
    "psycopg",
    "pymysql",
    "pytest",
    "sqlalchemy",
]
IN_MEMORY_USE: Final = """
from crmcore import Crm
crm = Crm()
funnel = crm.funnels.create("Windows", stages=["First call", "Installation"])
crm.leads.capture("Jānis", phone="+371 2000 0000", funnel_id=funnel.id)
"""


def run(code: str) -> str:
    """Run code in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def cpu_milliseconds(code: str) -> float:
    """Measure the CPU time of an interpreter that runs some code, in milliseconds."""
    return float(run(f"{code}\nimport time; print(time.process_time() * 1000)"))


def test_import_time_is_within_limit() -> None:
    """`import crmcore` costs less than forty milliseconds of CPU, by the median of seven."""
    costs = [cpu_milliseconds("import crmcore; crmcore.__version__") - cpu_milliseconds("pass") for _ in range(7)]

    assert statistics.median(costs) < MAX_IMPORT_MS


@pytest.mark.parametrize("code", ["import crmcore", IN_MEMORY_USE], ids=["import", "in memory"])
def test_import_loads_no_heavy_module(code: str) -> None:
    """Neither the import nor the use of a memory store loads SQLAlchemy, cattrs or the library of an extra."""
    loaded = run(f"{code}\nimport sys; print(*sys.modules)").split()

    assert [] == sorted(set(HEAVY_MODULES) & set(loaded))
