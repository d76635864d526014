"""The report of service counts alike on every store, whatever happened."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, Money, Recurrence, SqlStore
from crmcore.adapters.ids import CountingIds
from crmcore.adapters.wire import dump
from crmcore.domain.customers.customer import Customer
from crmcore.domain.service.parts import EquipmentState
from crmcore.services.ports import Store
from crmcore.services.reports.service import ServiceReport
from tests.adapters.test_stores import empty

MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRODUCTS: Final = ("Boiler", "Pump", "Ūdens skaitītājs")
QUESTIONS: Final = ("Why is it loud?", "Kāpēc tas trokšņo?", "How to pay?")


@define
class Company:
    """A service company in which anything may happen."""

    crm: Crm
    clock: FrozenClock
    chance: random.Random
    customers: list[Customer] = field(init=False)
    equipment: list[Any] = field(factory=list)
    contracts: list[Any] = field(factory=list)
    told: Counter[str] = field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        for name in ("Teodors", "Ulla"):
            self.crm.people.add(name, roles=["service"])
        self.customers = [self.crm.customers.add(name) for name in ("Carla", "Dina")]
        self.crm.knowledge.write("Noise", "It is air: why it is loud", topic="boilers")
        self.install()

    def go_on(self, steps: int) -> ServiceReport:
        """Let some things happen, and report. What is not legal is refused, alike everywhere."""
        ways: tuple[Callable[[], Any], ...] = (
            self.install,
            self.read,
            self.read,
            self.fail,
            self.repair,
            self.retire,
            self.sign,
            self.change_contract,
            self.plan,
            self.visit,
            self.visit,
            self.ask,
        )
        for _ in range(steps):
            self.clock.advance(hours=self.chance.randrange(24 * 20))
            self.crm.run_due()
            way = self.chance.choice(ways)
            try:
                way()
            except CrmError as refusal:
                self.told[refusal.code] += 1
            else:
                self.told[way.__name__] += 1
        return self.crm.reports.service()

    def install(self) -> None:
        """A customer has something new, or old."""
        age = timedelta(days=self.chance.randrange(4_000))
        life = self.chance.choice([None, timedelta(days=self.chance.randint(1, 4_000))])
        piece = self.crm.service.install(
            self.chance.choice(PRODUCTS),
            customer=self.chance.choice(self.customers).id,
            serial=self.chance.choice([None, str(self.chance.randrange(9))]),
            installed_at=self.clock.now() - age,
            expected_life=life,
            meter=self.chance.choice(["", "hours"]),
            expected_total=self.chance.choice([0, 1_000]),
        )
        self.equipment.append(piece.id)

    def read(self) -> None:
        """A meter is read, now and then a new one."""
        self.crm.service.read_meter(self.piece, self.chance.randrange(2_000), replaced=self.chance.random() < 0.2)

    def fail(self) -> None:
        """Something breaks."""
        self.crm.service.report_failure(self.piece, cause=self.chance.choice(["", "pump"]))

    def repair(self) -> None:
        """It works again, for money or without."""
        costs = [None, Money(self.chance.randint(1, 900), "EUR"), Money("0.01", "USD")]
        self.crm.service.repaired(self.piece, cost=self.chance.choice(costs))

    def retire(self) -> None:
        """Something has served its time."""
        if self.chance.random() < 0.3:
            self.crm.service.retire(self.piece)

    def sign(self) -> None:
        """A contract is signed, for a short or for a long time."""
        today = self.clock.now().date()
        contract = self.crm.service.sign(
            "Care",
            customer=self.chance.choice(self.customers).id,
            since=today - timedelta(days=self.chance.randrange(30)),
            until=today + timedelta(days=self.chance.randint(1, 200)),
            visits=self.chance.choice([None, 2]),
            responds_within=self.chance.choice([None, timedelta(hours=4)]),
        )
        self.contracts.append(contract)

    def change_contract(self) -> None:
        """One is renewed, or cancelled."""
        contract = self.chance.choice([*self.contracts, None])
        if contract is None:
            return
        if self.chance.random() < 0.5:
            self.crm.service.renew(contract.id, until=contract.until + timedelta(days=self.chance.randint(1, 400)))
        else:
            self.crm.service.cancel_contract(contract.id)

    def plan(self) -> None:
        """Visits are planned, by the calendar or by the meter, under a contract or without one."""
        by_meter = self.chance.random() < 0.5
        contract = self.chance.choice([None, *self.contracts])
        self.crm.service.plan_maintenance(
            self.piece,
            "Look after {equipment}",
            every=None if by_meter else Recurrence("FREQ=MONTHLY"),
            every_total=300 if by_meter else 0,
            contract=None if contract is None else contract.id,
        )

    def visit(self) -> None:
        """A visit is made, whichever was given."""
        visits = [task for task in self.crm.tasks.list(state="open") if task.kind == "maintenance"]
        if visits:
            self.crm.service.visited(
                self.chance.choice(visits).id,
                reading=self.chance.choice([None, 2_000 + self.chance.randrange(2_000)]),
                cost=self.chance.choice([None, Money(15, "EUR")]),
            )

    def ask(self) -> None:
        """Somebody wants to know something."""
        self.crm.knowledge.ask(self.chance.choice(QUESTIONS))

    @property
    def piece(self) -> Any:
        """Some piece of equipment."""
        return self.chance.choice(self.equipment)


def play(store: Store, seed: int, steps: int) -> tuple[Company, ServiceReport]:
    """Let some seasons of service go by, by chance, and report."""
    clock = FrozenClock(MONDAY)
    company = Company(Crm(store, clock=clock, ids=CountingIds(), zone="Asia/Tashkent"), clock, random.Random(seed))
    return company, company.go_on(steps)


def check(stores: tuple[Store, Store], seed: int, steps: int) -> None:
    """Play the same on two stores, and compare the reports to the letter."""
    (company, report), (other, theirs) = (play(store, seed, steps) for store in stores)
    pieces = [company.crm.service.equipment(id) for id in company.equipment]

    assert company.told == other.told
    assert report == theirs
    assert dump(report, ServiceReport) == dump(theirs, ServiceReport)
    assert report.html() == theirs.html()
    assert sum(line.running for line in report.products) == sum(p.state is EquipmentState.RUNNING for p in pieces)
    assert sum(line.broken for line in report.products) == sum(p.state is EquipmentState.BROKEN for p in pieces)
    assert report.proposed == len(company.crm.service.replacements(limit=1000))


@given(st.integers(), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_every_store_counts_alike(seed: int, steps: int) -> None:
    """Memory and SQL come to the same report, to the letter, and to what the equipment itself says."""
    sql = SqlStore.open("sqlite://")
    check((MemoryStore(), sql), seed, steps)
    sql.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(3))
def test_postgresql_counts_alike(postgresql_url: str, seed: int) -> None:
    """So does a server."""
    store = SqlStore.open(postgresql_url)
    empty(store)
    check((MemoryStore(), store), seed, 60)
    store.close()


def test_everything_happens() -> None:
    """What is played by chance is not refusals alone: everything happens sooner or later, and shows in the report."""
    told: Counter[str] = Counter()
    for seed in range(5):
        company, report = play(MemoryStore(), seed, 120)
        told += company.told

        assert report.products
        assert report.unanswered

    ways = {"install", "read", "fail", "repair", "retire", "sign", "change_contract", "plan", "visit", "ask"}
    assert ways <= set(told)
