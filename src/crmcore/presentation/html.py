"""HTML rendering of a page: self-contained, no scripts, strict CSP."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from typing import Final

from crmcore.presentation.charts import render_chart
from crmcore.presentation.locale_format import LocaleFormat
from crmcore.presentation.model import Cell, LabelledName, Page, Percentage, Section, Table

_STYLE: Final = """\
.crmcore { color: #24292f; background: #fff; font: 15px/1.5 FONTS; max-width: 960px; margin: 0 auto; padding: 1.5rem; }
.crmcore h1 { font-size: 1.7rem; margin: 0; }
.crmcore h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; padding-bottom: .3rem; border-bottom: 2px solid #d0d7de; }
.crmcore h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; color: #57606a; }
.crmcore .when { color: #57606a; margin: 0; }
.crmcore dl { display: flex; flex-wrap: wrap; gap: .8rem; margin: .8rem 0; }
.crmcore dl div { background: #f3f6f9; border-radius: 8px; padding: .5rem .9rem; min-width: 6rem; }
.crmcore dt { color: #57606a; font-size: .85rem; }
.crmcore dd { margin: 0; font-size: 1.3rem; font-weight: 600; }
.crmcore svg { display: block; max-width: 100%; height: auto; font-family: FONTS; }
.crmcore .wide { overflow-x: auto; }
.crmcore table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
.crmcore th, .crmcore td { padding: .35rem .6rem; border-bottom: 1px solid #e1e4e8; text-align: start; vertical-align: top; }
.crmcore th { background: #f3f6f9; font-weight: 600; }
.crmcore .figure { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
"""


def render_html_document(page: Page, locale_format: LocaleFormat) -> str:
    """Render a page as an HTML document."""
    style = _style(locale_format)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{locale_format.language}" dir="{locale_format.direction}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(locale_format.format(page.title))}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            _article(page, locale_format),
            "</body>",
            "</html>\n",
        )
    )


def render_html_fragment(page: Page, locale_format: LocaleFormat) -> str:
    """Render a page as a fragment for another page, such as a notebook."""
    return f"<style>{_style(locale_format)}</style>\n{_article(page, locale_format)}"


def _style(locale_format: LocaleFormat) -> str:
    return _STYLE.replace("FONTS", locale_format.fonts)


def _article(page: Page, locale_format: LocaleFormat) -> str:
    lines = [f'<article class="crmcore" lang="{locale_format.language}" dir="{locale_format.direction}">']
    lines.append(f"<h1>{_cell_html(page.title, locale_format)}</h1>")
    if page.subtitle is not None:
        lines.append(f'<p class="when">{_cell_html(page.subtitle, locale_format)}</p>')
    for section in page.sections:
        lines += _section(section, locale_format)
    return "\n".join((*lines, "</article>"))


def _section(section: Section, locale_format: LocaleFormat) -> Iterator[str]:
    yield f"<section>\n<h2>{_cell_html(section.title, locale_format)}</h2>"
    if section.key_figures:
        yield "<dl>"
        for text_key, figure in section.key_figures:
            yield f"<div><dt>{_cell_html(text_key, locale_format)}</dt><dd>{_cell_html(figure, locale_format) or escape(locale_format.format(0))}</dd></div>"
        yield "</dl>"
    for chart in section.charts:
        if chart.bars:
            yield f"<h3>{_cell_html(chart.title, locale_format)}</h3>"
            yield render_chart(chart, locale_format)
    for table in section.tables:
        if table.rows:
            yield from _table(table, locale_format)
    yield "</section>"


def _table(table: Table, locale_format: LocaleFormat) -> Iterator[str]:
    figures = [' class="figure"' if isinstance(cell, (int, Percentage)) else "" for cell in table.rows[0]]
    headings = zip(table.headings, figures, strict=True)
    yield '<div class="wide"><table>'
    yield "<thead><tr>"
    yield from (f'<th scope="col"{figure}>{_cell_html(heading, locale_format)}</th>' for heading, figure in headings)
    yield "</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        cells = zip(row, figures, strict=True)
        yield (
            "<tr>" + "".join(f"<td{figure}>{_cell_html(cell, locale_format)}</td>" for cell, figure in cells) + "</tr>"
        )
    yield "</tbody></table></div>"


def _cell_html(cell: Cell, locale_format: LocaleFormat) -> str:
    """Render a cell so that it keeps its text direction."""
    match cell:
        case str() if cell:
            return f'<bdi dir="auto">{escape(cell)}</bdi>'
        case LabelledName(label, name):
            return f"{_cell_html(label, locale_format)}: {_cell_html(name, locale_format)}"
        case tuple():
            return locale_format.list_separator.join(_cell_html(item, locale_format) for item in cell)
        case _:
            return escape(locale_format.format(cell))
