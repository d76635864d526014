"""The documentation builds, and nothing in it leads nowhere."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.architecture.source import ROOT
from tools.reference import DOCS, LISTS

LANGUAGES: Final = frozenset(
    {"bash", "csv", "html", "ini", "json", "mermaid", "powershell", "python", "sql", "text", "toml"}
)
"""What a code block may be written in. `python` is a test; nothing else looks like Python."""
PAGES: Final = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


class Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the links and the anchors of a tag."""
        for name, value in attrs:
            if name in {"href", "src"} and value is not None and tag != "link":
                self.links.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built from a copy, with every warning an error."""
    folder = tmp_path_factory.mktemp("documentation")
    for name in ("README.md", "mkdocs.yml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    built = subprocess.run(
        [Path(sys.executable).parent / "zensical", "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


def test_internal_links_resolve(site: Path) -> None:
    """Each link within the site leads to a file that is there, and to a heading that is on that page."""
    pages = {path: Page(path) for path in site.rglob("*.html")}

    assert [] == sorted(set(broken_links(site, pages)))


def broken_links(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """List the links that lead nowhere."""
    for path, page in pages.items():
        for link in page.links:
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme or address.startswith("//") or path.name == "404.html":
                continue
            target = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_relative_to(site.resolve()) or not target.exists():
                yield f"{path.relative_to(site)}: {link} leads nowhere"
            elif target in pages and unquote(anchor) not in pages[target].anchors and not anchor.startswith("__"):
                yield f"{path.relative_to(site)}: {link} leads to no heading"


def test_page_is_in_navigation(site: Path) -> None:
    """Each page is in the site, and its folder's list of pages is what the navigation shows."""
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.parent.relative_to(site) for path in site.rglob("index.html")}

    assert {page.parent if page.name == "index" else page for page in pages} == built


@pytest.mark.parametrize("path", LISTS)
def test_folder_index_lists_all_pages(path: str) -> None:
    """A folder's index, and the list for programs, name all pages."""
    assert LISTS[path]() == (DOCS / path).read_text(encoding="utf-8"), "run: python -m tools.reference"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_block_has_language_and_is_tested(path: Path) -> None:
    """Code blocks say what they are written in, and none that is Python is left out of the tests."""
    text = path.read_text(encoding="utf-8")
    opened = re.findall(r"^ *```+ *([^\n`]*)$", text, re.MULTILINE)[::2]

    assert [] == sorted(set(opened) - LANGUAGES)
    assert "<!-- skip" not in text


def test_readme_links_resolve() -> None:
    """README's own links lead to files of the project."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (ROOT / link).exists()]


def test_readme_has_at_most_150_lines() -> None:
    """README fits into a hundred and fifty lines, and names the gate's own command for the tests."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) <= 150
    assert [line for line in lines if line.startswith("python3 -m venv") and line.endswith("-m pytest -q")]
    assert [line for line in lines if line.startswith("python3 -m venv") and line.endswith("-m crmcore demo")]
