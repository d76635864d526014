"""Guards on words: names and prose use the terms of the field, and first docstring lines fit on a line.

The list is that of the naming decision (docs/decisions): metaphors that a newcomer cannot search for.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FORBIDDEN: Final = frozenset(
    [
        "house",
        "room",
        "story",
        "stories",
        "tell",
        "tells",
        "told",
        "ladder",
        "rung",
        "ledger",
        "shelf",
        "talk",
        "talks",
        "anatomy",
        "papers",
        "heir",
        "purse",
        "furnish",
        "anew",
        "whoever",
        "somebody",
    ]
)
WORDS: Final = re.compile(r"(?<![\w-])(?:" + "|".join(sorted(FORBIDDEN)) + r")(?![\w-])", re.IGNORECASE)
PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
MAX_FIRST_LINE: Final = 72
"""The longest first line of a docstring, in characters (PEP 8, PEP 257)."""

THIS: Final = "tests/architecture/test_words.py"
MAY_SAY_STORY: Final = ("tests/stories/", "docs/tutorial/")
"""The acceptance stories keep their word."""
SAMPLE_TEXTS: Final = ("src/crmcore/demo/", "src/crmcore/locales/", "tests/payloads/")
"""String literals there are what customers and companies write, and translations."""

SOURCES: Final = tuple(
    sorted(
        path
        for folder in ("src", "tests", "tools", "benchmarks", "examples")
        for path in (ROOT / folder).rglob("*.py")
        if "versions" not in path.parts
    )
)
PAGES: Final = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")]))


def relative(path: Path) -> str:
    """Return the path from the root, with slashes."""
    return path.relative_to(ROOT).as_posix()


def allowed(path: str, word: str) -> bool:
    """Return whether a word may stand in a file."""
    return path == THIS or (word.lower() in {"story", "stories"} and path.startswith(MAY_SAY_STORY))


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """List every name that a module defines, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.lineno, name


def texts(source: str, *, literals: bool) -> Iterator[tuple[int, str]]:
    """List comments and docstrings, and other string literals where asked, with their lines."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for parent in ast.walk(tree)
        if isinstance(parent, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        for node in parent.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (literals or id(node) in docstrings):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_identifiers_use_standard_terms() -> None:
    """No part of a name, and no module's name, is on the list."""
    found = []
    for path in SOURCES:
        name = relative(path)
        known = [(0, path.stem), *identifiers(ast.parse(path.read_text()))]
        parts = ((line, part) for line, identifier in known for part in PARTS.findall(identifier))
        found += [f"{name}:{n}: {part}" for n, part in parts if part.lower() in FORBIDDEN and not allowed(name, part)]

    assert [] == found


def test_docstrings_comments_and_messages_use_standard_terms() -> None:
    """No docstring and no comment uses a word of the list; in the library, no string literal does."""
    found = []
    for path in SOURCES:
        name = relative(path)
        literals = name.startswith("src/") and not name.startswith(SAMPLE_TEXTS)
        for line, text in texts(path.read_text(), literals=literals):
            found += [f"{name}:{line}: {word}" for word in WORDS.findall(text) if not allowed(name, word)]

    assert [] == found


def test_pages_use_standard_terms() -> None:
    """No page uses a word of the list."""
    found = []
    for path in PAGES:
        name = relative(path)
        for line, text in enumerate(path.read_text().splitlines(), 1):
            found += [f"{name}:{line}: {word}" for word in WORDS.findall(text) if not allowed(name, word)]

    assert [] == found


def test_first_docstring_lines_fit() -> None:
    """The first line of a docstring of the library has at most 72 characters."""
    found = []
    for path in SOURCES:
        if relative(path).startswith("src/"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                    first = (ast.get_docstring(node) or "").partition("\n")[0]
                    if len(first) > MAX_FIRST_LINE:
                        found.append(f"{relative(path)}:{getattr(node, 'lineno', 1)}: {len(first)} characters")

    assert [] == found
