"""Generates the baseline migration from the current tables.

``python -m tests.migrations.freeze`` writes the baseline with it. It may be run until the first release. After it, the baseline is frozen,
and every change of the tables is a new version.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint

from crmcore.adapters.sql.schema import types
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.adapters.sql.schema.types import (
    BoundedTextType,
    EnumValueType,
    JsonType,
    PrefixedIdType,
    ScaledDecimalType,
    TextType,
)

BASELINE_PATH: Final = Path(__file__).parent / "versions" / "v0001_first_release.py"

HEADER: Final = '''"""The tables of the first release.

Written by `python -m tests.migrations.freeze`, and frozen by the release.
"""

from sqlalchemy import Column, {plain}

from crmcore.adapters.sql.schema.migrations.operations import Operations
from crmcore.adapters.sql.schema.types import {ours}

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
'''


def baseline_source() -> str:
    """Return the source of the first version."""
    schema = make_schema()
    type_names = {type_source(column).partition("(")[0] for table in schema.tables for column in table.columns}
    own_types = {
        type_name
        for type_name in type_names
        if hasattr(types, type_name) and issubclass(getattr(types, type_name), types.ColumnType)
    }
    header = HEADER.format(plain=", ".join(sorted(type_names - own_types)), ours=", ".join(sorted(own_types)))
    lines = [header, "\ndef upgrade() -> None:", '    """Make the tables."""', "    operations = Operations()"]
    for table in schema.tables:
        lines += _create_table_lines(table, schema.prefix)
    lines += [
        "\n\ndef downgrade() -> None:",
        '    """Drop the tables, with all that is in them."""',
        "    operations = Operations()",
    ]
    lines += [
        f'    operations.drop_table("{_without_prefix(table.name, schema.prefix)}")'
        for table in reversed(schema.tables)
    ]
    return "\n".join(lines) + "\n"


def _create_table_lines(table: Table, prefix: str) -> Iterator[str]:
    yield "    operations.create_table("
    yield f'        "{_without_prefix(table.name, prefix)}",'
    for column in table.columns:
        yield f'        Column("{column.name}", {type_source(column)}, nullable={column.nullable}),'
    yield f"        primary_key={_key_source(table.primary_key, prefix)},"
    unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    checks = [constraint for constraint in table.constraints if isinstance(constraint, CheckConstraint)]
    for keyword, keys in (("unique_keys", unique), ("indexes", table.indexes)):
        if keys:
            yield f"        {keyword}=["
            yield from sorted(f"            {_key_source(key, prefix)}," for key in keys)
            yield "        ],"
    if checks:
        yield "        checks=["
        yield from sorted(
            f'            ("{_without_prefix(check.name, prefix)}", "{check.sqltext}"),' for check in checks
        )
        yield "        ],"
    yield "    )"


def type_source(column: Column[Any]) -> str:
    """Return the source of a column type in a migration.

    It contains only what determines the type in the database.
    """
    match column.type:
        case EnumValueType() | BoundedTextType():
            return f"BoundedTextType({column.type.max_length})"
        case PrefixedIdType():
            return f'PrefixedIdType("{column.type.prefix}")'
        case JsonType() | TextType():
            return "TextType()"
        case ScaledDecimalType():
            return f"ScaledDecimalType({column.type.scale})"
        case other:
            return f"{type(other).__name__}()"


def _key_source(key: Any, prefix: str) -> str:
    columns = ", ".join(f'"{column.name}"' for column in key.columns)
    return f'("{_without_prefix(key.name, prefix)}", ({columns}{"," if len(key.columns) == 1 else ""}))'


def _without_prefix(name: Any, prefix: str) -> str:
    return str(name).removeprefix(prefix)
