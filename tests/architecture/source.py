"""The package as syntax trees, read without importing it.

A test may plant code in a module and read the result.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

ROOT: Final = Path(__file__).parents[2]
"""The root of the project."""
SOURCE: Final = ROOT / "src"


@frozen
class Module:
    """One module of the package.

    Attributes:
        name: as it is imported.
        path: of its file.
        tree: its syntax tree.
    """

    name: str
    path: Path
    tree: ast.Module


@cache
def modules() -> dict[str, Module]:
    """Read all modules, by name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = _name(path)
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return found


def _name(path: Path) -> str:
    words = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def imports(module: Module, known: dict[str, Module]) -> Iterator[str]:
    """List what a module imports when it runs, at its top or in a function; type-checking imports are left out."""
    type_checking = {
        id(node)
        for block in ast.walk(module.tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(module.tree):
        if id(node) in type_checking:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{module.name} imports by a relative name"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


def with_planted_code(path: str, code: str) -> dict[str, Module]:
    """Read all modules, with code added to the end of one of them."""
    target = SOURCE / "crmcore" / path
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    module = Module(_name(target), target, ast.parse(f"{old}\n{code}\n", str(target)))
    return modules() | {module.name: module}
