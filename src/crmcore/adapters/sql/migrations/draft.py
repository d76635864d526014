"""Drafting a version's file from the tables as they are.

``python -m tests.migrations.freeze`` writes the baseline with it. It may be run until the first release; from then on, the baseline is what
is out there, and every change of the tables is a version of its own behind it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint

from crmcore.adapters.sql import types
from crmcore.adapters.sql.tables import make_schema
from crmcore.adapters.sql.types import Exact, Json, Key, Long, Word, Words

BASELINE: Final = Path(__file__).parent / "versions" / "v0001_first_release.py"

HEADER: Final = '''"""The tables of the first release.

Written by `python -m tests.migrations.freeze`, and frozen by the release.
"""

from sqlalchemy import Column, {plain}

from crmcore.adapters.sql.migrations.steps import Steps
from crmcore.adapters.sql.types import {ours}

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
'''


def baseline() -> str:
    """Write the first version's file."""
    schema = make_schema()
    used = {type_of(column).partition("(")[0] for table in schema.tables for column in table.columns}
    ours = {word for word in used if hasattr(types, word) and issubclass(getattr(types, word), types.Column)}
    header = HEADER.format(plain=", ".join(sorted(used - ours)), ours=", ".join(sorted(ours)))
    lines = [header, "\ndef upgrade() -> None:", '    """Make the tables."""', "    steps = Steps()"]
    for table in schema.tables:
        lines += _create(table, schema.prefix)
    lines += [
        "\n\ndef downgrade() -> None:",
        '    """Drop the tables, with all that is in them."""',
        "    steps = Steps()",
    ]
    lines += [f'    steps.drop_table("{_bare(table.name, schema.prefix)}")' for table in reversed(schema.tables)]
    return "\n".join(lines) + "\n"


def _create(table: Table, prefix: str) -> Iterator[str]:
    yield "    steps.create_table("
    yield f'        "{_bare(table.name, prefix)}",'
    for column in table.columns:
        yield f'        Column("{column.name}", {type_of(column)}, nullable={column.nullable}),'
    yield f"        primary={_key(table.primary_key, prefix)},"
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    checks = [one for one in table.constraints if isinstance(one, CheckConstraint)]
    for word, keys in (("unique", unique), ("indexes", table.indexes)):
        if keys:
            yield f"        {word}=["
            yield from sorted(f"            {_key(key, prefix)}," for key in keys)
            yield "        ],"
    if checks:
        yield "        checks=["
        yield from sorted(f'            ("{_bare(check.name, prefix)}", "{check.sqltext}"),' for check in checks)
        yield "        ],"
    yield "    )"


def type_of(column: Column[Any]) -> str:
    """The source of a column's type, as a version's file says it: its form in the database, and nothing that may change."""
    match column.type:
        case Word() | Words():
            return f"Words({column.type.limit})"
        case Key():
            return f'Key("{column.type.prefix}")'
        case Json() | Long():
            return "Long()"
        case Exact():
            return f"Exact({column.type.places})"
        case other:
            return f"{type(other).__name__}()"


def _key(key: Any, prefix: str) -> str:
    columns = ", ".join(f'"{column.name}"' for column in key.columns)
    return f'("{_bare(key.name, prefix)}", ({columns}{"," if len(key.columns) == 1 else ""}))'


def _bare(name: Any, prefix: str) -> str:
    return str(name).removeprefix(prefix)
