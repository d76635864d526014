"""A page as HTML: self-contained, without scripts or anything from elsewhere, and with a content security policy that says so."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from typing import Final

from crmcore.services.pages.charts import chart
from crmcore.services.pages.sheet import Cell, Chapter, Named, Page, Share, Table
from crmcore.services.pages.writing import Writing

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


def document(page: Page, writing: Writing) -> str:
    """Write a page as a document of its own."""
    style = _style(writing)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{writing.language}" dir="{writing.direction}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(writing.write(page.title))}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            _article(page, writing),
            "</body>",
            "</html>\n",
        )
    )


def fragment(page: Page, writing: Writing) -> str:
    """Write a page as a part of another one, such as a notebook."""
    return f"<style>{_style(writing)}</style>\n{_article(page, writing)}"


def _style(writing: Writing) -> str:
    return _STYLE.replace("FONTS", writing.fonts)


def _article(page: Page, writing: Writing) -> str:
    lines = [f'<article class="crmcore" lang="{writing.language}" dir="{writing.direction}">']
    lines.append(f"<h1>{_own(page.title, writing)}</h1>")
    if page.subtitle is not None:
        lines.append(f'<p class="when">{_own(page.subtitle, writing)}</p>')
    for chapter in page.chapters:
        lines += _chapter(chapter, writing)
    return "\n".join((*lines, "</article>"))


def _chapter(chapter: Chapter, writing: Writing) -> Iterator[str]:
    yield f"<section>\n<h2>{_own(chapter.title, writing)}</h2>"
    if chapter.facts:
        yield "<dl>"
        for word, fact in chapter.facts:
            yield f"<div><dt>{_own(word, writing)}</dt><dd>{_own(fact, writing) or escape(writing.write(0))}</dd></div>"
        yield "</dl>"
    for drawn in chapter.charts:
        if drawn.bars:
            yield f"<h3>{_own(drawn.title, writing)}</h3>"
            yield chart(drawn, writing)
    for table in chapter.tables:
        if table.rows:
            yield from _table(table, writing)
    yield "</section>"


def _table(table: Table, writing: Writing) -> Iterator[str]:
    figures = [' class="figure"' if isinstance(cell, (int, Share)) else "" for cell in table.rows[0]]
    heads = zip(table.heads, figures, strict=True)
    yield '<div class="wide"><table>'
    yield "<thead><tr>"
    yield from (f'<th scope="col"{figure}>{_own(head, writing)}</th>' for head, figure in heads)
    yield "</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        cells = zip(row, figures, strict=True)
        yield "<tr>" + "".join(f"<td{figure}>{_own(cell, writing)}</td>" for cell, figure in cells) + "</tr>"
    yield "</tbody></table></div>"


def _own(cell: Cell, writing: Writing) -> str:
    """Write a cell so that its letters keep their own direction, whatever stands beside it."""
    match cell:
        case str() if cell:
            return f'<bdi dir="auto">{escape(cell)}</bdi>'
        case Named(what, name):
            return f"{_own(what, writing)}: {_own(name, writing)}"
        case tuple():
            return writing.comma.join(_own(item, writing) for item in cell)
        case _:
            return escape(writing.write(cell))
