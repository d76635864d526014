"""What a page is made of, as data: chapters of facts, charts and tables. A report lays itself out; how it looks is seen to elsewhere.

Rule 1: a cell is a value, not a text; the page's language decides how it is written.
Rule 2: words that crmcore says itself are keys of the catalogue, wrapped in `Word`; everything else is the house's or its customers' text.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from crmcore.domain.kernel.values.money import Money


@frozen
class TextKey:
    """A word of the catalogue of texts, by its key."""

    key: str


@frozen
class Percentage:
    """A part of a whole, in hundredths of a percent."""

    basis_points: int


@frozen
class LabelledName:
    """What something is, and its name."""

    label: TextKey
    name: str


Cell = str | int | TextKey | Percentage | LabelledName | timedelta | datetime | Money | None | tuple["Cell", ...]
"""What can stand in a table: a tuple is written as a list, None as nothing."""


class Tone(Enum):
    """What a piece of a bar says, from which its colour follows."""

    GOOD = "good"
    OPEN = "open"
    BAD = "bad"
    PLAIN = "plain"


@frozen
class Bar:
    """One bar of a chart.

    Attributes:
        label: whose it is.
        segments: its lengths, in the order of the chart's legend.
        note: what stands at its end.
    """

    label: Cell
    segments: Sequence[int]
    note: Cell = None


@frozen
class Chart:
    """Bars of one scale.

    Attributes:
        title: what is counted.
        legend: what each piece of a bar is, and its tone.
    """

    title: Cell
    legend: Sequence[tuple[TextKey, Tone]]
    bars: Sequence[Bar]


@frozen
class Table:
    """Rows under headings."""

    headings: Sequence[TextKey]
    rows: Sequence[Sequence[Cell]]


@frozen(kw_only=True)
class Section:
    """One subject of a page.

    Attributes:
        key_figures: the few figures to see first.
        charts: pictures.
        tables: everything, in figures.
    """

    title: Cell
    key_figures: Sequence[tuple[TextKey, Cell]] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()


@frozen(kw_only=True)
class Page:
    """Something to read.

    Attributes:
        subtitle: of when or of what it is.
    """

    title: Cell
    subtitle: Cell = None
    sections: Sequence[Section]
