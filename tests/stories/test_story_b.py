"""Story B, the bookstore's funnel: 100 came, 45 looked closer, 20 bought for 1,000; and why the others did not."""

from datetime import UTC, datetime
from typing import Any, Final

from crmcore import Crm, FrozenClock, MemoryStore, Money
from crmcore.adapters.ids import CountingIds
from crmcore.services.ports import Store

AT_THE_DOOR: Final = ["just looking"] * 30 + ["not in stock"] * 15 + ["long queue"] * 10
AT_THE_SHELF: Final = ["price"] * 14 + ["not in stock"] * 11
SOURCES: Final = ["advertising"] * 40 + ["call"] * 25 + ["walk-in"] * 35


def play(store: Store) -> tuple[Any, Any]:
    """A month of the bookstore; its funnel and its sources."""
    crm = Crm(store, clock=FrozenClock(datetime(2026, 3, 1, tzinfo=UTC)), ids=CountingIds())
    books = crm.funnels.create(
        "Books",
        stages=["Visited", "Looked closer", "Bought"],
        loss_reasons=["not in stock", "price", "just looking", "long queue"],
    )
    door, shelf = iter(AT_THE_DOOR), iter(AT_THE_SHELF)
    for number in range(100):
        source = SOURCES[number * 37 % 100]
        deal = crm.leads.capture(f"Visitor {number}", funnel=books.id, source=source, value=Money(50, "EUR")).deal
        if number % 20 >= 9:
            crm.deals.lose(deal.id, reason=next(door))
            continue
        crm.deals.move(deal.id, to="Looked closer")
        if number % 20 >= 4:
            crm.deals.lose(deal.id, reason=next(shelf))
        else:
            crm.deals.win(deal.id)
    return crm.reports.funnel(books.id), crm.reports.sources(funnel=books.id)


def test_the_bookstore_s_month(store: Store) -> None:
    """Each stage's count, conversion and loss, by reason; the revenue; the sources; the same on every store."""
    funnel, sources = play(store)
    door, shelf, till = funnel.stages

    assert [door.reached, shelf.reached, till.reached] == [100, 45, 20]
    assert [door.conversion, shelf.conversion, till.conversion] == [10_000, 4_500, 4_444]
    assert [door.lost, shelf.lost, till.lost] == [55, 25, 0]
    assert door.reasons == {"just looking": 30, "not in stock": 15, "long queue": 10}
    assert shelf.reasons == {"price": 14, "not in stock": 11}
    assert (funnel.won, funnel.lost, funnel.open, funnel.conversion) == (20, 80, 0, 2_000)
    assert funnel.revenue == (Money(1000, "EUR"),)
    assert funnel.reasons == {"just looking": 30, "not in stock": 26, "price": 14, "long queue": 10}
    assert {line.source: (line.requests, line.won) for line in sources} == {
        "advertising": (40, 8),
        "call": (25, 5),
        "walk-in": (35, 7),
    }
    assert (funnel, sources) == play(MemoryStore())


def test_what_came_and_what_was_lost_explain_each_other(store: Store) -> None:
    """Every step between two stages is explained to the last deal by losses and what is still open."""
    funnel, _ = play(store)

    for before, after in zip(funnel.stages, funnel.stages[1:], strict=False):
        assert before.reached - after.reached == before.lost + before.open
