"""No text becomes a statement, and none becomes code."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.architecture.source import Module, modules, planted

RAW: Final = frozenset({"text", "literal_column", "TextClause"})
"""What SQLAlchemy takes as a piece of a statement, just as it is."""
GENERATED: Final[Mapping[str, str]] = {
    "crmcore.adapters.sql.codec": "from rows to records, by functions made of field names; docs/decisions/0005",
    "crmcore.adapters.sql.types": "a column's processor, made of that module's own pieces",
    "crmcore.domain.anatomy": "the copy function of a record, made of the field names of its class",
}
"""Modules that write code, each with what it is made of."""
CODE: Final = frozenset({"eval", "exec", "compile", "__import__"})
READERS: Final = frozenset({"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml", "jsonpickle", "xml.sax"})
"""What turns data into whatever the data says."""


def raw(module: Module) -> Iterator[str]:
    """Where a module takes raw SQL into its hands, or a pattern without a mark for what is meant literally."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            yield from (f"{module.name} imports {alias.name}" for alias in node.names if alias.name in RAW)
        if isinstance(node, ast.Attribute) and node.attr in RAW and ast.unparse(node.value) in {"sa", "sqlalchemy"}:
            yield f"{module.name} uses {node.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "sql" in module.name:
            options = {keyword.arg for keyword in node.keywords}
            if node.func.attr in {"like", "ilike", "notlike"} and not {"escape"} & options:
                yield f"{module.name} calls {node.func.attr} without escape"
            if node.func.attr in {"startswith", "endswith", "contains"} and isinstance(node.func.value, ast.Subscript):
                yield f"{module.name} calls {node.func.attr} on a column"


def code(module: Module) -> Iterator[str]:
    """Where a module turns data into code, or into whatever the data says."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and node.id in CODE and module.name not in GENERATED:
            yield f"{module.name} uses {node.id}"
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (f"{module.name} imports {name}" for name in names if name.split(".")[0] in READERS)


def test_no_text_becomes_a_piece_of_a_statement() -> None:
    """Outside the migrations, nothing takes raw SQL, and every pattern says which mark means a character itself."""
    assert [] == [found for module in modules().values() if ".migrations" not in module.name for found in raw(module)]


def test_no_data_becomes_code() -> None:
    """Nothing is evaluated, unpickled or built as its data says, but what modules with a reason write of their own field names."""
    assert [] == [found for module in modules().values() for found in code(module)]


def test_every_reason_is_needed() -> None:
    """No module is excused that writes no code."""
    writers = {
        module.name
        for module in modules().values()
        if any(isinstance(node, ast.Name) and node.id in CODE for node in ast.walk(module.tree))
    }

    assert set(GENERATED) == writers


@pytest.mark.parametrize(
    "plant",
    [
        "from sqlalchemy import text",
        "def f(t, word): return t.c.name.like(word)",
        "import sqlalchemy\ndef f(word): return sqlalchemy.literal_column(word)",
    ],
)
def test_a_planted_statement_is_found(plant: str) -> None:
    """Raw SQL in a module of the SQL adapter is found."""
    module = planted("adapters/sql/queries.py", plant)["crmcore.adapters.sql.queries"]

    assert len(list(raw(module))) == 1


@pytest.mark.parametrize("plant", ["import pickle", "from yaml import load", "def f(x): return eval(x)"])
def test_a_planted_reader_is_found(plant: str) -> None:
    """A module that would do as its data says is found."""
    module = planted("adapters/wire.py", plant)["crmcore.adapters.wire"]

    assert len(list(code(module))) == 1
