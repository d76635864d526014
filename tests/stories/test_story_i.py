"""Story I, the service company: its customers' equipment for a year and a half, on every store alike."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from crmcore import Crm, FrozenClock, MemoryStore, Money, Recorder, Recurrence
from crmcore.adapters.ids import CountingIds
from crmcore.domain.service.parts import LogKind
from crmcore.services.ports import Store

SPRING: Final = datetime(2026, 3, 2, 6, tzinfo=UTC)
HALF_A_YEAR: Final = Recurrence("FREQ=MONTHLY;INTERVAL=6", "Europe/Riga")


class Company:
    """A service company: two technicians, their boss, a customer with two boilers, working hours in Riga."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(SPRING)
        self.post = Recorder()
        self.crm = crm = Crm(
            store, clock=self.clock, ids=CountingIds(), zone="Europe/Riga", notifiers={"email": self.post}
        )
        crm.calendars.create("Mo-Fr 08:00-12:00,13:00-17:00", zone="Europe/Riga")
        self.boss = crm.people.add("Boss", email="boss@example.lv")
        self.teodors = crm.people.add("Teodors", roles=["service"], supervisor=self.boss.id, email="t@example.lv")
        self.ulla = crm.people.add("Ulla", roles=["service"], supervisor=self.boss.id, email="u@example.lv")
        self.carla = crm.customers.add("Carla", phone="+37120000000", language="lv")
        old: Any = {"meter": "hours", "expected_total": 20_000, "expected_life": timedelta(days=3_650)}
        self.old = crm.service.install(
            "Boiler", customer=self.carla.id, serial="1", installed_at=SPRING - timedelta(days=3_000), **old
        )
        self.new = crm.service.install(
            "Boiler", customer=self.carla.id, serial="2", warranty_until=date(2028, 3, 1), **old
        )
        self.care = crm.service.sign(
            "Care",
            customer=self.carla.id,
            covers=[self.old.id],
            since=date(2026, 1, 1),
            until=date(2027, 1, 1),
            responds_within=timedelta(hours=4),
            visits=2,
        )
        self.funnel = crm.funnels.create("Boilers", stages=["Offer", "Sold"])

    def later(self, days: int) -> None:
        """Let days pass; each of them what is due is done, and letters leave."""
        for _ in range(days):
            self.clock.advance(days=1)
            self.crm.run_due()
            self.crm.deliver()


def tell(store: Store) -> dict[str, Any]:
    """Tell the story, and say what came of it."""
    company = Company(store)
    crm = company.crm
    seen: dict[str, Any] = {}

    # Maintenance is planned under the contract, by the calendar and by the meter, whichever comes first.
    crm.service.plan_maintenance(
        company.old.id,
        "Look after {equipment} of {customer}",
        every=HALF_A_YEAR,
        every_total=1_000,
        starts_at=SPRING + timedelta(days=30),
        contract=company.care.id,
    )
    company.later(31)
    (visit,) = crm.tasks.list(customer=company.carla.id, state="open")
    seen["visit"] = (visit.title, visit.assignee == company.teodors.id)
    crm.appointments.book("Boiler", since=company.clock.now() + timedelta(hours=1), attendees=[company.teodors.id])
    visited = crm.service.visited(visit.id, reading=800, cost=Money(20, "EUR"))
    seen["after the visit"] = (visited.plan.next_at, visited.plan.next_total, visited.contract)
    worn = crm.service.read_meter(company.old.id, "1800.5")
    seen["by the meter"] = [task.assignee == company.ulla.id for task in worn.tasks]
    crm.service.visited(worn.tasks[0].id)
    third = crm.service.read_meter(company.old.id, 3_000)
    seen["beyond the contract"] = crm.service.visited(third.tasks[0].id).included

    # A failure: the contract promises four hours. Nobody goes, and the boss hears of it.
    failed = crm.service.report_failure(company.old.id, cause="pump")
    seen["promised"] = (failed.entitlement.rule, failed.task.due_at)
    company.later(1)
    crm.deliver()
    seen["letters"] = sorted({(letter.topic, letter.to) for letter in company.post.letters})
    crm.tasks.complete(failed.task.id, result="New pump")
    crm.service.repaired(company.old.id, cost=Money(400, "EUR"), cause="pump")
    seen["warranty"] = crm.service.entitlement(company.new.id)

    # The contract ends, the boiler has served its time: both are seen before, with the reason.
    company.later(200)
    seen["ending"] = [contract.title for contract in crm.service.contracts(ending_by=date(2027, 3, 1))]
    crm.service.report_failure(company.old.id)
    crm.service.repaired(company.old.id, cost=Money(300, "EUR"))
    company.later(200)
    proposals = crm.service.replacements(prices={"Boiler": Money(1_000, "EUR")})
    seen["replacements"] = [(one.equipment.serial, one.reasons) for one in proposals]
    proposed = crm.service.propose_replacement(company.old.id, funnel=company.funnel.id, price=Money(1_000, "EUR"))
    seen["offer"] = (proposed.deal.stage, proposed.deal.about)
    crm.service.retire(company.old.id)
    company.later(400)
    seen["log"] = [(line.kind, line.total, line.cost) for line in crm.service.log(company.old.id)]
    seen["facts"] = [fact.event.name for fact in crm.feed.read().facts if fact.subject.startswith(("equip", "mainte"))]
    return seen


def test_the_service_company(store: Store) -> None:
    """Equipment is followed, response times are kept or escalated, maintenance comes due, and replacement is proposed in time."""
    seen = tell(store)

    assert ("Look after Boiler of Carla", True) == seen["visit"]
    next_at, next_total, contract = seen["after the visit"]
    assert (datetime(2026, 10, 1, 6, tzinfo=UTC), Decimal(1_800), 1) == (next_at, next_total, contract.visits_made)
    assert ([True], False) == (seen["by the meter"], seen["beyond the contract"])
    assert ("contract", SPRING + timedelta(days=31, hours=4)) == seen["promised"]
    assert ("task.overdue", "boss@example.lv") in seen["letters"]
    assert ("warranty", True) == (seen["warranty"].rule, seen["warranty"].free)
    assert ["Care"] == seen["ending"]
    ((serial, reasons),) = seen["replacements"]
    assert ("1", ["life", "cost"]) == (serial, [reason.rule for reason in reasons])
    assert ("Offer", "Vecums, no paredzamā mūža: 94 %\nRemonti, no jaunas cenas: 70 %") == seen["offer"]
    assert (LogKind.RETIRED, Decimal(3_000), None) == seen["log"][-1]
    assert "equipment.retired" == seen["facts"][-2]


def test_every_store_tells_it_alike(store: Store) -> None:
    """What came of it is the same to the letter on each."""
    assert tell(MemoryStore()) == tell(store)
