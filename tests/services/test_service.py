"""The service company: what its customers have, what was promised for it, and that somebody goes there in time (story I)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, FrozenClock, Funnel, MemoryStore, Money, Recurrence, SqlStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.parts import LogKind
from crmcore.errors import NotFound, OutOfRange, RuleBroken, Taken
from crmcore.services.ports import Store

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Company:
    """A service company with two technicians, a customer with a boiler, and a clock."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(MARCH)
        self.crm = Crm(store, clock=self.clock, zone="Europe/Riga")
        self.boss = self.crm.people.add("Boss", email="boss@example.org")
        self.technicians = [
            self.crm.people.add(name, roles=["service"], supervisor=self.boss.id) for name in ("Teodors", "Ulla")
        ]
        self.carla: Customer = self.crm.customers.add("Carla", phone="+37120000000", language="lv")
        self.boiler: Equipment = self.crm.service.install(
            "Boiler",
            customer=self.carla.id,
            serial="B-1",
            place="Cellar",
            meter="hours",
            installed_at=MARCH - timedelta(days=3_000),
            expected_life=timedelta(days=3_650),
            expected_total=20_000,
        )

    def days_later(self, days: int) -> None:
        """Let days pass, looking at what is due each day."""
        for _ in range(days):
            self.clock.advance(days=1)
            self.crm.run_due()


@pytest.fixture(params=["memory", "sqlite"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """The company, on either store."""
    return Company(MemoryStore() if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}"))


def test_a_failure_brings_somebody_as_soon_as_the_contract_promises(company: Company) -> None:
    """The repair is given in turn, with the contract's deadline, and is escalated when it runs late."""
    crm, boiler = company.crm, company.boiler
    contract = crm.service.sign(
        "Care",
        customer=company.carla.id,
        since=date(2026, 1, 1),
        until=date(2027, 1, 1),
        responds_within=timedelta(hours=4),
    )
    failed = crm.service.report_failure(boiler.id, cause="pump", note="No hot water")

    assert (contract.id, "contract") == (failed.entitlement.contract, failed.entitlement.rule)
    assert (MARCH + timedelta(hours=4), boiler.id, "repair") == (
        failed.task.due_at,
        failed.task.equipment,
        failed.task.kind,
    )
    assert failed.task.assignee == company.technicians[0].id
    company.days_later(1)
    assert company.boss.id in {message.recipient for message in crm.delivery.list(state="queued")}
    fixed = crm.service.repaired(boiler.id, cost=Money(80, "EUR"), cause="pump")
    assert (True, 1, Money(80, "EUR")) == (fixed.is_running, fixed.failures, fixed.repair_cost)
    assert [LogKind.INSTALLED, LogKind.FAILED, LogKind.REPAIRED] == [line.kind for line in crm.service.log(boiler.id)]


def test_a_failure_without_a_contract_has_the_usual_time(company: Company) -> None:
    """Nothing is promised, and still somebody goes."""
    failed = company.crm.service.report_failure(company.boiler.id)

    assert ("nothing", MARCH + timedelta(days=2)) == (failed.entitlement.rule, failed.task.due_at)


def test_maintenance_comes_due_by_the_calendar(company: Company) -> None:
    """The visit is given at its day, in turn; when it was made, the contract counts it and the next one is planned."""
    crm, boiler = company.crm, company.boiler
    contract = crm.service.sign(
        "Care", customer=company.carla.id, since=date(2026, 1, 1), until=date(2030, 1, 1), visits=2
    )
    every = Recurrence("FREQ=MONTHLY;INTERVAL=6", "Europe/Riga")
    plan = crm.service.plan_maintenance(
        boiler.id,
        "Look after {equipment} of {customer}",
        every=every,
        starts_at=MARCH + timedelta(days=10),
        contract=contract.id,
    )
    company.days_later(11)
    (visit,) = crm.tasks.list(customer=company.carla.id)

    assert ("Look after Boiler of Carla", "maintenance") == (visit.title, visit.kind)
    assert MARCH + timedelta(days=24) == visit.due_at
    visited = crm.service.visited(visit.id, reading=9_000, cost=Money(15, "EUR"), note="Filter changed")
    assert (1, 1, True) == (visited.plan.visits, visited.contract and visited.contract.visits_made, visited.included)
    assert datetime(2026, 9, 12, 8, tzinfo=UTC) == visited.plan.next_at  # by the wall clock of Riga
    assert (Decimal(9_000), MARCH + timedelta(days=11)) == (visited.equipment.reading, visited.equipment.maintained_at)
    company.days_later(400)
    assert 2 == len(crm.tasks.list(customer=company.carla.id))  # the second one is open, and the third waits for it
    assert [plan.id] == [one.id for one in crm.service.plans(boiler.id)]
    with pytest.raises(RuleBroken):
        crm.service.visited(visit.id)


def test_maintenance_comes_due_by_the_meter(company: Company) -> None:
    """A reading gives the visit at once, and a second one does not give it again."""
    crm, boiler = company.crm, company.boiler
    crm.service.read_meter(boiler.id, 8_000)
    crm.service.plan_maintenance(boiler.id, "Change the burner of {equipment}", every_total=500)
    early, due, again = (crm.service.read_meter(boiler.id, hours) for hours in (8_499, "8500.5", 8_600))

    assert [(), 1, ()] == [early.tasks, len(due.tasks), again.tasks]
    assert company.technicians[0].id == due.tasks[0].assignee
    visited = crm.service.visited(due.tasks[0].id, reading=9_200)
    assert (Decimal(9_700), ()) == (visited.plan.next_total, visited.visits)


def test_a_stopped_plan_and_a_retired_piece_bring_nobody(company: Company) -> None:
    """Nothing comes due any more."""
    crm, boiler = company.crm, company.boiler
    daily = Recurrence("FREQ=DAILY")
    stopped = crm.service.plan_maintenance(boiler.id, "Look", every=daily, starts_at=MARCH + timedelta(days=2))
    crm.service.plan_maintenance(boiler.id, "Look", every=daily, starts_at=MARCH + timedelta(days=2))
    crm.service.stop_maintenance(stopped.id)
    crm.service.retire(boiler.id, note="Sold with the house")
    company.days_later(5)

    assert [] == list(crm.tasks.list(customer=company.carla.id))
    with pytest.raises(RuleBroken, match="retired"):
        crm.service.plan_maintenance(boiler.id, "Look", every=daily)


def test_what_has_served_its_time_is_proposed_to_be_replaced(company: Company) -> None:
    """The most urgent first, with every reason; the proposal is a deal in the customer's language."""
    crm, boiler = company.crm, company.boiler
    funnel: Funnel = crm.funnels.create("Boilers", stages=["Offer", "Sold"])
    assert () == crm.service.replacements()
    for _ in range(3):
        crm.service.report_failure(boiler.id)
        crm.service.repaired(boiler.id, cost=Money(300, "EUR"))
    company.days_later(400)
    young = crm.service.install("Boiler", customer=company.carla.id, serial="B-2")
    crm.service.report_failure(boiler.id)
    prices = {"Boiler": Money(1_200, "EUR")}

    (proposal,) = crm.service.replacements(prices=prices)
    assert (boiler.id, ["life", "failures", "cost"]) == (
        proposal.equipment.id,
        [reason.rule for reason in proposal.reasons],
    )
    proposed = crm.service.propose_replacement(boiler.id, funnel=funnel.id, price=prices["Boiler"])
    assert ("Offer", prices["Boiler"], "service") == (
        proposed.deal.stage,
        proposed.deal.total,
        proposed.deal.source,
    )
    assert "Vecums, no paredzamā mūža: 93 %" in proposed.deal.about
    assert "Bojājumi: 4" in proposed.deal.about
    with pytest.raises(RuleBroken, match="no reason"):
        crm.service.propose_replacement(young.id, funnel=funnel.id)


def test_contracts_that_end_are_seen_in_time(company: Company) -> None:
    """Those that end by a day are listed, the first to end first, and renewed from their end."""
    crm = company.crm
    for number, end in (("1", date(2026, 12, 1)), ("2", date(2026, 6, 1)), ("3", date(2027, 6, 1))):
        crm.service.sign("Care", customer=company.carla.id, since=date(2026, 1, 1), until=end, number=number)
    ending = crm.service.contracts(ending_by=date(2026, 12, 31))

    assert ["2", "1"] == [contract.number for contract in ending]
    crm.service.renew(ending[0].id, until=date(2027, 6, 1))
    crm.service.cancel_contract(ending[1].id)
    assert () == tuple(crm.service.contracts(customer=company.carla.id, ending_by=date(2026, 12, 31)))
    with pytest.raises(OutOfRange):
        crm.service.renew(ending[0].id, until=date(2027, 1, 1))
    with pytest.raises(Taken):
        crm.service.sign("Again", customer=company.carla.id, since=date(2026, 1, 1), until=date(2027, 1, 1), number="1")


def test_a_contract_covers_only_the_customers_own(company: Company) -> None:
    """Neither when it is signed nor later is another customer's equipment taken in."""
    crm = company.crm
    dana = crm.customers.add("Dana")
    year: Any = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}
    with pytest.raises(RuleBroken, match="another customer"):
        crm.service.sign("Care", customer=dana.id, covers=[company.boiler.id], **year)
    danas = crm.service.sign("Care", customer=dana.id, **year)
    with pytest.raises(RuleBroken, match="another customer"):
        crm.service.cover(danas.id, company.boiler.id)
    with pytest.raises(RuleBroken, match="another customers"):
        crm.service.plan_maintenance(company.boiler.id, "Look", every=Recurrence("FREQ=DAILY"), contract=danas.id)
    other = crm.service.install("Pump", customer=company.carla.id)
    carlas = crm.service.sign("Care", customer=company.carla.id, covers=[other.id], **year)
    assert "nothing" == crm.service.entitlement(company.boiler.id).rule
    crm.service.cover(carlas.id, company.boiler.id)
    assert "contract" == crm.service.entitlement(company.boiler.id).rule
    assert "nothing" == crm.service.entitlement(company.boiler.id, on=date(2027, 1, 1)).rule


def test_a_serial_number_is_one_piece(company: Company) -> None:
    """A second piece of the product with it is refused, and the first one named; of another product it may be."""
    crm = company.crm
    with pytest.raises(Taken) as refusal:
        crm.service.install("Boiler", customer=company.carla.id, serial="B-1")

    assert company.boiler.id == refusal.value.holder
    crm.service.install("Pump", customer=company.carla.id, serial="B-1")
    assert ["Boiler", "Pump"] == [piece.product for piece in crm.service.list(customer=company.carla.id)]
    assert company.boiler == crm.service.equipment(company.boiler.id)
    assert 2 == len(crm.service.list(state="running"))
    with pytest.raises(NotFound):
        crm.service.equipment("equipment_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # a made-up id
