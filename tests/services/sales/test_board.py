"""The board: counts, values and cards by stage."""

from collections import Counter
from typing import Any

import pytest

from crmcore import Crm, Money
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.errors import InvalidInputError, NotFoundError
from crmcore.ports import Store


@pytest.fixture
def crm(store: Store) -> Crm:
    """A Crm on each store."""
    return Crm(store)


def funnel_with_deals(crm: Crm, deals: int) -> Any:
    """A funnel with deals in all stages, some won or lost."""
    sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Payment", "Installation"])
    other = crm.funnels.create("Doors", stages=["First call"])
    customer = crm.customers.create("Anna")
    for n in range(deals):
        value = None if n % 7 == 0 else Money(n, "EUR" if n % 3 else "USD")
        funnel = other if n % 11 == 0 else sales
        deal = crm.deals.open(f"Deal {n}", customer_id=customer.id, funnel_id=funnel.id, value=value).deal
        if funnel is sales:
            crm.deals.move(deal.id, stage_key=sales.stages[n % 4].key)
            if n % 5 == 0 and n % 4 != 3:
                crm.deals.lose(deal.id, reason="too dear")
    return sales


def test_board_counts_equal_open_deals(crm: Crm) -> None:
    """Counts, sums and cards equal those of the open deals, by stage and currency."""
    sales = funnel_with_deals(crm, 60)
    board = crm.deals.board(sales.id, cards_per_stage=3)
    deals = list(crm.deals.list(funnel_id=sales.id, outcome=Outcome.OPEN))

    counts = Counter(deal.stage_key for deal in deals)
    assert {key: counts[key] for key in (stage.key for stage in sales.stages)} == {
        c.key: c.count for c in board.columns
    }
    assert len(deals) == board.count
    for column in board.columns:
        here = [deal for deal in deals if deal.stage_key == column.key]
        worth = {
            code: sum(deal.total.minor for deal in here if deal.total and deal.total.currency == code)
            for code in ("EUR", "USD")
            if any(deal.total and deal.total.currency == code for deal in here)
        }
        assert worth == {money.currency: money.minor for money in column.value}
        assert here[:3] == list(column.cards)


def test_board_in_batch_includes_earlier_commands(crm: Crm) -> None:
    """In a batch, the board includes the earlier commands of the batch."""
    sales = funnel_with_deals(crm, 3)
    with crm.batch():
        before = crm.deals.board(sales.id).count
        crm.leads.capture("Bruno", funnel_id=sales.id)

        assert before + 1 == crm.deals.board(sales.id).count


def test_unknown_funnel_or_card_limit_is_rejected(crm: Crm) -> None:
    """An unknown funnel and an invalid number of cards are rejected."""
    sales = funnel_with_deals(crm, 1)
    with pytest.raises(NotFoundError):
        crm.deals.board("funnel_00000000000070008000000000000009")  # type: ignore[arg-type]  # an id in form
    with pytest.raises(InvalidInputError):
        crm.deals.board(sales.id, cards_per_stage=1000)
    assert [()] * 4 == [column.cards for column in crm.deals.board(sales.id, cards_per_stage=0).columns]


def test_board_statement_count_is_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of statements does not depend on the number of deals."""
    run: list[str] = []
    original = Executor.execute

    def count(self: Executor, sql: str, parameters: Any) -> None:
        run.append(sql)
        original(self, sql, parameters)

    numbers = []
    for deals in (10, 100):
        crm = Crm.open("sqlite://")
        sales = funnel_with_deals(crm, deals)
        monkeypatch.setattr(Executor, "execute", count)
        run.clear()
        crm.deals.board(sales.id)
        numbers.append(len(run))
        monkeypatch.setattr(Executor, "execute", original)

    assert numbers[0] == numbers[1] <= 6
