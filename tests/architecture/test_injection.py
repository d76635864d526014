"""No text becomes a statement, and no data becomes code."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.architecture.source import Module, modules, with_planted_code

RAW_SQL_NAMES: Final = frozenset({"text", "literal_column", "TextClause"})
"""The constructs of SQLAlchemy that take raw SQL."""
CODE_GENERATING_MODULES: Final[Mapping[str, str]] = {
    "crmcore.adapters.sql.compile.row_codec": "from rows to records, by functions made of field names; docs/decisions/0005",
    "crmcore.adapters.sql.schema.types": "a column's processor, made of that module's own pieces",
    "crmcore.domain.kernel.copying": "the copy function of a record, made of the field names of its class",
}
"""Modules that generate code, each with its source."""
CODE_EXECUTING_NAMES: Final = frozenset({"eval", "exec", "compile", "__import__"})
UNSAFE_DESERIALIZERS: Final = frozenset(
    {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml", "jsonpickle", "xml.sax"}
)
"""Libraries that deserialize arbitrary classes."""


def raw_sql_uses(module: Module) -> Iterator[str]:
    """List where a module uses raw SQL, or a pattern without an escape character."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            yield from (f"{module.name} imports {alias.name}" for alias in node.names if alias.name in RAW_SQL_NAMES)
        if (
            isinstance(node, ast.Attribute)
            and node.attr in RAW_SQL_NAMES
            and ast.unparse(node.value) in {"sa", "sqlalchemy"}
        ):
            yield f"{module.name} uses {node.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "sql" in module.name:
            options = {keyword.arg for keyword in node.keywords}
            if node.func.attr in {"like", "ilike", "notlike"} and not {"escape"} & options:
                yield f"{module.name} calls {node.func.attr} without escape"
            if node.func.attr in {"startswith", "endswith", "contains"} and isinstance(node.func.value, ast.Subscript):
                yield f"{module.name} calls {node.func.attr} on a column"


def code_execution_uses(module: Module) -> Iterator[str]:
    """List where a module executes data as code, or deserializes arbitrary classes."""
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Name)
            and node.id in CODE_EXECUTING_NAMES
            and module.name not in CODE_GENERATING_MODULES
        ):
            yield f"{module.name} uses {node.id}"
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (f"{module.name} imports {name}" for name in names if name.split(".")[0] in UNSAFE_DESERIALIZERS)


def test_no_raw_sql_outside_migrations() -> None:
    """Outside the migrations no raw SQL is used, and every pattern has an escape character."""
    assert [] == [
        found for module in modules().values() if ".migrations" not in module.name for found in raw_sql_uses(module)
    ]


def test_no_data_is_executed_as_code() -> None:
    """Nothing is evaluated or unpickled but code that listed modules generate from their field names."""
    assert [] == [found for module in modules().values() for found in code_execution_uses(module)]


def test_every_code_generation_exception_is_needed() -> None:
    """Every listed module generates code."""
    writers = {
        module.name
        for module in modules().values()
        if any(isinstance(node, ast.Name) and node.id in CODE_EXECUTING_NAMES for node in ast.walk(module.tree))
    }

    assert set(CODE_GENERATING_MODULES) == writers


@pytest.mark.parametrize(
    "plant",
    [
        "from sqlalchemy import text",
        "def f(t, word): return t.c.name.like(word)",
        "import sqlalchemy\ndef f(word): return sqlalchemy.literal_column(word)",
    ],
)
def test_planted_raw_sql_is_found(plant: str) -> None:
    """Raw SQL in a module of the SQL adapter is reported."""
    module = with_planted_code("adapters/sql/compile/query_compiler.py", plant)[
        "crmcore.adapters.sql.compile.query_compiler"
    ]

    assert len(list(raw_sql_uses(module))) == 1


@pytest.mark.parametrize("plant", ["import pickle", "from yaml import load", "def f(x): return eval(x)"])
def test_planted_unsafe_deserializer_is_found(plant: str) -> None:
    """A module that deserializes arbitrary classes is reported."""
    module = with_planted_code("adapters/wire.py", plant)["crmcore.adapters.wire"]

    assert len(list(code_execution_uses(module))) == 1
