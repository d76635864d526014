"""Charts as inline SVG: bars in pieces, with their figures beside them. On a page that is read from the right they are mirrored.

Rule 1: positions are physical. The text runs in isolates of its own direction, and anchors do not depend on it, because viewers
disagree about anchors in text that runs from the right.
Rule 2: colours are attributes, not styles, so that the strictest content security policy leaves the picture whole.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from crmcore.services.pages.sheet import Bar, Chart, Tone
from crmcore.services.pages.writing import Writing

WIDTH: Final = 880
LABELS: Final = 200
NOTES: Final = 110
ROW: Final = 30
LONGEST: Final = 26
"""How many characters of a label are shown; the whole of it is in its tooltip."""

COLOURS: Final = {Tone.GOOD: "#2f7d5b", Tone.OPEN: "#e0a526", Tone.BAD: "#c8553d", Tone.PLAIN: "#3b6ea5"}


def chart(drawn: Chart, writing: Writing) -> str:
    """Draw a chart. Every text in it is escaped."""
    title = writing.write(drawn.title)
    top = ROW if len(drawn.legend) > 1 else 6
    height = top + ROW * len(drawn.bars) + 4
    most = max((sum(bar.pieces) for bar in drawn.bars), default=0)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"',
        f'role="img" aria-label="{escape(title)}" direction="ltr">',
        f"<title>{escape(title)}</title>",
    ]
    if len(drawn.legend) > 1:
        lines += _legend(drawn, writing)
    for place, bar in enumerate(drawn.bars):
        lines += _bar(bar, drawn, writing, y=top + ROW * place, most=most)
    return "\n".join((*lines, "</svg>"))


def _bar(bar: Bar, drawn: Chart, writing: Writing, *, y: int, most: int) -> Iterator[str]:
    whole = writing.write(bar.label)
    shown = whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"
    yield f"<g><title>{escape(whole)}</title>"
    yield _text(shown, writing, x=0, y=y + 20)
    room = WIDTH - LABELS - NOTES
    x = float(LABELS)
    for length, (word, tone) in zip(bar.pieces, drawn.legend, strict=True):
        if length:
            piece = room * length / most
            left = WIDTH - x - piece if writing.is_mirrored else x
            what = f"{writing.write(word)}: {writing.write(length)}"
            yield (
                f'<rect x="{left:.1f}" y="{y + 5}" width="{piece:.1f}" height="20" fill="{COLOURS[tone]}">'
                f"<title>{escape(what)}</title></rect>"
            )
            x += piece
    note = writing.write(sum(bar.pieces) if bar.note is None else bar.note)
    yield _text(note, writing, x=x + 8, y=y + 20) + "</g>"


def _legend(drawn: Chart, writing: Writing) -> Iterator[str]:
    x = LABELS
    for word, tone in drawn.legend:
        left = WIDTH - x - 12 if writing.is_mirrored else x
        yield f'<rect x="{left}" y="6" width="12" height="12" fill="{COLOURS[tone]}"/>'
        yield _text(writing.write(word), writing, x=x + 18, y=17)
        x += 40 + 9 * len(writing.write(word))


def _text(words: str, writing: Writing, *, x: float, y: int) -> str:
    """Write words that begin at a distance from the side from which the page is read."""
    anchor, left = ("end", WIDTH - x) if writing.is_mirrored else ("start", x)
    return (
        f'<text x="{left:.1f}" y="{y}" text-anchor="{anchor}" direction="ltr" font-size="14" fill="#24292f">'
        f"{escape(writing.isolate(words))}</text>"
    )
