"""Plain text rendering of a page: aligned tables and bars of blocks."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from crmcore.presentation.locale_format import LocaleFormat
from crmcore.presentation.model import Cell, Page, Percentage, Section, Table

MAX_COLUMN_WIDTH: Final = 44
"""Maximum width of a column; longer texts are cut."""


def render_plain_text(page: Page, locale_format: LocaleFormat) -> str:
    """Render a page as plain text, without a line break at its end."""
    lines = [locale_format.format(page.title)]
    if page.subtitle is not None:
        lines.append(locale_format.format(page.subtitle))
    for section in page.sections:
        lines += ["", *_section(section, locale_format)]
    return "\n".join(lines)


def _section(section: Section, locale_format: LocaleFormat) -> Iterator[str]:
    title = locale_format.format(section.title)
    yield title
    yield "─" * display_width(title)
    if section.key_figures:
        yield "   ".join(
            f"{locale_format.format(text_key)}: {locale_format.format(figure) or '0'}"
            for text_key, figure in section.key_figures
        )
    for index, table in enumerate(table for table in section.tables if table.rows):
        if index:
            yield ""
        yield from _table(table, locale_format)


def _table(table: Table, locale_format: LocaleFormat) -> Iterator[str]:
    texts = [[locale_format.format(heading) for heading in table.headings]]
    texts += [[_truncate(locale_format.format(cell)) for cell in row] for row in table.rows]
    widths = [max(display_width(row[index]) for row in texts) for index in range(len(table.headings))]
    figures = [_is_numeric(table.rows, index) for index in range(len(table.headings))]
    for row in texts:
        cells = (_pad(*cell) for cell in zip(row, widths, figures, strict=True))
        yield "  ".join(cells).rstrip()


def display_width(text: str) -> int:
    r"""Return the number of terminal columns that a text takes.

    Example:
        >>> display_width("Bērziņš"), display_width("درخواست\u200cها"), display_width("价格")
        (7, 9, 4)
    """
    visible = [char for char in text if unicodedata.category(char) not in {"Mn", "Me", "Cf"}]
    return sum(2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1 for char in visible)


def _pad(text: str, target_width: int, is_numeric: bool) -> str:  # noqa: FBT001  # from a zip of columns
    padding = " " * (target_width - display_width(text))
    return padding + text if is_numeric else text + padding


def _truncate(text: str) -> str:
    text = " ".join(text.split(" "))
    return text if len(text) <= MAX_COLUMN_WIDTH else text[: MAX_COLUMN_WIDTH - 1] + "…"


def _is_numeric(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    return isinstance(rows[0][index], (int, Percentage))
