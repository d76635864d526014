"""The complaints report is correct, and equal on every store."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings, strategies as st

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, Money, SqlStore
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.sla.targets import SlaTargets
from crmcore.ports import Store
from crmcore.services.reports.complaints import ComplaintsReport
from tests.adapters.test_store_contract import truncate_tables

HOUR: Final = timedelta(hours=1)
MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)


def create_shop(store: Store | None = None) -> tuple[Crm, FrozenClock, Any]:
    """A shop with two clerks and a customer."""
    clock = FrozenClock(MONDAY)
    crm = Crm(store, clock=clock, id_generator=SequentialIds())
    crm.calendars.create("Mo-Fr 09:00-18:00")
    crm.sla_policies.create("Standard", SlaTargets(first_response=2 * HOUR, resolution=9 * HOUR))
    for name in ("Anna", "Bruno"):
        crm.users.create(name)
    return crm, clock, crm.customers.create("Jānis")


def test_complaints_report_counts_by_type_and_owner() -> None:
    """The report counts by type and owner: in time, late, times, costs, ratings."""
    crm, clock, customer = create_shop()
    answered = []
    for hours in (1, 2, 3, 10):
        clock.set(MONDAY)
        one = crm.complaints.receive("Late", type="delivery", customer_id=customer.id, product="chair")
        clock.set(MONDAY + hours * HOUR if hours < 10 else MONDAY + 25 * HOUR)
        crm.complaints.acknowledge(one.id)
        crm.complaints.resolve(one.id, "Mended")
        answered.append(crm.complaints.rate(one.id, 5 if hours < 3 else 2))
    one = answered[-1]
    crm.complaints.set_root_cause(one.id, cause="carrier")
    crm.complaints.compensate(one.id, "money", Money(30, "EUR"))
    crm.complaints.start_investigation(one.id)
    crm.complaints.receive("Cold", type="quality", customer_id=customer.id)
    clock.advance(days=14)
    report = crm.reports.complaints(since=MONDAY, until=MONDAY + 30 * HOUR)
    delivery, quality = report.types

    assert (report.total.received, delivery.name, delivery.received, quality.open) == (5, "delivery", 4, 1)
    assert (delivery.in_time, delivery.overdue_count, delivery.in_time_percentage, delivery.open) == (3, 0, 10_000, 1)
    assert delivery.response_time == (2 * HOUR, 10 * HOUR)
    assert delivery.resolution_time == (2 * HOUR, 3 * HOUR)
    assert (delivery.reopened, delivery.repeats, quality.repeats) == (1, 3, 0)
    assert (delivery.cost, delivery.satisfaction, quality.satisfaction) == ((Money(30, "EUR"),), 350, None)
    assert (dict(report.products), dict(report.causes)) == (
        {"chair": (Money(30, "EUR"),)},
        {"carrier": (Money(30, "EUR"),)},
    )
    assert ["Anna", "Bruno"] == [line.name for line in report.owners]
    assert ((0, 0, 0, 0, 2), 2) == (report.backlog, report.overdue)
    assert 0 == crm.reports.complaints(since=MONDAY + 30 * HOUR).total.received


def test_overdue_report_lists_late_complaints() -> None:
    """The overdue report lists late complaints with next action and owner."""
    crm, clock, customer = create_shop()
    crm.complaints.receive("Late", type="delivery", customer_id=customer.id)
    clock.advance(hours=3)
    crm.run_due_jobs()
    report = crm.reports.overdue()
    (line,) = report.complaints

    assert (1, HOUR, "acknowledge", 1) == (report.complaint_count, line.overdue_by, line.action, line.escalation_level)
    assert "delivery" in report.text()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_complaints_report_is_rendered(language: str) -> None:
    """The report is rendered in the language, with and without complaints."""
    crm, clock, customer = create_shop()
    nothing = crm.reports.complaints().html(language=language)
    one = crm.complaints.receive("Late", type="delivery/late", customer_id=customer.id)
    clock.advance(hours=1)
    crm.complaints.resolve(one.id, "Mended")
    crm.complaints.rate(one.id, 4)

    assert "delivery/late" not in nothing
    assert "delivery/late" in crm.reports.complaints().html(language=language)
    assert "4.00" in crm.reports.complaints().text(language=language)


STEPS: Final = (
    "acknowledge",
    "assess",
    "start_investigation",
    "pause_for_customer",
    "log_customer_reply",
    "resolve",
    "reject",
    "close",
    "rate",
    "compensate",
    "set_root_cause",
)


def report_after_random_month(store: Store, seed: int, length: int) -> ComplaintsReport:
    """Simulate a random month of complaints, and return the report."""
    rng = random.Random(seed)
    crm, clock, customer = create_shop(store)
    known: list[Any] = []
    for _ in range(length):
        clock.advance(minutes=rng.randrange(600))
        if not known or rng.random() < 0.25:
            type = rng.choice(["delivery/late", "delivery/broken", "quality"])
            product = rng.choice(["", "chair", "table"])
            known.append(crm.complaints.receive("Something", type=type, customer_id=customer.id, product=product).id)
        execute_random_command(crm, rng, rng.choice(known))
    return crm.reports.complaints(since=MONDAY + 12 * HOUR)


def execute_random_command(crm: Crm, rng: random.Random, id: Any) -> None:
    """Execute a random command on a complaint; ignore rejected ones."""
    step = rng.choice(STEPS)
    arguments: dict[str, tuple[Any, ...]] = {
        "resolve": ("Mended",),
        "reject": ("Not ours",),
        "rate": (rng.randint(1, 5),),
        "compensate": ("money", Money(rng.randint(1, 99), "EUR")),
    }
    named = {"set_root_cause": {"cause": rng.choice(["carrier", "factory"])}, "assess": {"severity": "high"}}
    try:
        getattr(crm.complaints, step)(id, *arguments.get(step, ()), **named.get(step, {}))
    except CrmError:
        return


@given(st.integers(0, 10**6))
@settings(max_examples=12, deadline=None)
def test_complaints_report_is_equal_on_every_store(seed: int) -> None:
    """Memory and SQL give the same figures, to the microsecond and the cent."""
    assert report_after_random_month(MemoryStore(), seed, 60) == report_after_random_month(
        SqlStore.open("sqlite://"), seed, 60
    )


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(3))
def test_complaints_report_is_equal_on_postgresql(postgresql_url: str, seed: int) -> None:
    """PostgreSQL gives the same report."""
    store = SqlStore.open(postgresql_url)
    truncate_tables(store)

    assert report_after_random_month(MemoryStore(), seed, 60) == report_after_random_month(store, seed, 60)
    store.close()
