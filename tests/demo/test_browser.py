"""The page in a real browser: not blank, with figures, Persian pages RTL."""

import re
import struct
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.demo.conftest import DemoFolder

GREEN, TILE = (0x2F, 0x7D, 0x5B), (0xF3, 0xF6, 0xF9)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
pytestmark = pytest.mark.browser

Picture = list[list[tuple[int, int, int]]]


@pytest.fixture(scope="module")
def browse(require: Callable[..., str]) -> Callable[..., str]:
    """Open a page in Chromium."""
    chromium = require("chromium", "chromium-browser", "google-chrome")

    def open_page(page: Path, *flags: str) -> str:
        profile = page.parent / f"profile-{page.stem}"
        done = subprocess.run(
            [chromium, *FLAGS, f"--user-data-dir={profile}", "--window-size=800,700", *flags, page.as_uri()],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return done.stdout

    return open_page


@pytest.mark.parametrize("language", ["en", "fa"])
def test_page_is_rendered_by_browser(
    demo: DemoFolder, browse: Callable[..., str], tmp_path: Path, language: str
) -> None:
    """The screenshot has bars and tiles: the browser applied the page's style."""
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    store = f"sqlite:///{demo.folder}/crm.db"
    done = demo.run("report", "--database-url", store, "--tenant", "demo", "--language", language, "--save", str(page))
    assert 0 == done.code, done.stderr
    browse(page, f"--screenshot={picture}")
    pixels = _read_png(picture)
    colours = Counter(pixel for row in pixels for pixel in row)
    places = [x for row in pixels[:500] for x, pixel in enumerate(row) if pixel == GREEN]
    dom = browse(page, "--dump-dom")

    assert colours[GREEN] > 5_000
    assert colours[TILE] > 5_000
    assert colours[255, 255, 255] < 0.95 * sum(colours.values())
    assert ("382" if language == "en" else "۳۸۲") in dom
    assert ("43.5%" if language == "en" else "۴۳٫۵٪") in dom
    assert "سارا احمدی" in dom
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", dom)
    # From the left the bars begin at one place on the left, from the right at one on the right.
    assert (min(places) if language == "en" else len(pixels[0]) - max(places)) < 260


def _read_png(path: Path) -> Picture:
    """Read a PNG with eight bits per channel, without a library."""
    content = path.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", content[16:26])
    assert (8, True) == (depth, kind in {2, 6})
    size, data, at = {2: 3, 6: 4}[kind], b"", 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == b"IDAT":
            data += content[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(data), width * size
    above, rows = bytearray(stride), []
    for y in range(height):
        start = y * (stride + 1)
        line = _unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, size)
        rows.append([(line[x], line[x + 1], line[x + 2]) for x in range(0, stride, size)])
        above = line
    return rows


def _unfilter(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    for x in range(len(line)):
        left = line[x - size] if x >= size else 0
        corner = above[x - size] if x >= size else 0
        guess = left + above[x] - corner
        nearest = min((left, above[x], corner), key=lambda side: abs(guess - side))
        line[x] = (line[x] + (0, left, above[x], (left + above[x]) // 2, nearest)[kind]) & 0xFF
    return line
