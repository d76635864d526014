"""The field service report is equal on every store after random commands."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import define, field
from hypothesis import given, settings, strategies as st

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, Money, Recurrence, SqlStore
from crmcore.adapters.ids import SequentialIds
from crmcore.adapters.wire import dump
from crmcore.domain.customers.customer import Customer
from crmcore.domain.service.field_service.parts import EquipmentState
from crmcore.ports import Store
from crmcore.services.reports.field_service import FieldServiceReport
from tests.adapters.test_store_contract import truncate_tables

MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRODUCTS: Final = ("Boiler", "Pump", "Ūdens skaitītājs")
QUESTIONS: Final = ("Why is it loud?", "Kāpēc tas trokšņo?", "How to pay?")


@define
class RandomServiceCompany:
    """A service company with random commands."""

    crm: Crm
    clock: FrozenClock
    rng: random.Random
    customers: list[Customer] = field(init=False)
    equipment: list[Any] = field(factory=list)
    contracts: list[Any] = field(factory=list)
    executed: Counter[str] = field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        for name in ("Teodors", "Ulla"):
            self.crm.users.create(name, roles=["service"])
        self.customers = [self.crm.customers.create(name) for name in ("Carla", "Dina")]
        self.crm.knowledge.create("Noise", "It is air: why it is loud", topic="boilers")
        self.install_equipment()

    def execute_random_commands(self, steps: int) -> FieldServiceReport:
        """Execute random commands, and return the report; rejections are equal too."""
        ways: tuple[Callable[[], Any], ...] = (
            self.install_equipment,
            self.read_meter,
            self.read_meter,
            self.report_failure,
            self.complete_repair,
            self.retire_equipment,
            self.create_contract,
            self.change_contract,
            self.plan_maintenance,
            self.complete_visit,
            self.complete_visit,
            self.ask_question,
        )
        for _ in range(steps):
            self.clock.advance(hours=self.rng.randrange(24 * 20))
            self.crm.run_due_jobs()
            way = self.rng.choice(ways)
            try:
                way()
            except CrmError as error:
                self.executed[error.code] += 1
            else:
                self.executed[way.__name__] += 1
        return self.crm.reports.field_service()

    def install_equipment(self) -> None:
        """Install new or old equipment."""
        age = timedelta(days=self.rng.randrange(4_000))
        life = self.rng.choice([None, timedelta(days=self.rng.randint(1, 4_000))])
        piece = self.crm.field_service.install_equipment(
            self.rng.choice(PRODUCTS),
            customer_id=self.rng.choice(self.customers).id,
            serial=self.rng.choice([None, str(self.rng.randrange(9))]),
            installed_at=self.clock.now() - age,
            expected_life=life,
            meter=self.rng.choice(["", "hours"]),
            expected_total=self.rng.choice([0, 1_000]),
        )
        self.equipment.append(piece.id)

    def read_meter(self) -> None:
        """Read a meter, sometimes a new one."""
        self.crm.field_service.read_meter(
            self.random_equipment, self.rng.randrange(2_000), is_new_meter=self.rng.random() < 0.2
        )

    def report_failure(self) -> None:
        """Report a failure."""
        self.crm.field_service.report_failure(self.random_equipment, cause=self.rng.choice(["", "pump"]))

    def complete_repair(self) -> None:
        """Complete a repair, with or without cost."""
        costs = [None, Money(self.rng.randint(1, 900), "EUR"), Money("0.01", "USD")]
        self.crm.field_service.complete_repair(self.random_equipment, cost=self.rng.choice(costs))

    def retire_equipment(self) -> None:
        """Retire equipment."""
        if self.rng.random() < 0.3:
            self.crm.field_service.retire_equipment(self.random_equipment)

    def create_contract(self) -> None:
        """Create a short or a long contract."""
        today = self.clock.now().date()
        contract = self.crm.field_service.create_contract(
            "Care",
            customer_id=self.rng.choice(self.customers).id,
            since=today - timedelta(days=self.rng.randrange(30)),
            until=today + timedelta(days=self.rng.randint(1, 200)),
            visits=self.rng.choice([None, 2]),
            responds_within=self.rng.choice([None, timedelta(hours=4)]),
        )
        self.contracts.append(contract)

    def change_contract(self) -> None:
        """Renew or cancel a contract."""
        contract = self.rng.choice([*self.contracts, None])
        if contract is None:
            return
        if self.rng.random() < 0.5:
            self.crm.field_service.renew_contract(
                contract.id, until=contract.until + timedelta(days=self.rng.randint(1, 400))
            )
        else:
            self.crm.field_service.cancel_contract(contract.id)

    def plan_maintenance(self) -> None:
        """Plan visits by calendar or meter, with or without a contract."""
        by_meter = self.rng.random() < 0.5
        contract = self.rng.choice([None, *self.contracts])
        self.crm.field_service.plan_maintenance(
            self.random_equipment,
            "Look after {equipment}",
            every=None if by_meter else Recurrence("FREQ=MONTHLY"),
            every_total=300 if by_meter else 0,
            contract_id=None if contract is None else contract.id,
        )

    def complete_visit(self) -> None:
        """Complete a planned visit."""
        visits = [task for task in self.crm.tasks.list(state="open") if task.kind == "maintenance"]
        if visits:
            self.crm.field_service.complete_visit(
                self.rng.choice(visits).id,
                reading=self.rng.choice([None, 2_000 + self.rng.randrange(2_000)]),
                cost=self.rng.choice([None, Money(15, "EUR")]),
            )

    def ask_question(self) -> None:
        """Search for an answer."""
        self.crm.knowledge.search_or_log_gap(self.rng.choice(QUESTIONS))

    @property
    def random_equipment(self) -> Any:
        """Choose a piece of equipment."""
        return self.rng.choice(self.equipment)


def report_after_random_commands(
    store: Store, seed: int, steps: int
) -> tuple[RandomServiceCompany, FieldServiceReport]:
    """Simulate some random seasons, and return the report."""
    clock = FrozenClock(MONDAY)
    company = RandomServiceCompany(
        Crm(store, clock=clock, id_generator=SequentialIds(), time_zone="Asia/Tashkent"), clock, random.Random(seed)
    )
    return company, company.execute_random_commands(steps)


def compare_reports(stores: tuple[Store, Store], seed: int, steps: int) -> None:
    """Run the same commands on two stores, and compare the reports."""
    (company, report), (other, theirs) = (report_after_random_commands(store, seed, steps) for store in stores)
    pieces = [company.crm.field_service.get_equipment(id) for id in company.equipment]

    assert company.executed == other.executed
    assert report == theirs
    assert dump(report, FieldServiceReport) == dump(theirs, FieldServiceReport)
    assert report.html() == theirs.html()
    assert sum(line.running for line in report.products) == sum(p.state is EquipmentState.RUNNING for p in pieces)
    assert sum(line.broken for line in report.products) == sum(p.state is EquipmentState.BROKEN for p in pieces)
    assert report.replacement_count == len(company.crm.field_service.list_replacement_candidates(limit=1000))


@given(st.integers(), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_field_service_report_is_equal_on_every_store(seed: int, steps: int) -> None:
    """Memory and SQL give the same report, which agrees with the equipment."""
    sql = SqlStore.open("sqlite://")
    compare_reports((MemoryStore(), sql), seed, steps)
    sql.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(3))
def test_field_service_report_is_equal_on_postgresql(postgresql_url: str, seed: int) -> None:
    """PostgreSQL gives the same report."""
    store = SqlStore.open(postgresql_url)
    truncate_tables(store)
    compare_reports((MemoryStore(), store), seed, 60)
    store.close()


def test_every_random_command_succeeds_at_least_once() -> None:
    """Every random command succeeds at least once, and shows in the report."""
    executed: Counter[str] = Counter()
    for seed in range(5):
        company, report = report_after_random_commands(MemoryStore(), seed, 120)
        executed += company.executed

        assert report.products
        assert report.gap_count

    command_names = {
        "install_equipment",
        "read_meter",
        "report_failure",
        "complete_repair",
        "retire_equipment",
        "create_contract",
        "change_contract",
        "plan_maintenance",
        "complete_visit",
        "ask_question",
    }
    assert command_names <= set(executed)
