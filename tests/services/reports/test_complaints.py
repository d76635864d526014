"""The report of complaints counts right, and alike on every store."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, Money, SqlStore
from crmcore.adapters.ids import CountingIds
from crmcore.domain.clocks.marks import Targets
from crmcore.services.ports import Store
from crmcore.services.reports.complaints import ComplaintsReport
from tests.adapters.test_stores import empty

HOUR: Final = timedelta(hours=1)
MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)


def shop(store: Store | None = None) -> tuple[Crm, FrozenClock, Any]:
    """A shop with two clerks and a customer."""
    clock = FrozenClock(MONDAY)
    crm = Crm(store, clock=clock, ids=CountingIds())
    crm.calendars.create("Mo-Fr 09:00-18:00")
    crm.levels.create("Standard", Targets(first_response=2 * HOUR, resolution=9 * HOUR))
    for name in ("Anna", "Bruno"):
        crm.people.add(name)
    return crm, clock, crm.customers.add("Jānis")


def test_complaints_are_counted() -> None:
    """By type and by person: in time and late, how soon, reopened, repeated, what they cost, how content customers are."""
    crm, clock, customer = shop()
    answered = []
    for hours in (1, 2, 3, 10):
        clock.set(MONDAY)
        one = crm.complaints.receive("Late", type="delivery", customer=customer.id, product="chair")
        clock.set(MONDAY + hours * HOUR if hours < 10 else MONDAY + 25 * HOUR)
        crm.complaints.acknowledge(one.id)
        crm.complaints.resolve(one.id, "Mended")
        answered.append(crm.complaints.rate(one.id, 5 if hours < 3 else 2))
    one = answered[-1]
    crm.complaints.explain(one.id, cause="carrier")
    crm.complaints.compensate(one.id, "money", Money(30, "EUR"))
    crm.complaints.take_up(one.id)
    crm.complaints.receive("Cold", type="quality", customer=customer.id)
    clock.advance(days=14)
    report = crm.reports.complaints(since=MONDAY, until=MONDAY + 30 * HOUR)
    delivery, quality = report.types

    assert (report.total.received, delivery.name, delivery.received, quality.open) == (5, "delivery", 4, 1)
    assert (delivery.in_time, delivery.late, delivery.kept, delivery.open) == (3, 0, 10_000, 1)
    assert delivery.response == (2 * HOUR, 10 * HOUR)
    assert delivery.resolution == (2 * HOUR, 3 * HOUR)
    assert (delivery.reopened, delivery.repeats, quality.repeats) == (1, 3, 0)
    assert (delivery.cost, delivery.satisfaction, quality.satisfaction) == ((Money(30, "EUR"),), 350, None)
    assert (dict(report.products), dict(report.causes)) == (
        {"chair": (Money(30, "EUR"),)},
        {"carrier": (Money(30, "EUR"),)},
    )
    assert ["Anna", "Bruno"] == [line.name for line in report.people]
    assert ((0, 0, 0, 0, 2), 2) == (report.backlog, report.overdue)
    assert 0 == crm.reports.complaints(since=MONDAY + 30 * HOUR).total.received


def test_late_complaints_stand_in_the_report_of_what_is_late() -> None:
    """With what should have been done, and by whom."""
    crm, clock, customer = shop()
    crm.complaints.receive("Late", type="delivery", customer=customer.id)
    clock.advance(hours=3)
    crm.run_due()
    report = crm.reports.overdue()
    (line,) = report.complaints

    assert (1, HOUR, "acknowledge", 1) == (report.complaint_count, line.late, line.action, line.told)
    assert "delivery" in report.text()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_report_is_a_page(language: str) -> None:
    """In words of the house's language, with and without complaints."""
    crm, clock, customer = shop()
    nothing = crm.reports.complaints().html(language=language)
    one = crm.complaints.receive("Late", type="delivery/late", customer=customer.id)
    clock.advance(hours=1)
    crm.complaints.resolve(one.id, "Mended")
    crm.complaints.rate(one.id, 4)

    assert "delivery/late" not in nothing
    assert "delivery/late" in crm.reports.complaints().html(language=language)
    assert "4.00" in crm.reports.complaints().text(language=language)


STEPS: Final = (
    "acknowledge",
    "assess",
    "take_up",
    "wait",
    "hear",
    "resolve",
    "reject",
    "close",
    "rate",
    "compensate",
    "explain",
)


def play(store: Store, seed: int, length: int) -> ComplaintsReport:
    """Let a month of complaints go by, by chance, and report."""
    chance = random.Random(seed)
    crm, clock, customer = shop(store)
    known: list[Any] = []
    for _ in range(length):
        clock.advance(minutes=chance.randrange(600))
        if not known or chance.random() < 0.25:
            type = chance.choice(["delivery/late", "delivery/broken", "quality"])
            product = chance.choice(["", "chair", "table"])
            known.append(crm.complaints.receive("Something", type=type, customer=customer.id, product=product).id)
        tell(crm, chance, chance.choice(known))
    return crm.reports.complaints(since=MONDAY + 12 * HOUR)


def tell(crm: Crm, chance: random.Random, id: Any) -> None:
    """Tell some story about a complaint; what is not legal is refused."""
    step = chance.choice(STEPS)
    arguments: dict[str, tuple[Any, ...]] = {
        "resolve": ("Mended",),
        "reject": ("Not ours",),
        "rate": (chance.randint(1, 5),),
        "compensate": ("money", Money(chance.randint(1, 99), "EUR")),
    }
    named = {"explain": {"cause": chance.choice(["carrier", "factory"])}, "assess": {"severity": "high"}}
    try:
        getattr(crm.complaints, step)(id, *arguments.get(step, ()), **named.get(step, {}))
    except CrmError:
        return


@given(st.integers(0, 10**6))
@settings(max_examples=12, deadline=None)
def test_every_store_counts_alike(seed: int) -> None:
    """Memory and SQL come to the same figures, to the microsecond and the cent."""
    assert play(MemoryStore(), seed, 60) == play(SqlStore.open("sqlite://"), seed, 60)


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(3))
def test_postgresql_counts_alike(postgresql_url: str, seed: int) -> None:
    """So does a server."""
    store = SqlStore.open(postgresql_url)
    empty(store)

    assert play(MemoryStore(), seed, 60) == play(store, seed, 60)
    store.close()
