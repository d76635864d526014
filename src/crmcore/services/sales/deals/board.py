"""Board (kanban): the open deals of a funnel by stage.

The number of statements does not depend on the number of deals: one statement counts and sums, and one per stage reads the first cards
in the order of an index.
"""

from collections import defaultdict
from collections.abc import Sequence

from attrs import field

from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

MAX_CARDS_PER_STAGE = 100


@record
class BoardColumn:
    """One stage of the board.

    Attributes:
        count: the number of open deals in the stage.
        value: their total value, by currency.
        cards: the oldest of them.
    """

    key: str
    name: str
    count: int = 0
    value: Sequence[Money] = field(default=(), converter=tuple)
    cards: Sequence[Deal] = field(default=(), converter=tuple)


@record
class Board:
    """The open deals of a funnel, by stage."""

    funnel_id: str
    columns: Sequence[BoardColumn] = field(converter=tuple)

    @property
    def count(self) -> int:
        """The number of open deals."""
        return sum(column.count for column in self.columns)


class DealBoard:
    """The board query."""

    __slots__ = ()

    _environment: Environment

    @query("deals.board")
    def board(self, uow: UnitOfWork, funnel_id: FunnelId, /, *, cards_per_stage: int = 10) -> Board:
        """Return the open deals of a funnel by stage: counts, values, first cards.

        Args:
            cards_per_stage: the number of deals to read per stage, up to 100; 0 reads none.

        Raises:
            NotFoundError: no such funnel.
        """
        if type(cards_per_stage) is not int or not 0 <= cards_per_stage <= MAX_CARDS_PER_STAGE:
            raise InvalidInputError("cards_per_stage", f"must lie between 0 and {MAX_CARDS_PER_STAGE}")
        funnel = uow.get(Funnel, funnel_id)
        open_deals = Eq("funnel_id", funnel.id) & Eq("outcome", Outcome.OPEN)
        counts, values = _count_by_stage(uow, open_deals)
        return Board(
            funnel_id=funnel.id,
            columns=[
                BoardColumn(
                    key=stage.key,
                    name=stage.name,
                    count=counts[stage_index],
                    value=values[stage_index],
                    cards=uow.find(Deal, open_deals & Eq("stage_index", stage_index), limit=cards_per_stage)
                    if cards_per_stage and counts[stage_index]
                    else (),
                )
                for stage_index, stage in enumerate(funnel.stages)
            ],
        )


def _count_by_stage(uow: UnitOfWork, is_open: Criterion) -> tuple[defaultdict[int, int], defaultdict[int, list[Money]]]:
    visibility = uow.visibility_filter(Deal)
    where = is_open if visibility is MATCH_ALL else visibility & is_open
    counts: defaultdict[int, int] = defaultdict(int)
    values: defaultdict[int, list[Money]] = defaultdict(list)
    for stage_index, currency, count, minor_units in uow.execute_query(
        GroupedCount(entity_type=Deal, where=where, group_by=("stage_index", "total.currency"), sum_of=("total.minor",))
    ):
        counts[stage_index] += count
        if currency is not None:
            values[stage_index].append(Money.from_minor_units(minor_units, currency))
    for sums in values.values():
        sums.sort(key=lambda money: money.currency)
    return counts, values
