"""Charts as inline SVG: stacked bars with labels; mirrored for RTL pages.

Invariants:
1. Positions are physical. Texts are isolated in their own direction, and anchors do not depend on it, because viewers disagree about
   anchors in right-to-left text.
2. Colours are attributes, not styles, so that the strictest content security policy keeps the image intact.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from crmcore.presentation.locale_format import LocaleFormat
from crmcore.presentation.model import Bar, Chart, Tone

WIDTH: Final = 880
LABEL_WIDTH: Final = 200
NOTE_WIDTH: Final = 110
ROW_HEIGHT: Final = 30
MAX_LABEL_LENGTH: Final = 26
"""Number of characters of a label that are shown; the tooltip has all of it."""

COLOURS: Final = {Tone.GOOD: "#2f7d5b", Tone.OPEN: "#e0a526", Tone.BAD: "#c8553d", Tone.PLAIN: "#3b6ea5"}


def render_chart(chart: Chart, locale_format: LocaleFormat) -> str:
    """Render a chart as SVG. All texts are escaped."""
    title = locale_format.format(chart.title)
    top = ROW_HEIGHT if len(chart.legend) > 1 else 6
    height = top + ROW_HEIGHT * len(chart.bars) + 4
    max_total = max((sum(bar.segments) for bar in chart.bars), default=0)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"',
        f'role="img" aria-label="{escape(title)}" direction="ltr">',
        f"<title>{escape(title)}</title>",
    ]
    if len(chart.legend) > 1:
        lines += _legend(chart, locale_format)
    for index, bar in enumerate(chart.bars):
        lines += _bar(bar, chart, locale_format, y=top + ROW_HEIGHT * index, max_total=max_total)
    return "\n".join((*lines, "</svg>"))


def _bar(bar: Bar, chart: Chart, locale_format: LocaleFormat, *, y: int, max_total: int) -> Iterator[str]:
    label = locale_format.format(bar.label)
    short_label = label if len(label) <= MAX_LABEL_LENGTH else label[: MAX_LABEL_LENGTH - 1] + "…"
    yield f"<g><title>{escape(label)}</title>"
    yield _text(short_label, locale_format, x=0, y=y + 20)
    bars_width = WIDTH - LABEL_WIDTH - NOTE_WIDTH
    x = float(LABEL_WIDTH)
    for value, (text_key, tone) in zip(bar.segments, chart.legend, strict=True):
        if value:
            segment_width = bars_width * value / max_total
            left = WIDTH - x - segment_width if locale_format.is_right_to_left else x
            tooltip = f"{locale_format.format(text_key)}: {locale_format.format(value)}"
            yield (
                f'<rect x="{left:.1f}" y="{y + 5}" width="{segment_width:.1f}" height="20" fill="{COLOURS[tone]}">'
                f"<title>{escape(tooltip)}</title></rect>"
            )
            x += segment_width
    note = locale_format.format(sum(bar.segments) if bar.note is None else bar.note)
    yield _text(note, locale_format, x=x + 8, y=y + 20) + "</g>"


def _legend(chart: Chart, locale_format: LocaleFormat) -> Iterator[str]:
    x = LABEL_WIDTH
    for text_key, tone in chart.legend:
        left = WIDTH - x - 12 if locale_format.is_right_to_left else x
        yield f'<rect x="{left}" y="6" width="12" height="12" fill="{COLOURS[tone]}"/>'
        yield _text(locale_format.format(text_key), locale_format, x=x + 18, y=17)
        x += 40 + 9 * len(locale_format.format(text_key))


def _text(text: str, locale_format: LocaleFormat, *, x: float, y: int) -> str:
    """Render a text at a distance from the start side of the page."""
    anchor, left = ("end", WIDTH - x) if locale_format.is_right_to_left else ("start", x)
    return (
        f'<text x="{left:.1f}" y="{y}" text-anchor="{anchor}" direction="ltr" font-size="14" fill="#24292f">'
        f"{escape(locale_format.isolate(text))}</text>"
    )
