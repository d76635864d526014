"""The board: a funnel's open deals, stage by stage.

It is read in the same few statements whatever the number of deals: one counts and sums, one for each stage reads the first cards, in the
order of an index.
"""

from collections import defaultdict
from collections.abc import Sequence

from attrs import field

from crmcore.domain.criteria import EVERYTHING, Criterion, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import FunnelId
from crmcore.domain.kernel import record
from crmcore.domain.values.money import Money
from crmcore.services.house import House, view
from crmcore.services.tally import Tally
from crmcore.services.unit import Unit

MOST_CARDS = 100


@record
class Column:
    """One stage of a board.

    Attributes:
        count: how many open deals stand there.
        value: what they are worth, by currency.
        cards: the first of them, the oldest first.
    """

    key: str
    name: str
    count: int = 0
    value: Sequence[Money] = field(default=(), converter=tuple)
    cards: Sequence[Deal] = field(default=(), converter=tuple)


@record
class Board:
    """A funnel's open deals, stage by stage."""

    funnel: str
    columns: Sequence[Column] = field(converter=tuple)

    @property
    def count(self) -> int:
        """How many open deals there are."""
        return sum(column.count for column in self.columns)


class DealBoard:
    """Deals as a board."""

    __slots__ = ()

    house: House

    @view("deals.board")
    def board(self, unit: Unit, funnel: FunnelId, /, *, cards: int = 10) -> Board:
        """Count a funnel's open deals by stage, sum what they are worth, and read the first of each stage.

        Args:
            cards: how many deals of each stage are read, up to 100; 0 for none.

        Raises:
            NotFound: no such funnel.
        """
        if type(cards) is not int or not 0 <= cards <= MOST_CARDS:
            raise InvalidInput("cards", f"must lie between 0 and {MOST_CARDS}")
        drawn = unit.get(Funnel, funnel)
        open_deals = Is("funnel", drawn.id) & Is("outcome", Outcome.OPEN)
        counts, values = _counted(unit, open_deals)
        return Board(
            funnel=drawn.id,
            columns=[
                Column(
                    key=stage.key,
                    name=stage.name,
                    count=counts[place],
                    value=values[place],
                    cards=unit.find(Deal, open_deals & Is("place", place), limit=cards)
                    if cards and counts[place]
                    else (),
                )
                for place, stage in enumerate(drawn.stages)
            ],
        )


def _counted(unit: Unit, open_deals: Criterion) -> tuple[defaultdict[int, int], defaultdict[int, list[Money]]]:
    seen = unit.visible(Deal)
    where = open_deals if seen is EVERYTHING else seen & open_deals
    counts: defaultdict[int, int] = defaultdict(int)
    values: defaultdict[int, list[Money]] = defaultdict(list)
    for place, currency, count, minor in unit.ask(
        Tally(kind=Deal, where=where, by=("place", "total.currency"), sums=("total.minor",))
    ):
        counts[place] += count
        if currency is not None:
            values[place].append(Money.of_minor(minor, currency))
    for sums in values.values():
        sums.sort(key=lambda money: money.currency)
    return counts, values
