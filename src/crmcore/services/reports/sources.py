"""Sources: where requests came from, and which source brought most customers."""

from collections.abc import Sequence
from datetime import datetime

from attrs import field

from crmcore.domain.criteria import Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.ids import FunnelId
from crmcore.domain.kernel import record
from crmcore.domain.values.money import Money
from crmcore.services.pages.sheet import Bar, Chapter, Chart, Page, Share, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import added, moneys, share, where, within
from crmcore.services.tally import Tally
from crmcore.services.unit import Unit


@record
class SourceLine:
    """One source.

    Attributes:
        source: as it was given; empty when nobody knows.
        requests: deals that came from there.
        won: of them.
        customers: different customers with a won deal.
        conversion: what share of the requests was won, in hundredths of a percent.
        revenue: of the won deals, by currency.
    """

    source: str
    requests: int
    won: int
    customers: int
    conversion: int
    revenue: Sequence[Money] = field(converter=tuple)

    @property
    def name(self) -> str | Word:
        """The source as a page names it."""
        return self.source or Word("unknown")


class SourcesReport(Shown, tuple[SourceLine, ...]):
    """All sources, the one with most customers first."""

    __slots__ = ()

    def page(self) -> Page:
        """Lay it out."""
        return Page(title=Word("sources"), chapters=(self.chapter(),))

    def chapter(self) -> Chapter:
        """Lay it out as a part of a page: each source's requests, those that were won first."""
        legend = ((Word("won"), Tone.GOOD), (Word("not_yet"), Tone.PLAIN))
        return Chapter(
            title=Word("sources"),
            charts=(Chart(Word("leads"), legend, [Bar(s.name, (s.won, s.requests - s.won)) for s in self]),),
            tables=[
                Table(
                    heads=[Word(h) for h in ("source", "leads", "won", "customers", "conversion", "revenue")],
                    rows=[
                        (s.name, s.requests, s.won, s.customers, Share(s.conversion), tuple(s.revenue)) for s in self
                    ],
                )
            ],
        )


def sources_report(
    unit: Unit, *, funnel: FunnelId | None, since: datetime | None, until: datetime | None
) -> SourcesReport:
    """Count the sources, the one with most customers first, then the one with most requests."""
    mine = where(unit.visible(Deal), within("opened_at", since, until), funnel=funnel)
    deals = unit.ask(Tally(kind=Deal, where=mine, by=("source", "outcome", "total.currency"), sums=("total.minor",)))
    bought = unit.ask(
        Tally(kind=Deal, where=where(mine, Is("outcome", Outcome.WON)), by=("source",), different="customer")
    )
    customers = {source: different for source, _, different in bought}
    lines = []
    for source in {line[0] for line in deals}:
        own = [line for line in deals if line[0] == source]
        won = [line for line in own if line[1] is Outcome.WON]
        requests = added(own, 3)
        lines.append(
            SourceLine(
                source=source,
                requests=requests,
                won=added(won, 3),
                customers=customers.get(source, 0),
                conversion=share(added(won, 3), requests),
                revenue=moneys((line[2], line[4]) for line in won),
            )
        )
    return SourcesReport(sorted(lines, key=lambda line: (-line.customers, -line.requests, line.source)))
