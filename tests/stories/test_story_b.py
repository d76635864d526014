"""Story B, the bookstore: 100 leads, 45 interested, 20 sales, loss reasons."""

from datetime import UTC, datetime
from typing import Any, Final

from crmcore import Crm, FrozenClock, MemoryStore, Money
from crmcore.adapters.ids import SequentialIds
from crmcore.ports import Store

FIRST_STAGE_LOSSES: Final = ["just looking"] * 30 + ["not in stock"] * 15 + ["long queue"] * 10
SECOND_STAGE_LOSSES: Final = ["price"] * 14 + ["not in stock"] * 11
SOURCES: Final = ["advertising"] * 40 + ["call"] * 25 + ["walk-in"] * 35


def run_month(store: Store) -> tuple[Any, Any]:
    """Simulate a month; return the reports of funnel and sources."""
    crm = Crm(store, clock=FrozenClock(datetime(2026, 3, 1, tzinfo=UTC)), id_generator=SequentialIds())
    books = crm.funnels.create(
        "Books",
        stages=["Visited", "Looked closer", "Bought"],
        loss_reasons=["not in stock", "price", "just looking", "long queue"],
    )
    door, second_stage = iter(FIRST_STAGE_LOSSES), iter(SECOND_STAGE_LOSSES)
    for number in range(100):
        source = SOURCES[number * 37 % 100]
        deal = crm.leads.capture(f"Visitor {number}", funnel_id=books.id, source=source, value=Money(50, "EUR")).deal
        if number % 20 >= 9:
            crm.deals.lose(deal.id, reason=next(door))
            continue
        crm.deals.move(deal.id, stage_key="Looked closer")
        if number % 20 >= 4:
            crm.deals.lose(deal.id, reason=next(second_stage))
        else:
            crm.deals.win(deal.id)
    return crm.reports.funnel(books.id), crm.reports.sources(funnel_id=books.id)


def test_bookstore_month_funnel_and_sources(store: Store) -> None:
    """Counts, conversion, losses, revenue and sources are equal on every store."""
    funnel, sources = run_month(store)
    door, second_stage, third_stage = funnel.stages

    assert [door.reached, second_stage.reached, third_stage.reached] == [100, 45, 20]
    assert [door.conversion, second_stage.conversion, third_stage.conversion] == [10_000, 4_500, 4_444]
    assert [door.lost, second_stage.lost, third_stage.lost] == [55, 25, 0]
    assert door.reasons == {"just looking": 30, "not in stock": 15, "long queue": 10}
    assert second_stage.reasons == {"price": 14, "not in stock": 11}
    assert (funnel.won, funnel.lost, funnel.open, funnel.conversion) == (20, 80, 0, 2_000)
    assert funnel.revenue == (Money(1000, "EUR"),)
    assert funnel.reasons == {"just looking": 30, "not in stock": 26, "price": 14, "long queue": 10}
    assert {line.source: (line.requests, line.won) for line in sources} == {
        "advertising": (40, 8),
        "call": (25, 5),
        "walk-in": (35, 7),
    }
    assert (funnel, sources) == run_month(MemoryStore())


def test_stage_differences_equal_losses_and_open_deals(store: Store) -> None:
    """Losses and open deals explain every difference between two stages."""
    funnel, _ = run_month(store)

    for before, after in zip(funnel.stages, funnel.stages[1:], strict=False):
        assert before.reached - after.reached == before.lost + before.open
