"""Stuck deals: list and report agree with the deals, on every store."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings, strategies as st

from crmcore import Crm, FrozenClock, MemoryStore, Money, SqlStore, Stage, StageAgePolicy
from crmcore.adapters.ids import SequentialIds
from crmcore.adapters.wire import dump as written
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import NextStepState
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.errors import NotFoundError, OutOfRangeError
from crmcore.ports import Store
from crmcore.services.reports.stuck import StuckReport
from tests.adapters.test_store_contract import truncate_tables

DAY: Final = timedelta(days=1)
FRIDAY: Final = datetime(2026, 3, 6, 15, tzinfo=UTC)
WORKING_DAYS_POLICY: Final = StageAgePolicy(counts_working_days=True)


def create_shop(store: Store) -> tuple[Crm, FrozenClock]:
    """A shop with business days from Monday to Friday."""
    clock = FrozenClock(FRIDAY)
    crm = Crm(store, clock=clock, id_generator=SequentialIds())
    crm.calendars.create("Mo-Fr 09:00-18:00", time_zone="Europe/Riga")
    return crm, clock


def test_stuck_deals_use_company_working_days(store: Store) -> None:
    """A weekend does not count for a limit in working days, but for one in days."""
    crm, clock = create_shop(store)
    limits = {"patient": WORKING_DAYS_POLICY, "strict": StageAgePolicy()}
    sales = {
        name: crm.funnels.create(name, stages=[Stage.named("Offer", age_limit=DAY, age_policy=aging), "Order"])
        for name, aging in limits.items()
    }
    customer = crm.customers.create("Anna")
    deals = {
        n: crm.deals.open("T", customer_id=customer.id, funnel_id=f.id, value=Money(5, "EUR")) for n, f in sales.items()
    }
    clock.advance(days=3)
    monday = crm.deals.stuck()
    clock.advance(seconds=1)
    report = crm.reports.stuck()

    assert [deals["strict"].deal.id] == [deal.id for deal in monday]
    assert list(crm.deals.stuck()) == [crm.deals.get(one.deal.id) for one in deals.values()]
    assert [deals["patient"].deal.id] == [deal.id for deal in crm.deals.stuck(funnel_id=sales["patient"].id)]
    assert (report.count, report.value) == (2, (Money(10, "EUR"),))
    assert [(s.name, s.age_limit, s.open_count, s.stuck_count, s.value) for s in report.stages] == [
        ("Offer", DAY, 1, 1, (Money(5, "EUR"),))
    ] * 2
    second = timedelta(seconds=1)
    assert [DAY + second, 3 * DAY + second] == [line.age for line in report.deals]
    assert report.owners == ((None, 2),)
    assert "Stuck" in report.text()
    assert 1 == crm.reports.stuck(funnel_id=sales["strict"].id).count


def test_stuck_deals_are_paged_and_filtered_by_owner(store: Store) -> None:
    """Stuck deals are paged, and filtered by owner."""
    crm, clock = create_shop(store)
    anna, bruno = (crm.users.create(name, roles=["manager"]) for name in ("Anna", "Bruno"))
    sales = crm.funnels.create("Windows", stages=[Stage.named("Offer", age_limit=DAY), "Order"])
    customer = crm.customers.create("Jānis")
    deals = [
        crm.deals.open(f"Deal {n}", customer_id=customer.id, funnel_id=sales.id, owner_id=(anna, bruno)[n % 2].id).deal
        for n in range(5)
    ]
    clock.advance(days=2)
    first = crm.deals.stuck(limit=3)

    assert deals[:3] == list(first)
    assert deals[3:] == list(crm.deals.stuck(after=first[-1]))
    assert deals[1::2] == list(crm.deals.stuck(owner_id=bruno.id))
    assert ((anna.id, 3), (bruno.id, 2)) == crm.reports.stuck().owners
    with pytest.raises(NotFoundError):
        crm.deals.stuck(funnel_id=FunnelId(crm._environment.id_generator.new("funnel")))
    with pytest.raises(NotFoundError):
        crm.reports.stuck(funnel_id=FunnelId(crm._environment.id_generator.new("funnel")))
    with pytest.raises(OutOfRangeError):
        crm.deals.stuck(limit=0)


def test_no_deal_is_stuck_without_age_limit(store: Store) -> None:
    """Without age limits, and without funnels, no deal is stuck."""
    crm, clock = create_shop(store)
    nothing = crm.reports.stuck()
    sales = crm.funnels.create("Windows", stages=["Offer", "Order"])
    crm.deals.open("T", customer_id=crm.customers.create("Anna").id, funnel_id=sales.id)
    clock.advance(days=999)

    assert (0, 0) == (nothing.count, crm.reports.stuck().count)
    assert not crm.deals.stuck()


def run_random_weeks(store: Store, seed: int) -> tuple[Crm, list[Funnel]]:
    """Simulate some random weeks."""
    rng = random.Random(seed)
    crm, clock = create_shop(store)
    anna = crm.users.create("Anna", roles=["manager"])
    funnels = [crm.funnels.create(name, stages=[*map(_random_stage(rng), "ABC"), "Won"]) for name in ("One", "Two")]
    customer = crm.customers.create("Jānis")
    known: list[Any] = []
    for _ in range(rng.randrange(4, 30)):
        clock.advance(minutes=rng.randrange(3_000))
        if not known or rng.random() < 0.3:
            value = rng.choice([None, Money(rng.randint(1, 99), "EUR"), Money(3, "USD")])
            funnel = rng.choice(funnels)
            owner_id = rng.choice([None, anna.id])
            new = crm.deals.open("T", customer_id=customer.id, funnel_id=funnel.id, value=value, owner_id=owner_id)
            known.append(new.deal.id)
        _execute_random_command(crm, clock, rng, rng.choice(known))
    return crm, funnels


def _random_stage(rng: random.Random) -> Any:
    def build_stage(name: str) -> Stage:
        limit = rng.choice([None, rng.randrange(6) * DAY, rng.randrange(9_999) * timedelta(minutes=1)])
        counts_from = rng.choice(["entered", "last_activity"])
        working, held = rng.random() < 0.5, rng.random() < 0.5
        aging = StageAgePolicy(counts_from=counts_from, counts_working_days=working, paused_by_next_step=held)  # type: ignore[arg-type]
        return Stage.named(name, age_limit=limit, age_policy=aging)

    return build_stage


def _execute_random_command(crm: Crm, clock: FrozenClock, rng: random.Random, id: Any) -> None:
    deal = crm.deals.get(id)
    match rng.randrange(5):
        case 0 if deal.is_open:
            crm.deals.move(id, stage_key=rng.choice("ABC"))
        case 1:
            due_at = rng.choice([None, clock.now() + timedelta(hours=rng.randrange(99))])
            crm.deals.set_next_step(id, "Call", due_at=due_at)
        case 2:
            crm.interactions.log("call", deal_id=id)
        case 3 if deal.is_open and rng.random() < 0.3:
            crm.deals.lose(id, reason="too dear")


def stuck_by_scan(crm: Crm, funnels: list[Funnel]) -> list[Deal]:
    """Scan all deals for stuck ones."""
    calendar = crm.calendars.get_by_name()
    time = calendar.business_hours if calendar else ALWAYS_OPEN
    drawn = {funnel.id: funnel for funnel in funnels}
    now = crm._environment.clock.now()
    return [
        deal for deal in crm.deals.list(limit=1000) if deal.is_stuck(drawn[deal.funnel_id], now, business_hours=time)
    ]


def compare_with_scan(store: Store, seed: int) -> StuckReport:
    """Compare the list and the report with a scan of all deals."""
    crm, funnels = run_random_weeks(store, seed)
    stuck = stuck_by_scan(crm, funnels)
    report = crm.reports.stuck()
    now = crm._environment.clock.now()

    assert stuck == list(crm.deals.stuck())
    assert len(stuck) == report.count == sum(stage.stuck_count for stage in report.stages)
    assert [deal.id for deal in stuck] == [line.deal_id for line in report.deals]
    assert [deal.next_step_state(now) for deal in stuck] == [line.next_step_state for line in report.deals]
    assert NextStepState.AHEAD not in {
        deal.next_step_state(now)
        for deal in stuck
        for funnel in funnels
        if funnel.id == deal.funnel_id and funnel.stage(deal.stage_key).age_policy.paused_by_next_step
    }
    return report


@given(st.integers())
@settings(max_examples=40, deadline=None)
def test_stuck_deals_equal_scan_on_every_store(seed: int) -> None:
    """List, report and scan agree, in memory and on SQLite."""
    sql = SqlStore.open("sqlite://")
    reports = [compare_with_scan(MemoryStore(), seed), compare_with_scan(sql, seed)]
    sql.close()

    assert written(reports[0], StuckReport) == written(reports[1], StuckReport)


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(5))
def test_stuck_deals_equal_scan_on_postgresql(postgresql_url: str, seed: int) -> None:
    """List, report and scan agree on PostgreSQL."""
    server = SqlStore.open(postgresql_url)
    truncate_tables(server)
    reports = [compare_with_scan(MemoryStore(), seed), compare_with_scan(server, seed)]
    server.close()

    assert written(reports[0], StuckReport) == written(reports[1], StuckReport)
