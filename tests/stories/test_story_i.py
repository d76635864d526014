"""Story I, the service company: equipment over 18 months, on every store."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from crmcore import Crm, FrozenClock, MemoryStore, Money, RecordingNotifier, Recurrence
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.service.field_service.parts import EquipmentLogKind
from crmcore.ports import Store

SPRING: Final = datetime(2026, 3, 2, 6, tzinfo=UTC)
HALF_A_YEAR: Final = Recurrence("FREQ=MONTHLY;INTERVAL=6", "Europe/Riga")


class ServiceCompany:
    """A company with two technicians, a boss, and a customer with two boilers."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(SPRING)
        self.notifier = RecordingNotifier()
        self.crm = crm = Crm(
            store,
            clock=self.clock,
            id_generator=SequentialIds(),
            time_zone="Europe/Riga",
            notifiers={"email": self.notifier},
        )
        crm.calendars.create("Mo-Fr 08:00-12:00,13:00-17:00", time_zone="Europe/Riga")
        self.boss = crm.users.create("Boss", email="boss@example.lv")
        self.teodors = crm.users.create("Teodors", roles=["service"], manager_id=self.boss.id, email="t@example.lv")
        self.ulla = crm.users.create("Ulla", roles=["service"], manager_id=self.boss.id, email="u@example.lv")
        self.carla = crm.customers.create("Carla", phone="+37120000000", language="lv")
        old: Any = {"meter": "hours", "expected_total": 20_000, "expected_life": timedelta(days=3_650)}
        self.old_boiler = crm.field_service.install_equipment(
            "Boiler", customer_id=self.carla.id, serial="1", installed_at=SPRING - timedelta(days=3_000), **old
        )
        self.new_boiler = crm.field_service.install_equipment(
            "Boiler", customer_id=self.carla.id, serial="2", warranty_until=date(2028, 3, 1), **old
        )
        self.contract = crm.field_service.create_contract(
            "Care",
            customer_id=self.carla.id,
            equipment_ids=[self.old_boiler.id],
            since=date(2026, 1, 1),
            until=date(2027, 1, 1),
            responds_within=timedelta(hours=4),
            visits=2,
        )
        self.funnel = crm.funnels.create("Boilers", stages=["Offer", "Sold"])

    def advance_days(self, days: int) -> None:
        """Advance the clock by days, running due jobs and delivery each day."""
        for _ in range(days):
            self.clock.advance(days=1)
            self.crm.run_due_jobs()
            self.crm.deliver()


def run_scenario(store: Store) -> dict[str, Any]:
    """Run the scenario, and return the observed values."""
    company = ServiceCompany(store)
    crm = company.crm
    seen: dict[str, Any] = {}

    # Maintenance is planned under the contract, by the calendar and by the meter, whichever comes first.
    crm.field_service.plan_maintenance(
        company.old_boiler.id,
        "Look after {equipment} of {customer}",
        every=HALF_A_YEAR,
        every_total=1_000,
        starts_at=SPRING + timedelta(days=30),
        contract_id=company.contract.id,
    )
    company.advance_days(31)
    (visit,) = crm.tasks.list(customer_id=company.carla.id, state="open")
    seen["visit"] = (visit.title, visit.assignee_id == company.teodors.id)
    crm.appointments.book("Boiler", since=company.clock.now() + timedelta(hours=1), attendee_ids=[company.teodors.id])
    visited = crm.field_service.complete_visit(visit.id, reading=800, cost=Money(20, "EUR"))
    seen["after the visit"] = (visited.plan.next_at, visited.plan.next_meter_total, visited.contract)
    worn = crm.field_service.read_meter(company.old_boiler.id, "1800.5")
    seen["by the meter"] = [task.assignee_id == company.ulla.id for task in worn.tasks]
    crm.field_service.complete_visit(worn.tasks[0].id)
    third = crm.field_service.read_meter(company.old_boiler.id, 3_000)
    seen["beyond the contract"] = crm.field_service.complete_visit(third.tasks[0].id).is_included

    # A failure with a four-hour target: no repair, so the boss is notified.
    failed = crm.field_service.report_failure(company.old_boiler.id, cause="pump")
    seen["promised"] = (failed.entitlement.rule, failed.task.due_at)
    company.advance_days(1)
    crm.deliver()
    seen["letters"] = sorted({(message.topic, message.address) for message in company.notifier.messages})
    crm.tasks.complete(failed.task.id, result="New pump")
    crm.field_service.complete_repair(company.old_boiler.id, cost=Money(400, "EUR"), cause="pump")
    seen["warranty"] = crm.field_service.entitlement(company.new_boiler.id)

    # The contract ends, the boiler has served its time: both are seen before, with the reason.
    company.advance_days(200)
    seen["ending"] = [contract.title for contract in crm.field_service.list_contracts(ending_by=date(2027, 3, 1))]
    crm.field_service.report_failure(company.old_boiler.id)
    crm.field_service.complete_repair(company.old_boiler.id, cost=Money(300, "EUR"))
    company.advance_days(200)
    proposals = crm.field_service.list_replacement_candidates(prices={"Boiler": Money(1_000, "EUR")})
    seen["replacements"] = [(one.equipment.serial_number, one.reasons) for one in proposals]
    proposed = crm.field_service.propose_replacement(
        company.old_boiler.id, funnel_id=company.funnel.id, price=Money(1_000, "EUR")
    )
    seen["offer"] = (proposed.deal.stage_key, proposed.deal.description)
    crm.field_service.retire_equipment(company.old_boiler.id)
    company.advance_days(400)
    seen["log"] = [
        (line.kind, line.meter_total, line.cost) for line in crm.field_service.history(company.old_boiler.id)
    ]
    seen["facts"] = [
        event.event.name for event in crm.feed.read().events if event.subject_id.startswith(("equip", "mainte"))
    ]
    return seen


def test_equipment_contracts_and_maintenance_over_18_months(store: Store) -> None:
    """Failures, escalations, maintenance and replacement follow the contract."""
    seen = run_scenario(store)

    assert ("Look after Boiler of Carla", True) == seen["visit"]
    next_at, next_meter_total, contract = seen["after the visit"]
    assert (datetime(2026, 10, 1, 6, tzinfo=UTC), Decimal(1_800), 1) == (
        next_at,
        next_meter_total,
        contract.visits_made,
    )
    assert ([True], False) == (seen["by the meter"], seen["beyond the contract"])
    assert ("contract", SPRING + timedelta(days=31, hours=4)) == seen["promised"]
    assert ("task.overdue", "boss@example.lv") in seen["letters"]
    assert ("warranty", True) == (seen["warranty"].rule, seen["warranty"].is_free)
    assert ["Care"] == seen["ending"]
    ((serial, reasons),) = seen["replacements"]
    assert ("1", ["life", "cost"]) == (serial, [reason.rule for reason in reasons])
    assert ("Offer", "Vecums, no paredzamā mūža: 94 %\nRemonti, no jaunas cenas: 70 %") == seen["offer"]
    assert (EquipmentLogKind.RETIRED, Decimal(3_000), None) == seen["log"][-1]
    assert "equipment.retired" == seen["facts"][-2]


def test_result_is_equal_on_every_store(store: Store) -> None:
    """The observed values are equal on every store."""
    assert run_scenario(MemoryStore()) == run_scenario(store)
