"""Names and modules: public names are listed, docstrings are everywhere, modules are short."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import crmcore
from tests.architecture.source import ROOT, Module, modules, with_planted_code

MAX_MODULE_LINES: Final = 300
"""The maximum number of lines of a module."""
LONG_MODULES: Final[dict[str, str]] = {
    "crmcore.adapters.sql.schema.migrations.versions.v0001_first_release": "a list of tables, written by a tool and frozen by the release",
}
"""Modules that may be longer, each with its reason."""
EXPORTING_PACKAGES: Final = frozenset({"crmcore", "crmcore.domain.kernel.fields", "crmcore.ports", "crmcore.testing"})
"""Packages whose `__init__.py` has code."""
STABILITY: Final = ROOT / "docs" / "reference" / "stability.md"
FORBIDDEN_NAMES: Final = re.compile(
    r"(Manager|Helper|Util|Abstract|Base|Impl)$|^(Abstract|Base)[A-Z]|^utils?$|^helpers?$"
)


def test_public_names_are_sorted_and_importable() -> None:
    """`crmcore.__all__` is sorted, equals `dir`, and every name in it can be imported."""
    assert sorted(crmcore.__all__) == crmcore.__all__ == dir(crmcore)
    assert all(getattr(crmcore, name) is not None for name in crmcore.__all__)


def test_type_checking_imports_equal_lazy_exports() -> None:
    """The type-checking imports of `crmcore` equal its lazy exports."""
    tree = modules()["crmcore"].tree
    type_checking_imports = {
        alias.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }

    assert {name: type_checking_imports.get(name) for name in crmcore._LAZY_EXPORTS} == crmcore._LAZY_EXPORTS
    assert [*crmcore._LAZY_EXPORTS, "__version__"] == crmcore.__all__


def test_stability_page_lists_public_names() -> None:
    """The stability page lists exactly the names of `crmcore.__all__`."""
    *_, names = STABILITY.read_text(encoding="utf-8").partition("## Names in `crmcore`")
    listed = re.findall(r"^- `(\w+)`", names, re.MULTILINE)

    assert sorted(crmcore.__all__) == sorted(listed)


def test_module_all_is_sorted_and_defined() -> None:
    """An `__all__` is sorted and lists existing names."""
    for name, module in modules().items():
        if any(isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__" for n in module.tree.body):
            loaded = import_module(name)

            assert sorted(loaded.__all__) == loaded.__all__, name
            assert [] == [public for public in loaded.__all__ if not hasattr(loaded, public)], name


def undocumented_names(module: Module) -> Iterator[str]:
    """List the public names of a module without a docstring."""
    if not ast.get_docstring(module.tree):
        yield module.name
    waiting: list[tuple[str, ast.AST]] = [(module.name, module.tree)]
    while waiting:
        path, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = f"{path}.{child.name}"
                if not child.name.startswith("_") and not ast.get_docstring(child):
                    yield inner
                if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
                    waiting.append((inner, child))
            elif isinstance(child, (ast.If, ast.Try)):
                waiting.append((path, child))


def test_public_api_has_docstrings() -> None:
    """Every public module, class, function and method has a docstring; the methods of criteria are described at their root."""
    silent = [name for module in modules().values() for name in undocumented_names(module)]

    assert [] == [name for name in silent if not name.startswith("crmcore.domain.kernel.criteria.")]


def test_planted_missing_docstring_is_found() -> None:
    """A public method without a docstring is reported."""
    module = with_planted_code(
        "domain/activities/tasks.py", "class Planted:\n    '''A plant.'''\n    def grow(self): pass"
    )["crmcore.domain.activities.tasks"]

    assert ["crmcore.domain.activities.tasks.Planted.grow"] == list(undocumented_names(module))


def test_module_length_is_within_limit() -> None:
    """A module of more than three hundred lines is split, unless a reason is listed."""
    lengths = {name: len(m.path.read_text(encoding="utf-8").splitlines()) for name, m in modules().items()}
    long = {name: length for name, length in lengths.items() if length > MAX_MODULE_LINES}

    assert [] == sorted(f"{name}: {length}" for name, length in long.items() if name not in LONG_MODULES)
    assert [] == sorted(name for name in LONG_MODULES if name not in long)


def test_inner_package_init_has_only_docstring() -> None:
    """Names are re-exported by `crmcore`, the ports and the field declarations only.

    `crmcore.testing` asks pytest to rewrite its assertions.
    """
    for name, module in modules().items():
        if module.path.name == "__init__.py" and name not in EXPORTING_PACKAGES:
            assert 1 == len(module.tree.body), name


def test_class_and_module_names_avoid_filler_words() -> None:
    """No module and no class is named manager, helper, base, implementation or utility."""
    classes = (n.name for m in modules().values() for n in ast.walk(m.tree) if isinstance(n, ast.ClassDef))
    names = [*classes, *(name.rpartition(".")[2] for name in modules())]

    assert [] == [name for name in names if FORBIDDEN_NAMES.search(name)]
