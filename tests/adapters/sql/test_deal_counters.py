"""Counters equal the deals after successful, rejected, rolled back and concurrent commands, on every write path."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import QueuePool, create_engine

from crmcore import Crm, CrmError, Deal, Money, SqlStore
from crmcore.adapters.sql.dialects import sqlite
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.adapters.sql.session import change_tracker, projections
from crmcore.adapters.sql.session.projections import DealCounters
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, Eq
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS
from crmcore.domain.sales.deals.parts import LineItem, Outcome
from crmcore.errors import InvalidInputError, StaleVersionError
from crmcore.ports.grouped_counts import GroupedCount
from tests.adapters.test_store_contract import truncate_tables

STAGES = ("First call", "Measurement", "Payment", "Installation")
_TENANT_NUMBERS = count(1)

values = st.one_of(
    st.none(),
    st.builds(
        Money.from_minor_units,
        st.sampled_from([0, 1, -1, 999_999_999, 10**9, -(10**9), MAX_MINOR_UNITS, -MAX_MINOR_UNITS]),
        st.just("EUR"),
    ),
    st.builds(Money.from_minor_units, st.integers(-(10**6), 10**6), st.sampled_from(["EUR", "USD", "UZS"])),
)
stages = st.sampled_from(STAGES)
numbers = st.integers(0, 200)
batch_moves = st.lists(st.tuples(numbers, stages), max_size=5)


class DealCountersMachine(RuleBasedStateMachine):
    """Runs all kinds of commands on deals, and counts the deals after each."""

    url: ClassVar[str] = "sqlite://"
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.store = SqlStore.open(self.url, **self.options)
        self.tenant = f"tenant {next(_TENANT_NUMBERS)}"
        self.crm = Crm(self.store, tenant=self.tenant)
        self.deals: list[Any] = []

    def teardown(self) -> None:
        self.store.close()

    @initialize()
    def create_funnels(self) -> None:
        windows = self.crm.funnels.create("Windows", stages=STAGES)
        doors = self.crm.funnels.create("Doors", stages=STAGES)
        self.funnels = [windows.id, doors.id]
        self.keys = [stage.key for stage in windows.stages]
        self.customer_id = self.crm.customers.create("Anna").id
        self.users = [self.crm.users.create(name).id for name in ("Bruno", "Celia")]

    def deal(self, number: int) -> Any:
        return self.deals[number % len(self.deals)] if self.deals else "deal_00000000000070008000000000000009"

    @rule(number=numbers, worth=values, stage=stages)
    def open_deal(self, number: int, worth: Any, stage: str) -> None:
        with suppress(CrmError):
            move_result = self.crm.deals.open(
                "Deal", customer_id=self.customer_id, funnel_id=self.funnels[number % 2], value=worth, stage_key=stage
            )
            self.deals.append(move_result.deal.id)

    @rule(number=numbers, worth=values)
    def capture_lead(self, number: int, worth: Any) -> None:
        capture_result = self.crm.leads.capture(f"Lead {number}", funnel_id=self.funnels[number % 2], value=worth)
        self.deals.append(capture_result.deal.id)

    @rule(number=numbers, stage=stages)
    def move_deal(self, number: int, stage: str) -> None:
        with suppress(CrmError):
            self.crm.deals.move(self.deal(number), stage_key=stage)

    @rule(number=numbers, how=st.sampled_from(["win", "lose", "reopen", "update", "set_probability", "change_owner"]))
    def change_outcome(self, number: int, how: str) -> None:
        deals, deal = self.crm.deals, self.deal(number)
        commands: dict[str, Callable[[], Any]] = {
            "win": lambda: deals.win(deal),
            "lose": lambda: deals.lose(deal, reason="too dear"),
            "reopen": lambda: deals.reopen(deal),
            "update": lambda: deals.update(deal, title=f"Deal {number}"),
            "set_probability": lambda: deals.set_probability(deal, 50),
            "change_owner": lambda: deals.change_owner(deal, owner_id=self.users[number % 2]),
        }
        with suppress(CrmError):
            commands[how]()

    @rule(number=numbers, worth=values, quantity=st.integers(1, 3))
    def set_value(self, number: int, worth: Any, quantity: int) -> None:
        lines = (
            [LineItem("Window", Decimal(quantity), worth)]
            if worth and quantity > 1 and abs(worth.minor) < 10**9
            else None
        )
        with suppress(CrmError):
            self.crm.deals.set_value(self.deal(number), worth, lines=lines)

    @rule(number=numbers, worth=values)
    def save_record_read_in_other_transaction(self, number: int, worth: Any) -> None:
        """Nothing of the deal is read in the transaction that saves it."""
        with suppress(CrmError):
            seen = self.crm.deals.get(self.deal(number))
            with self.begin() as transaction:
                transaction.save(seen.set_value(worth, at=seen.last_activity_at))
                transaction.commit()

    @rule(number=numbers, stage=stages, worth=values)
    def save_stale_version(self, number: int, stage: str, worth: Any) -> None:
        """A command that fails with a version conflict changes no counter."""
        with suppress(CrmError):
            seen = self.crm.deals.get(self.deal(number))
            self.crm.deals.update(seen.id, title=f"Faster {next(_TENANT_NUMBERS)}")
            self.crm.deals.move(seen.id, stage_key=stage)
            for reads in (False, True):
                with suppress(StaleVersionError), self.begin() as transaction:
                    if reads:
                        transaction.get(Deal, seen.id)
                    transaction.save(seen.set_value(worth, at=seen.last_activity_at))
                    transaction.commit()

    @rule(number=numbers, worth=values, reads=st.booleans())
    def delete_deal(self, number: int, worth: Any, *, reads: bool) -> None:
        """A deal goes; the transaction has read it or not, and what it is given need not be what is stored."""
        with suppress(CrmError):
            seen = self.crm.deals.get(self.deal(number))
            with self.begin() as transaction:
                if reads:
                    transaction.get(Deal, seen.id)
                transaction.delete(copy_with(seen, value=worth))
                transaction.commit()
            self.deals.remove(seen.id)

    @rule(number=numbers, stage=stages, fails=st.booleans())
    def flush_before_commit(self, number: int, stage: str, *, fails: bool) -> None:
        """What waits is sent before the end, the deal changes again, and the whole may be left."""
        with suppress(CrmError), self.begin() as transaction:
            self.write_twice(transaction, number, stage)
            if not fails:
                transaction.commit()

    @rule(moves=batch_moves, fails=st.booleans(), worth=values)
    def execute_batch(self, moves: Any, *, fails: bool, worth: Any) -> None:
        """The board is correct when commands of a batch fail before and after a flush, and when the batch fails."""
        with suppress(CrmError, ZeroDivisionError), self.crm.batch():
            for number, stage in moves:
                with suppress(CrmError):
                    self.crm.deals.move(self.deal(number), stage_key=stage)
                with suppress(CrmError), self.begin_in_batch() as transaction:
                    self.write_twice(transaction, number, stage)
                    if number % 2:
                        transaction.commit()
                self.crm.leads.capture("Lead", funnel_id=self.funnels[0], value=worth)
                self.compare_boards()
            assert not fails or 1 / 0
        self.deals = [deal.id for deal in self.crm.deals.list(limit=1000)]

    @rule(
        rows=st.lists(st.tuples(numbers, stages, values), max_size=8),
        chunk=st.sampled_from([3, 100]),
        many=st.booleans(),
    )
    def upsert_deals(self, rows: Any, chunk: int, *, many: bool) -> None:
        """New deals and known ones come in bulk, some refused, and sometimes so many that they travel by COPY."""
        given = [
            {"key": str(n), "customer_id": self.customer_id, "title": "Deal", "stage_key": s, "value": w}
            for n, s, w in rows
        ]
        given += [{"key": "", "customer_id": self.customer_id, "title": ""}]
        given += [
            {"key": f"many {n}", "customer_id": self.customer_id, "title": "Deal", "value": Money(n, "EUR")}
            for n in range(70)
        ] * many
        list(self.crm.deals.upsert_many(given, system="erp", funnel_id=self.funnels[0], chunk_size=chunk))
        list(self.crm.deals.move_many([(self.deal(n), stage) for n, stage, _ in rows], chunk_size=chunk))

    @invariant()
    def counters_equal_deals(self) -> None:
        if hasattr(self, "users"):
            assert [] == self.store.verify_counters(tenant=self.tenant, repair=False)
            self.compare_boards()

    def write_twice(self, transaction: Any, number: int, stage: str) -> None:
        deal = transaction.get(Deal, self.deal(number))
        if deal is None:
            return
        deal = transaction.save(deal.set_value(Money(number, "EUR"), at=deal.last_activity_at))
        transaction.count(Deal)
        index = STAGES.index(stage)
        transaction.save(copy_with(deal, stage_key=self.keys[index], stage_index=index))

    def begin(self) -> Any:
        return self.store.begin(self.crm._environment.context, id_generator=self.crm._environment.id_generator)

    def begin_in_batch(self) -> Any:
        from crmcore.services.batches import current_batch

        batch = current_batch(self.store)
        assert batch is not None
        return batch.begin(self.crm._environment.context, id_generator=self.crm._environment.id_generator)

    def compare_boards(self) -> None:
        """What the board says is what counting one by one says."""
        for funnel_id in self.funnels:
            grouped_count = board_count(funnel_id)
            assert funnel_id == DealCounters.matching_funnel_id(grouped_count)
            self.crm._environment.execute(
                "compare", partial(assert_count_equals_records, grouped_count), read_only=True
            )


def assert_count_equals_records(grouped_count: GroupedCount, uow: Any) -> None:
    """An answer is that of counting one by one, to the letter."""
    transaction = uow._transaction
    assert sorted(map(repr, grouped_count.evaluate(transaction))) == sorted(
        map(repr, transaction.execute_query(grouped_count))
    )


def board_count(
    funnel: str, *more: Criterion, by: Any = ("stage_index", "total.currency"), sums: Any = ("total.minor",)
) -> GroupedCount:
    """What a board asks."""
    where = Eq("funnel_id", funnel) & Eq("outcome", Outcome.OPEN)
    for criterion in more:
        where = criterion & where
    return GroupedCount(entity_type=Deal, where=where, group_by=by, sum_of=sums)


def machine_settings(runs: int) -> settings:
    """So many runs, the same each time."""
    return settings(
        max_examples=runs,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.timeout(600)
def test_counters_equal_deals_on_sqlite() -> None:
    """Counters and boards equal the deals after every step of random commands."""
    run_state_machine_as_test(DealCountersMachine, settings=machine_settings(40))


@pytest.mark.postgresql
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "how",
    [{}, {"pipeline": True}, {"isolation_level": "REPEATABLE READ"}],
    ids=["postgresql", "pipelined", "repeatable read"],
)
def test_counters_equal_deals_on_postgresql(postgresql_url: str, how: dict[str, Any]) -> None:
    """The same by COPY, in pipelines, and where each transaction has slots of its own."""
    truncate_tables(SqlStore.open(postgresql_url))

    class OnPostgresql(DealCountersMachine):
        url = postgresql_url

    OnPostgresql.options = {**how, "create": False}
    run_state_machine_as_test(OnPostgresql, settings=machine_settings(8))


@pytest.mark.mariadb
@pytest.mark.timeout(600)
def test_counters_equal_deals_on_mariadb(mariadb_url: str) -> None:
    """The same, where a counter is added to in other words."""
    truncate_tables(SqlStore.open(mariadb_url))

    class OnMariadb(DealCountersMachine):
        url = mariadb_url
        options: ClassVar[dict[str, Any]] = {"create": False}

    run_state_machine_as_test(OnMariadb, settings=machine_settings(6))


def _ignores_value_change(self: DealCounters, changes: Any, before: Any, after: Any) -> None:
    if before is None or after is None or (before.stage_index, before.outcome) != (after.stage_index, after.outcome):
        _ORIGINAL_RECORD_CHANGE(changes, before, after)


def _uses_given_record(self: DealCounters, changes: Any, before: Any, after: Any) -> None:
    _ORIGINAL_RECORD_CHANGE(changes, before if after else None, after)


def _ignores_pending_writes(self: DealCounters, *given: Any) -> Any:
    return _ORIGINAL_EVALUATE(self, *given[:-1], ())


def _truncates_large_sums(minor: int, by: int) -> tuple[int, int]:
    return 0, minor % by


def _skips_unread_records(*_: Any) -> None:
    return None


_ORIGINAL_EVALUATE: Any = DealCounters.evaluate
_ORIGINAL_RECORD_CHANGE: Any = DealCounters.record_change
BUGS: dict[str, tuple[Any, str, Any]] = {
    "a deal that is worth more stays as it was counted": (DealCounters, "record_change", _ignores_value_change),
    "a removed deal stays counted": (DealCounters, "record_change", _uses_given_record),
    "an unread record is not looked up": (change_tracker, "_load_current", _skips_unread_records),
    "the board_and_overview does not know what waits": (DealCounters, "evaluate", _ignores_pending_writes),
    "billions are lost": (projections, "divmod", _truncates_large_sums),
}


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests fail if any of the ways in which counters change is left out."""
    place, name, planted = BUGS[bug]
    monkeypatch.setattr(place, name, planted, raising=False)

    class Planted(DealCountersMachine):
        pass

    with pytest.raises(Exception, match=r".+"):
        run_state_machine_as_test(Planted, settings=machine_settings(200))


class TestGroupedCounts:
    @pytest.mark.parametrize(
        "grouped_count",
        [
            board_count("funnel_1", Eq("owner_id", None)),
            board_count("funnel_1", Eq("funnel_id", "funnel_2")),
            board_count("funnel_1", by=("stage_index", "owner_id")),
            board_count("funnel_1", sums=("movement_count",)),
            GroupedCount(
                entity_type=Deal,
                where=Eq("funnel_id", "funnel_1") & Eq("outcome", Outcome.WON),
                group_by=("stage_index",),
            ),
            GroupedCount(
                entity_type=Deal,
                where=Eq("funnel_id", "funnel_1") | Eq("outcome", Outcome.OPEN),
                group_by=("stage_index",),
            ),
            GroupedCount(entity_type=Deal, where=Eq("funnel_id", "funnel_1"), group_by=("stage_index",)),
            GroupedCount(
                entity_type=Deal,
                where=~(Eq("funnel_id", "funnel_1") & Eq("outcome", Outcome.OPEN)),
                group_by=("stage_index",),
            ),
            GroupedCount(
                entity_type=Deal, where=Eq("funnel_id", None) & Eq("outcome", Outcome.OPEN), group_by=("stage_index",)
            ),
            GroupedCount(
                entity_type=Deal,
                where=board_count("funnel_1").where,
                group_by=("stage_index",),
                count_distinct="customer_id",
            ),
            GroupedCount(
                entity_type=Deal, where=board_count("funnel_1").where, over_entries=True, group_by=("stage_index",)
            ),
        ],
    )
    def test_other_grouped_count_falls_back_to_records(self, grouped_count: GroupedCount) -> None:
        """A question that the counters do not hold the whole answer to is none of theirs."""
        assert DealCounters.matching_funnel_id(grouped_count) is None

    @pytest.mark.parametrize("by", [(), ("stage_index",), ("total.currency",), ("total.currency", "stage_index")])
    @pytest.mark.parametrize("sums", [(), ("total.minor",)])
    def test_every_grouping_equals_record_by_record_count(self, by: Any, sums: Any) -> None:
        """However a funnel's open deals are grouped, and whatever is claimed twice over, it is the count one by one."""
        machine = DealCountersMachine()
        machine.create_funnels()
        for number in range(12):
            worth = Money(number, "EUR" if number % 3 else "USD") if number % 4 else None
            machine.open_deal(0, worth, STAGES[number % 3])
        grouped_count = board_count(machine.funnels[0], MATCH_ALL, by=by, sums=sums)

        assert DealCounters.matching_funnel_id(grouped_count)
        machine.crm._environment.execute("compare", partial(assert_count_equals_records, grouped_count), read_only=True)
        machine.teardown()


def _capture_three_leads(crm: Crm) -> tuple[Crm, Any]:
    sales = crm.funnels.create("Windows", stages=STAGES)
    for number in range(3):
        crm.leads.capture("Lead", funnel_id=sales.id, value=Money(10**7 + number, "EUR") if number else None)
    return crm, sales


class TestCounterAudit:
    @pytest.fixture
    def crm(self, database_url: str) -> Iterator[Crm]:
        """Two tenants whose deals were changed by a script."""
        crm = Crm.open(database_url)
        yield crm
        crm.close()

    def test_audit_finds_and_repairs_mismatches(self, crm: Crm) -> None:
        """An audit of one or all tenants reports the changes of a script, and repairs the board."""
        store: Any = crm._environment.store
        tenant_crm, sales = _capture_three_leads(Crm(store, tenant="anna"))
        tenant_crm, sales = _capture_three_leads(Crm(store, tenant="berta"))
        before = tenant_crm.deals.board(sales.id)
        with store.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE crm_deals SET stage_index = 1 WHERE total_minor IS NOT NULL")
        looked = store.verify_counters(tenant="berta", repair=False)
        as_looked = tenant_crm.deals.board(sales.id, cards_per_stage=0)
        mended = store.verify_counters()
        after = tenant_crm.deals.board(sales.id, cards_per_stage=0)

        assert [("berta", 0, (2, 2 * 10**9 + 300), (0, 0)), ("berta", 1, (0, 0), (2, 2 * 10**9 + 300))] == [
            (one.tenant, one.stage_index, one.stored, one.actual) for one in looked
        ]
        assert {("anna", "EUR"), ("berta", "EUR")} == {(one.tenant, one.currency) for one in mended}
        assert looked == [one for one in mended if one.tenant == "berta"]
        assert [c.count for c in before.columns] == [c.count for c in as_looked.columns] == [3, 0, 0, 0]
        assert [c.count for c in after.columns] == [1, 2, 0, 0]
        assert [] == store.verify_counters()

    def test_audit_of_joined_store_is_rejected(self) -> None:
        """It would commit what is the host's."""
        engine = sqlite.prepare(create_engine("sqlite://"))
        with engine.begin() as connection, pytest.raises(InvalidInputError, match="joined"):
            SqlStore(connection).verify_counters()

    def test_database_without_upsert_uses_no_counters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """There every board is counted, no counter is written, and there is none to mend."""
        monkeypatch.setattr(projections, "UPSERT_DIALECTS", {})
        store = SqlStore(
            sqlite.prepare(create_engine("sqlite://", poolclass=QueuePool, pool_size=1)), schema=make_schema()
        )
        store.create_tables()
        crm = Crm(store)
        sales = crm.funnels.create("Windows", stages=STAGES)
        crm.leads.capture("Lead", funnel_id=sales.id, value=Money(5, "EUR"))

        assert (1, 0) == (crm.deals.board(sales.id).count, counter_rows(store))
        with pytest.raises(InvalidInputError, match="sqlite"):
            store.verify_counters()
        store.close()

    @pytest.mark.postgresql
    def test_repeatable_read_shards_are_compacted_by_audit(self, postgresql_url: str) -> None:
        """Under REPEATABLE READ each command adds a counter row; an audit merges them."""
        store = SqlStore(make_engine(postgresql_url, isolation_level="REPEATABLE READ"))
        store.create_tables()
        truncate_tables(store)
        crm = Crm(store)
        sales = crm.funnels.create("Windows", stages=STAGES)
        for _ in range(20):
            crm.leads.capture("Lead", funnel_id=sales.id, value=Money(MAX_MINOR_UNITS // 10**4, "EUR"))
        before, rows = crm.deals.board(sales.id), counter_rows(store)
        store.verify_counters()

        assert (20, True) == (rows, counter_rows(store) <= projections.SHARDS)
        assert before == crm.deals.board(sales.id)
        assert [] == store.verify_counters()
        store.close()


def counter_rows(store: SqlStore) -> int:
    """How many rows the counters have."""
    with store.engine.begin() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM crm_deal_counts").scalar() or 0)


def _run_worker(url: str, funnel: Any, customer: Any, shared: Any, worker: int, level: str) -> None:
    """Take deals in, move them, close some, and step on others' toes."""
    store = SqlStore(make_engine(url, isolation_level=level))
    crm = Crm(store, max_attempts=50)
    for number in range(25):
        deal_id = crm.deals.open("Deal", customer_id=customer, funnel_id=funnel, value=Money(number, "EUR")).deal.id
        crm.deals.move(deal_id, stage_key=STAGES[1 + number % 2])
        with suppress(CrmError):
            crm.deals.move(shared[number % 3], stage_key=STAGES[(number + worker) % 3])
        if number % 5 == worker:
            crm.deals.lose(deal_id, reason="too dear")
    store.close()


@pytest.mark.parametrize(
    ("server", "level"),
    [
        pytest.param("postgresql_url", "READ COMMITTED", marks=pytest.mark.postgresql),
        pytest.param("postgresql_url", "REPEATABLE READ", marks=pytest.mark.postgresql),
        pytest.param("postgresql_url", "SERIALIZABLE", marks=pytest.mark.postgresql),
        pytest.param("mariadb_url", "READ COMMITTED", marks=pytest.mark.mariadb),
    ],
)
def test_concurrent_processes_keep_counters_correct(request: pytest.FixtureRequest, server: str, level: str) -> None:
    """Four processes write to one funnel while an audit runs: no change is lost or counted twice."""
    url = request.getfixturevalue(server)
    store = SqlStore.open(url)
    truncate_tables(store)
    crm = Crm(store)
    sales, customer = crm.funnels.create("Windows", stages=STAGES), crm.customers.create("Anna")
    shared = [crm.deals.open("Deal", customer_id=customer.id, funnel_id=sales.id).deal.id for _ in range(3)]
    given = [(url, sales.id, customer.id, shared, worker, level) for worker in range(4)]
    many = multiprocessing.get_context("spawn")
    processes = [many.Process(target=_run_worker, args=one) for one in given]
    for process in processes:
        process.start()
    wrong: list[Any] = []
    while any(process.is_alive() for process in processes):
        wrong += store.verify_counters()
    for process in processes:
        process.join()

    assert [0] * 4 == [process.exitcode for process in processes]
    assert [] == wrong + list(store.verify_counters())
    assert 103 - 20 == crm.deals.board(sales.id).count
    store.close()
