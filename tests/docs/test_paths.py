"""Pages name files, modules and commands that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source import ROOT, SOURCE

PAGES: Final = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "changelog.d").glob("*.md")),
]
FILE: Final = re.compile(r"`((?:[\w.*-]+/)+[\w.*-]*)`")
MODULE: Final = re.compile(r"(?:python -m |`)((?:tests|benchmarks|tools|crmcore)\.[\w.]+)")
SCRIPT: Final = re.compile(r"python (benchmarks/\w+\.py)")
FOLDERS: Final = frozenset(path.name for root in (ROOT, SOURCE / "crmcore") for path in root.iterdir() if path.is_dir())
SAMPLE: Final = "quotes"
"""The capability that CONTRIBUTING adds as a sample."""


def missing_paths(text: str) -> Iterator[str]:
    """Return the paths and modules in a page that do not exist."""
    for path in [*FILE.findall(text), *SCRIPT.findall(text)]:
        found = [*ROOT.glob(path), *(SOURCE / "crmcore").glob(path)]
        if path.split("/")[0] in FOLDERS and SAMPLE not in path and not found:
            yield path
    for module in MODULE.findall(text):
        parts = module.rstrip(".").split(".")
        if not any(exists("/".join(parts[:length])) for length in (len(parts), len(parts) - 1)):
            yield module


def exists(path: str) -> bool:
    """Return whether a module or package exists; the last part of a name may be an attribute."""
    root = SOURCE if path.startswith("crmcore") else ROOT
    return (root / path).is_dir() or (root / f"{path}.py").exists()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_path_exists(path: Path) -> None:
    """Each file, module and script that a page names exists."""
    assert [] == sorted(set(missing_paths(path.read_text(encoding="utf-8"))))


def test_missing_path_is_found() -> None:
    """The check finds planted names."""
    text = "`tests/absent.py` and `python -m tests.absent.module` and `python benchmarks/absent.py`"

    assert ["tests/absent.py", "benchmarks/absent.py", "tests.absent.module"] == list(missing_paths(text))
