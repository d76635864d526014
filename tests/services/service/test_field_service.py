"""Field service: equipment, contracts, maintenance and replacement."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, FrozenClock, Funnel, MemoryStore, Money, Recurrence, SqlStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.parts import EquipmentLogKind
from crmcore.errors import BusinessRuleError, DuplicateKeyError, NotFoundError, OutOfRangeError
from crmcore.ports import Store

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


class ServiceCompany:
    """A service company with two technicians, a customer with a boiler, and a clock."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(MARCH)
        self.crm = Crm(store, clock=self.clock, time_zone="Europe/Riga")
        self.boss = self.crm.users.create("Boss", email="boss@example.org")
        self.technicians = [
            self.crm.users.create(name, roles=["service"], manager_id=self.boss.id) for name in ("Teodors", "Ulla")
        ]
        self.carla: Customer = self.crm.customers.create("Carla", phone="+37120000000", language="lv")
        self.boiler: Equipment = self.crm.field_service.install_equipment(
            "Boiler",
            customer_id=self.carla.id,
            serial="B-1",
            location="Cellar",
            meter="hours",
            installed_at=MARCH - timedelta(days=3_000),
            expected_life=timedelta(days=3_650),
            expected_total=20_000,
        )

    def advance_days(self, days: int) -> None:
        """Advance the clock by days, running due jobs each day."""
        for _ in range(days):
            self.clock.advance(days=1)
            self.crm.run_due_jobs()


@pytest.fixture(params=["memory", "sqlite"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> ServiceCompany:
    """The company, on either store."""
    return ServiceCompany(
        MemoryStore() if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    )


def test_failure_creates_repair_within_contract_deadline(company: ServiceCompany) -> None:
    """The repair is assigned by round robin with the contract's deadline."""
    crm, boiler = company.crm, company.boiler
    contract = crm.field_service.create_contract(
        "Care",
        customer_id=company.carla.id,
        since=date(2026, 1, 1),
        until=date(2027, 1, 1),
        responds_within=timedelta(hours=4),
    )
    failed = crm.field_service.report_failure(boiler.id, cause="pump", note="No hot water")

    assert (contract.id, "contract") == (failed.entitlement.contract_id, failed.entitlement.rule)
    assert (MARCH + timedelta(hours=4), boiler.id, "repair") == (
        failed.task.due_at,
        failed.task.equipment_id,
        failed.task.kind,
    )
    assert failed.task.assignee_id == company.technicians[0].id
    company.advance_days(1)
    assert company.boss.id in {message.recipient_id for message in crm.outbox.list(state="queued")}
    fixed = crm.field_service.complete_repair(boiler.id, cost=Money(80, "EUR"), cause="pump")
    assert (True, 1, Money(80, "EUR")) == (fixed.is_running, fixed.failure_count, fixed.repair_cost)
    assert [EquipmentLogKind.INSTALLED, EquipmentLogKind.FAILED, EquipmentLogKind.REPAIRED] == [
        line.kind for line in crm.field_service.history(boiler.id)
    ]


def test_failure_without_contract_uses_default_deadline(company: ServiceCompany) -> None:
    """Without a contract the repair has the default deadline."""
    failed = company.crm.field_service.report_failure(company.boiler.id)

    assert ("nothing", MARCH + timedelta(days=2)) == (failed.entitlement.rule, failed.task.due_at)


def test_maintenance_visit_is_created_by_calendar(company: ServiceCompany) -> None:
    """A visit is assigned on its day; completing it counts and plans the next."""
    crm, boiler = company.crm, company.boiler
    contract = crm.field_service.create_contract(
        "Care", customer_id=company.carla.id, since=date(2026, 1, 1), until=date(2030, 1, 1), visits=2
    )
    every = Recurrence("FREQ=MONTHLY;INTERVAL=6", "Europe/Riga")
    plan = crm.field_service.plan_maintenance(
        boiler.id,
        "Look after {equipment} of {customer}",
        every=every,
        starts_at=MARCH + timedelta(days=10),
        contract_id=contract.id,
    )
    company.advance_days(11)
    (visit,) = crm.tasks.list(customer_id=company.carla.id)

    assert ("Look after Boiler of Carla", "maintenance") == (visit.title, visit.kind)
    assert MARCH + timedelta(days=24) == visit.due_at
    visited = crm.field_service.complete_visit(visit.id, reading=9_000, cost=Money(15, "EUR"), note="Filter changed")
    assert (1, 1, True) == (
        visited.plan.visit_count,
        visited.contract and visited.contract.visits_made,
        visited.is_included,
    )
    assert datetime(2026, 9, 12, 8, tzinfo=UTC) == visited.plan.next_at  # by the wall clock of Riga
    assert (Decimal(9_000), MARCH + timedelta(days=11)) == (
        visited.equipment.meter_reading,
        visited.equipment.maintained_at,
    )
    company.advance_days(400)
    assert 2 == len(crm.tasks.list(customer_id=company.carla.id))  # the second one is open, and the third waits for it
    assert [plan.id] == [one.id for one in crm.field_service.list_plans(boiler.id)]
    with pytest.raises(BusinessRuleError):
        crm.field_service.complete_visit(visit.id)


def test_maintenance_visit_is_created_by_meter(company: ServiceCompany) -> None:
    """A meter reading creates the due visit once."""
    crm, boiler = company.crm, company.boiler
    crm.field_service.read_meter(boiler.id, 8_000)
    crm.field_service.plan_maintenance(boiler.id, "Change the burner of {equipment}", every_total=500)
    early, due, again = (crm.field_service.read_meter(boiler.id, hours) for hours in (8_499, "8500.5", 8_600))

    assert [(), 1, ()] == [early.tasks, len(due.tasks), again.tasks]
    assert company.technicians[0].id == due.tasks[0].assignee_id
    visited = crm.field_service.complete_visit(due.tasks[0].id, reading=9_200)
    assert (Decimal(9_700), ()) == (visited.plan.next_meter_total, visited.due_visits)


def test_stopped_plan_creates_no_visit(company: ServiceCompany) -> None:
    """A stopped plan creates no visit."""
    crm, boiler = company.crm, company.boiler
    daily = Recurrence("FREQ=DAILY")
    stopped = crm.field_service.plan_maintenance(boiler.id, "Look", every=daily, starts_at=MARCH + timedelta(days=2))
    crm.field_service.plan_maintenance(boiler.id, "Look", every=daily, starts_at=MARCH + timedelta(days=2))
    crm.field_service.stop_maintenance(stopped.id)
    crm.field_service.retire_equipment(boiler.id, note="Sold with the flat")
    company.advance_days(5)

    assert [] == list(crm.tasks.list(customer_id=company.carla.id))
    with pytest.raises(BusinessRuleError, match="retired"):
        crm.field_service.plan_maintenance(boiler.id, "Look", every=daily)


def test_replacement_candidates_are_ranked(company: ServiceCompany) -> None:
    """Candidates are ranked with all reasons; the proposal is a deal."""
    crm, boiler = company.crm, company.boiler
    funnel: Funnel = crm.funnels.create("Boilers", stages=["Offer", "Sold"])
    assert () == crm.field_service.list_replacement_candidates()
    for _ in range(3):
        crm.field_service.report_failure(boiler.id)
        crm.field_service.complete_repair(boiler.id, cost=Money(300, "EUR"))
    company.advance_days(400)
    young = crm.field_service.install_equipment("Boiler", customer_id=company.carla.id, serial="B-2")
    crm.field_service.report_failure(boiler.id)
    prices = {"Boiler": Money(1_200, "EUR")}

    (proposal,) = crm.field_service.list_replacement_candidates(prices=prices)
    assert (boiler.id, ["life", "failures", "cost"]) == (
        proposal.equipment.id,
        [reason.rule for reason in proposal.reasons],
    )
    proposed = crm.field_service.propose_replacement(boiler.id, funnel_id=funnel.id, price=prices["Boiler"])
    assert ("Offer", prices["Boiler"], "service") == (
        proposed.deal.stage_key,
        proposed.deal.total,
        proposed.deal.source,
    )
    assert "Vecums, no paredzamā mūža: 93 %" in proposed.deal.description
    assert "Bojājumi: 4" in proposed.deal.description
    with pytest.raises(BusinessRuleError, match="no reason"):
        crm.field_service.propose_replacement(young.id, funnel_id=funnel.id)


def test_list_contracts_ending_before_date(company: ServiceCompany) -> None:
    """Ending contracts are listed by end date, and renewed from their end."""
    crm = company.crm
    for number, end in (("1", date(2026, 12, 1)), ("2", date(2026, 6, 1)), ("3", date(2027, 6, 1))):
        crm.field_service.create_contract(
            "Care", customer_id=company.carla.id, since=date(2026, 1, 1), until=end, number=number
        )
    ending = crm.field_service.list_contracts(ending_by=date(2026, 12, 31))

    assert ["2", "1"] == [contract.number for contract in ending]
    crm.field_service.renew_contract(ending[0].id, until=date(2027, 6, 1))
    crm.field_service.cancel_contract(ending[1].id)
    assert () == tuple(crm.field_service.list_contracts(customer_id=company.carla.id, ending_by=date(2026, 12, 31)))
    with pytest.raises(OutOfRangeError):
        crm.field_service.renew_contract(ending[0].id, until=date(2027, 1, 1))
    with pytest.raises(DuplicateKeyError):
        crm.field_service.create_contract(
            "Again", customer_id=company.carla.id, since=date(2026, 1, 1), until=date(2027, 1, 1), number="1"
        )


def test_coverage_of_other_customers_equipment_is_rejected(company: ServiceCompany) -> None:
    """Equipment of another customer is rejected on creation and later."""
    crm = company.crm
    dana = crm.customers.create("Dana")
    year: Any = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}
    with pytest.raises(BusinessRuleError, match="another customer"):
        crm.field_service.create_contract("Care", customer_id=dana.id, equipment_ids=[company.boiler.id], **year)
    danas = crm.field_service.create_contract("Care", customer_id=dana.id, **year)
    with pytest.raises(BusinessRuleError, match="another customer"):
        crm.field_service.add_coverage(danas.id, company.boiler.id)
    with pytest.raises(BusinessRuleError, match="equipment of other customer"):
        crm.field_service.plan_maintenance(
            company.boiler.id, "Look", every=Recurrence("FREQ=DAILY"), contract_id=danas.id
        )
    other = crm.field_service.install_equipment("Pump", customer_id=company.carla.id)
    carlas = crm.field_service.create_contract("Care", customer_id=company.carla.id, equipment_ids=[other.id], **year)
    assert "nothing" == crm.field_service.entitlement(company.boiler.id).rule
    crm.field_service.add_coverage(carlas.id, company.boiler.id)
    assert "contract" == crm.field_service.entitlement(company.boiler.id).rule
    assert "nothing" == crm.field_service.entitlement(company.boiler.id, on=date(2027, 1, 1)).rule


def test_duplicate_serial_number_is_rejected(company: ServiceCompany) -> None:
    """A serial number is unique per product; the error names the other piece."""
    crm = company.crm
    with pytest.raises(DuplicateKeyError) as excinfo:
        crm.field_service.install_equipment("Boiler", customer_id=company.carla.id, serial="B-1")

    assert company.boiler.id == excinfo.value.existing_id
    crm.field_service.install_equipment("Pump", customer_id=company.carla.id, serial="B-1")
    assert ["Boiler", "Pump"] == [piece.product for piece in crm.field_service.list(customer_id=company.carla.id)]
    assert company.boiler == crm.field_service.get_equipment(company.boiler.id)
    assert 2 == len(crm.field_service.list(state="running"))
    with pytest.raises(NotFoundError):
        crm.field_service.get_equipment("equipment_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # a made-up id
