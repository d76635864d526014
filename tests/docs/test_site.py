"""The documentation builds without warnings, and all links resolve."""

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
"""The languages of code blocks. `python` blocks run as tests."""
PAGES: Final = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


class Page(HTMLParser):
    """The links and the anchors of an HTML page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the links and anchors of a tag."""
        for name, value in attrs:
            if name in {"href", "src"} and value is not None and tag != "link":
                self.links.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documentation from a copy, with warnings as errors."""
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
    """Each internal link leads to an existing file and to an existing anchor."""
    pages = {path: Page(path) for path in site.rglob("*.html")}

    assert [] == sorted(set(broken_links(site, pages)))


def broken_links(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """List the links that do not resolve."""
    for path, page in pages.items():
        for link in page.links:
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme or address.startswith("//") or path.name == "404.html":
                continue
            target = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_relative_to(site.resolve()) or not target.exists():
                yield f"{path.relative_to(site)}: {link} is broken"
            elif target in pages and unquote(anchor) not in pages[target].anchors and not anchor.startswith("__"):
                yield f"{path.relative_to(site)}: {link} has no such anchor"


def test_page_is_in_navigation(site: Path) -> None:
    """Each page of `docs/` is a page of the site."""
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.parent.relative_to(site) for path in site.rglob("index.html")}

    assert {page.parent if page.name == "index" else page for page in pages} == built


@pytest.mark.parametrize("path", LISTS)
def test_folder_index_lists_all_pages(path: str) -> None:
    """Folder indexes, the navigation and llms.txt list all pages."""
    assert LISTS[path]() == (DOCS / path).read_text(encoding="utf-8"), "run: python -m tools.reference"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_block_has_language_and_is_tested(path: Path) -> None:
    """Code blocks declare a known language, and no Python block is skipped."""
    text = path.read_text(encoding="utf-8")
    opened = re.findall(r"^ *```+ *([^\n`]*)$", text, re.MULTILINE)[::2]

    assert [] == sorted(set(opened) - LANGUAGES)
    assert "<!-- skip" not in text


def test_readme_links_resolve() -> None:
    """The links of README lead to existing files."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (ROOT / link).exists()]


def test_readme_has_at_most_150_lines() -> None:
    """README has at most 150 lines and contains the commands of the gate."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) <= 150
    assert [line for line in lines if line.startswith("python3 -m venv") and line.endswith("-m pytest -q")]
    assert [line for line in lines if line.startswith("python3 -m venv") and line.endswith("-m crmcore demo")]


def test_readme_starts_with_terms_install_and_code() -> None:
    """The first 25 lines of README have the field's terms, the install command and code."""
    start = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    terms = ("embeddable CRM", "pipelines (funnels)", "SLA", "multi-tenant", "idempotent", "outbox")

    assert [] == [term for term in terms if term not in "\n".join(start)]
    assert "pip install crmcore" in start
    assert "```python" in start


def test_contributing_has_150_to_250_lines() -> None:
    """CONTRIBUTING is complete and short."""
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()

    assert 150 <= len(lines) <= 250


def test_tutorial_is_first_in_navigation() -> None:
    """The navigation starts with the tutorial."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:\n", 1)[1].splitlines()

    assert ["  - index.md", "  - Tutorial:"] == navigation[:2]


def test_observe_page_lists_loggers_and_messages() -> None:
    """The page about monitoring lists each logger of crmcore and each message that it logs."""
    page = (ROOT / "docs" / "how-to" / "observe.md").read_text(encoding="utf-8")
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    loggers = set(re.findall(r'getLogger\("(crmcore\.\w+)"\)', sources))
    messages = set(re.findall(r'_log\.\w+\(\s*"([^"%]+)"', sources))

    assert [] == sorted(name for name in loggers if f"| `{name}` |" not in page)
    assert [] == sorted(message for message in messages if f"| {message} |" not in page)
    assert loggers
    assert messages
