"""Freezing a release's schema, with rows of every kind in it: what later releases have to be able to lead on.

``python -m tests.migrations.freeze`` regenerates the baseline of the migrations and `release_0_1` from the current tables. It may be run until
the first release. From then on both stay as they are: each change of the tables is a migration, and each release freezes a folder of its own.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, column, insert, select, table
from sqlalchemy.dialects import postgresql

from crmcore import SqlStore
from crmcore.adapters.sql.schema.migrations import autogenerate, run
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.adapters.sql.schema.types import PrefixedIdType
from tests.services.world import create_world

RELEASE: Final = Path(__file__).parent / "release_0_1"
URLS: Final[Mapping[str, str]] = {
    "sqlite": "sqlite://",
    "postgresql": "postgresql+psycopg://",
    "mysql": "mysql+pymysql://",
}
LEADS_PER_TENANT: Final = 20
"""The number of leads of the sample tenant, besides one record of each type."""


def load(connection: Connection, folder: Path, *, prefix: str, tenants: int) -> None:
    """Make a release's tables as that release made them, and fill them with so many houses' rows."""
    statements = (folder / f"{connection.dialect.name}.sql").read_text(encoding="utf-8").replace("crm_", prefix)
    for statement in statements.split(";\n"):
        lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
        if lines and lines[0] not in {"BEGIN", "COMMIT"}:
            connection.exec_driver_sql("\n".join(lines).replace("%", "%%"))
    key = str if connection.dialect.name == "postgresql" else bytes.fromhex
    for name, columns, keys, rows in _frozen_files(folder):
        kept = table(f"{prefix}{name}", *(column(one, _raw(connection) if one in keys else None) for one in columns))
        given = [
            {one: key(cell) if one in keys and cell else cell for one, cell in zip(columns, row, strict=True)}
            for row in rows
        ]
        for tenant in range(tenants if given else 0):
            connection.execute(insert(kept), [row | {"tenant": f"house {tenant}"} for row in given])


def _raw(connection: Connection) -> Any:
    """The type of sixteen bytes, without any of ours."""
    return postgresql.UUID(as_uuid=False) if connection.dialect.name == "postgresql" else LargeBinary(16)


def _frozen_files(folder: Path) -> Iterator[tuple[str, Sequence[str], Sequence[str], Sequence[Any]]]:
    for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines():
        frozen = json.loads(line)
        yield frozen["table"], frozen["columns"], frozen["keys"], frozen["rows"]


def freeze() -> Iterator[tuple[str, str]]:
    """The files of the present schema: their names and contents."""
    for name, url in URLS.items():
        yield f"{name}.sql", run.offline_sql(url, make_schema())
    store = SqlStore.open("sqlite://")
    world = create_world(store)
    for number in range(LEADS_PER_TENANT):
        deal = world.crm.leads.capture(f"Anna Kalna {number}", email=f"a{number}@example.lv", funnel_id=world.funnel.id)
        if number % 3 == 0:
            world.crm.deals.move(deal.deal.id, stage_key="Payment", idempotency_key=f"key {number}")
        if number % 5 == 0:
            world.crm.deals.lose(deal.deal.id, reason="too dear")
    world.crm.feed.read()  # so that facts have their places
    lines = []
    with store.engine.connect() as connection:
        for one in store.schema.tables:
            raw = table(one.name, *(column(name) for name in one.columns.keys()))  # noqa: SIM118  # no dict
            rows = [list(row) for row in connection.execute(select(raw)).all()]
            keys = [c.name for c in one.columns if isinstance(c.type, PrefixedIdType)]
            cells = [[cell.hex() if isinstance(cell, bytes) else cell for cell in row] for row in rows]
            table_data = {"table": one.name.removeprefix("crm_"), "columns": list(one.columns.keys()), "keys": keys}
            lines.append(json.dumps(table_data | {"rows": cells}, ensure_ascii=False))
    store.close()
    yield "rows.jsonl", "\n".join(lines) + "\n"


def write() -> None:
    """Write the baseline, and the files of the present schema."""
    autogenerate.BASELINE_PATH.write_text(autogenerate.baseline_source(), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(autogenerate.BASELINE_PATH)], check=True)
    for name, content in freeze():
        (RELEASE / name).write_text(content, encoding="utf-8")
        sys.stdout.write(f"{RELEASE / name}: {len(content):,} characters\n")


if __name__ == "__main__":
    write()
