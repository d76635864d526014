"""Deals that are stuck are listed and counted as the deals themselves tell it, on every store."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcore import Aging, Crm, FrozenClock, MemoryStore, Money, SqlStore, Stage
from crmcore.adapters.ids import CountingIds
from crmcore.adapters.wire import dump as written
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import StepState
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import FunnelId
from crmcore.domain.worktime.time import ALWAYS
from crmcore.errors import NotFound, OutOfRange
from crmcore.services.ports import Store
from crmcore.services.reports.stuck import StuckReport
from tests.adapters.test_stores import empty

DAY: Final = timedelta(days=1)
FRIDAY: Final = datetime(2026, 3, 6, 15, tzinfo=UTC)
WORKING: Final = Aging(in_working_days=True)


def shop(store: Store) -> tuple[Crm, FrozenClock]:
    """A shop that works from Monday to Friday."""
    clock = FrozenClock(FRIDAY)
    crm = Crm(store, clock=clock, ids=CountingIds())
    crm.calendars.create("Mo-Fr 09:00-18:00", zone="Europe/Riga")
    return crm, clock


def test_working_days_are_those_of_the_house(store: Store) -> None:
    """What came in on Friday is not stuck on Monday where one working day is allowed, and is where one day is."""
    crm, clock = shop(store)
    limits = {"patient": WORKING, "strict": Aging()}
    sales = {
        name: crm.funnels.create(name, stages=[Stage.named("Offer", age_limit=DAY, aging=aging), "Order"])
        for name, aging in limits.items()
    }
    customer = crm.customers.add("Anna")
    deals = {n: crm.deals.open("T", customer=customer.id, funnel=f.id, value=Money(5, "EUR")) for n, f in sales.items()}
    clock.advance(days=3)
    monday = crm.deals.stuck()
    clock.advance(seconds=1)
    report = crm.reports.stuck()

    assert [deals["strict"].deal.id] == [deal.id for deal in monday]
    assert list(crm.deals.stuck()) == [crm.deals.get(one.deal.id) for one in deals.values()]
    assert [deals["patient"].deal.id] == [deal.id for deal in crm.deals.stuck(funnel=sales["patient"].id)]
    assert (report.count, report.value) == (2, (Money(10, "EUR"),))
    assert [(s.name, s.limit, s.open, s.stuck, s.value) for s in report.stages] == [
        ("Offer", DAY, 1, 1, (Money(5, "EUR"),))
    ] * 2
    second = timedelta(seconds=1)
    assert [DAY + second, 3 * DAY + second] == [line.age for line in report.deals]
    assert report.people == ((None, 2),)
    assert "Stuck" in report.text()
    assert 1 == crm.reports.stuck(funnel=sales["strict"].id).count


def test_a_page_of_stuck_deals(store: Store) -> None:
    """A page at a time, of one owner if wished."""
    crm, clock = shop(store)
    anna, bruno = (crm.people.add(name, roles=["manager"]) for name in ("Anna", "Bruno"))
    sales = crm.funnels.create("Windows", stages=[Stage.named("Offer", age_limit=DAY), "Order"])
    customer = crm.customers.add("Jānis")
    deals = [
        crm.deals.open(f"Deal {n}", customer=customer.id, funnel=sales.id, owner=(anna, bruno)[n % 2].id).deal
        for n in range(5)
    ]
    clock.advance(days=2)
    first = crm.deals.stuck(limit=3)

    assert deals[:3] == list(first)
    assert deals[3:] == list(crm.deals.stuck(after=first[-1]))
    assert deals[1::2] == list(crm.deals.stuck(owner=bruno.id))
    assert ((anna.id, 3), (bruno.id, 2)) == crm.reports.stuck().people
    with pytest.raises(NotFound):
        crm.deals.stuck(funnel=FunnelId(crm.house.ids.new("funnel")))
    with pytest.raises(NotFound):
        crm.reports.stuck(funnel=FunnelId(crm.house.ids.new("funnel")))
    with pytest.raises(OutOfRange):
        crm.deals.stuck(limit=0)


def test_a_house_without_limits_has_nothing_stuck(store: Store) -> None:
    """Nor has one without funnels."""
    crm, clock = shop(store)
    nothing = crm.reports.stuck()
    sales = crm.funnels.create("Windows", stages=["Offer", "Order"])
    crm.deals.open("T", customer=crm.customers.add("Anna").id, funnel=sales.id)
    clock.advance(days=999)

    assert (0, 0) == (nothing.count, crm.reports.stuck().count)
    assert not crm.deals.stuck()


def play(store: Store, seed: int) -> tuple[Crm, list[Funnel]]:
    """Let some weeks go by, by chance."""
    chance = random.Random(seed)
    crm, clock = shop(store)
    anna = crm.people.add("Anna", roles=["manager"])
    funnels = [crm.funnels.create(name, stages=[*map(_stage(chance), "ABC"), "Won"]) for name in ("One", "Two")]
    customer = crm.customers.add("Jānis")
    known: list[Any] = []
    for _ in range(chance.randrange(4, 30)):
        clock.advance(minutes=chance.randrange(3_000))
        if not known or chance.random() < 0.3:
            value = chance.choice([None, Money(chance.randint(1, 99), "EUR"), Money(3, "USD")])
            funnel = chance.choice(funnels)
            owner = chance.choice([None, anna.id])
            new = crm.deals.open("T", customer=customer.id, funnel=funnel.id, value=value, owner=owner)
            known.append(new.deal.id)
        _go_on(crm, clock, chance, chance.choice(known))
    return crm, funnels


def _stage(chance: random.Random) -> Any:
    def make(name: str) -> Stage:
        limit = chance.choice([None, chance.randrange(6) * DAY, chance.randrange(9_999) * timedelta(minutes=1)])
        counts_from = chance.choice(["entry", "touch"])
        working, held = chance.random() < 0.5, chance.random() < 0.5
        aging = Aging(counts_from=counts_from, in_working_days=working, held_by_next_step=held)  # type: ignore[arg-type]
        return Stage.named(name, age_limit=limit, aging=aging)

    return make


def _go_on(crm: Crm, clock: FrozenClock, chance: random.Random, id: Any) -> None:
    deal = crm.deals.get(id)
    match chance.randrange(5):
        case 0 if deal.is_open:
            crm.deals.move(id, to=chance.choice("ABC"))
        case 1:
            due_at = chance.choice([None, clock.now() + timedelta(hours=chance.randrange(99))])
            crm.deals.plan(id, "Call", due_at=due_at)
        case 2:
            crm.interactions.log("call", deal=id)
        case 3 if deal.is_open and chance.random() < 0.3:
            crm.deals.lose(id, reason="too dear")


def stuck_by_themselves(crm: Crm, funnels: list[Funnel]) -> list[Deal]:
    """What the deals themselves say."""
    calendar = crm.calendars.named()
    time = calendar.time if calendar else ALWAYS
    drawn = {funnel.id: funnel for funnel in funnels}
    now = crm.house.clock.now()
    return [deal for deal in crm.deals.list(limit=1000) if deal.is_stuck(drawn[deal.funnel], now, time=time)]


def check(store: Store, seed: int) -> StuckReport:
    """Compare the list and the report with what the deals say."""
    crm, funnels = play(store, seed)
    stuck = stuck_by_themselves(crm, funnels)
    report = crm.reports.stuck()
    now = crm.house.clock.now()

    assert stuck == list(crm.deals.stuck())
    assert len(stuck) == report.count == sum(stage.stuck for stage in report.stages)
    assert [deal.id for deal in stuck] == [line.deal for line in report.deals]
    assert [deal.step_of(now) for deal in stuck] == [line.next_step for line in report.deals]
    assert StepState.AHEAD not in {
        deal.step_of(now)
        for deal in stuck
        for funnel in funnels
        if funnel.id == deal.funnel and funnel.stage(deal.stage).aging.held_by_next_step
    }
    return report


@given(st.integers())
@settings(max_examples=40, deadline=None)
def test_any_month_is_stuck_alike(seed: int) -> None:
    """The list, the report and the deals agree, and SQL counts what memory counts, to the letter."""
    sql = SqlStore.open("sqlite://")
    reports = [check(MemoryStore(), seed), check(sql, seed)]
    sql.close()

    assert written(reports[0], StuckReport) == written(reports[1], StuckReport)


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(5))
def test_a_month_is_stuck_alike_on_a_server(postgresql_url: str, seed: int) -> None:
    """PostgreSQL counts it too."""
    server = SqlStore.open(postgresql_url)
    empty(server)
    reports = [check(MemoryStore(), seed), check(server, seed)]
    server.close()

    assert written(reports[0], StuckReport) == written(reports[1], StuckReport)
