"""A page as plain text: tables that line up in any terminal and in any script, bars of blocks."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from crmcore.services.pages.sheet import Cell, Chapter, Page, Share, Table
from crmcore.services.pages.writing import Writing

WIDEST: Final = 44
"""The widest a column may be; what is longer is cut."""


def plain(page: Page, writing: Writing) -> str:
    """Write a page as plain text, without a line break at its end."""
    lines = [writing.write(page.title)]
    if page.subtitle is not None:
        lines.append(writing.write(page.subtitle))
    for chapter in page.chapters:
        lines += ["", *_chapter(chapter, writing)]
    return "\n".join(lines)


def _chapter(chapter: Chapter, writing: Writing) -> Iterator[str]:
    title = writing.write(chapter.title)
    yield title
    yield "─" * width(title)
    if chapter.facts:
        yield "   ".join(f"{writing.write(word)}: {writing.write(fact) or '0'}" for word, fact in chapter.facts)
    for place, table in enumerate(table for table in chapter.tables if table.rows):
        if place:
            yield ""
        yield from _table(table, writing)


def _table(table: Table, writing: Writing) -> Iterator[str]:
    written = [[writing.write(head) for head in table.heads]]
    written += [[_cut(writing.write(cell)) for cell in row] for row in table.rows]
    widths = [max(width(row[place]) for row in written) for place in range(len(table.heads))]
    figures = [_is_figure(table.rows, place) for place in range(len(table.heads))]
    for row in written:
        cells = (_pad(*cell) for cell in zip(row, widths, figures, strict=True))
        yield "  ".join(cells).rstrip()


def width(text: str) -> int:
    r"""How many columns of a terminal a text takes.

    Example:
        >>> width("Bērziņš"), width("درخواست\u200cها"), width("价格")
        (7, 9, 4)
    """
    seen = [char for char in text if unicodedata.category(char) not in {"Mn", "Me", "Cf"}]
    return sum(2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1 for char in seen)


def _pad(text: str, to: int, is_figure: bool) -> str:  # noqa: FBT001  # it comes from a zip of columns
    gap = " " * (to - width(text))
    return gap + text if is_figure else text + gap


def _cut(text: str) -> str:
    text = " ".join(text.split(" "))
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _is_figure(rows: Sequence[Sequence[Cell]], place: int) -> bool:
    return isinstance(rows[0][place], (int, Share))
