"""Page model: sections, key figures, charts and tables as data.

Invariants:
1. A cell is a value, not a text; the language of the page decides its format.
2. Labels of crmcore are keys of the catalogue, wrapped in `TextKey`. All other texts are data of the host.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from crmcore.domain.kernel.values.money import Money


@frozen
class TextKey:
    """The key of a label in the catalogue (gettext msgid)."""

    key: str


@frozen
class Percentage:
    """A percentage, in hundredths of a percent."""

    basis_points: int


@frozen
class LabelledName:
    """A name with the label of what it names."""

    label: TextKey
    name: str


Cell = str | int | TextKey | Percentage | LabelledName | timedelta | datetime | Money | None | tuple["Cell", ...]
"""The value of a cell: a tuple is shown as a list, None as an empty cell."""


class Tone(Enum):
    """The meaning of a bar segment, which decides its colour."""

    GOOD = "good"
    OPEN = "open"
    BAD = "bad"
    PLAIN = "plain"


@frozen
class Bar:
    """One bar of a chart.

    Attributes:
        label: the label of the bar.
        segments: the lengths of its segments, in the order of the legend.
        note: the text at its end.
    """

    label: Cell
    segments: Sequence[int]
    note: Cell = None


@frozen
class Chart:
    """Bars with one scale.

    Attributes:
        title: what the bars count.
        legend: the label and the tone of each segment.
    """

    title: Cell
    legend: Sequence[tuple[TextKey, Tone]]
    bars: Sequence[Bar]


@frozen
class Table:
    """A table with headings."""

    headings: Sequence[TextKey]
    rows: Sequence[Sequence[Cell]]


@frozen(kw_only=True)
class Section:
    """One section of a page.

    Attributes:
        key_figures: the most important figures.
        charts: the charts.
        tables: the tables with all figures.
    """

    title: Cell
    key_figures: Sequence[tuple[TextKey, Cell]] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()


@frozen(kw_only=True)
class Page:
    """A page: title and sections.

    Attributes:
        subtitle: the time or the subject of the page.
    """

    title: Cell
    subtitle: Cell = None
    sections: Sequence[Section]
