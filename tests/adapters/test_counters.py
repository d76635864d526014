"""The counters say what there is, whatever was told, refused, undone or done at once, and by whatever way it was written."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import QueuePool, create_engine

from crmcore import Crm, CrmError, Deal, Money, SqlStore
from crmcore.adapters.sql import counters, ledger, sqlite
from crmcore.adapters.sql.counters import Counters, funnel_of
from crmcore.adapters.sql.store import make_engine
from crmcore.adapters.sql.tables import make_schema
from crmcore.domain.criteria import EVERYTHING, Criterion, Is
from crmcore.domain.deals.parts import LineItem, Outcome
from crmcore.domain.kernel import changed
from crmcore.domain.values.money import LARGEST
from crmcore.errors import InvalidInput, StaleVersion
from crmcore.services.tally import Tally
from tests.adapters.test_stores import empty

STAGES = ("First call", "Measurement", "Payment", "Installation")
_NUMBER = count(1)

worths = st.one_of(
    st.none(),
    st.builds(
        Money.of_minor, st.sampled_from([0, 1, -1, 999_999_999, 10**9, -(10**9), LARGEST, -LARGEST]), st.just("EUR")
    ),
    st.builds(Money.of_minor, st.integers(-(10**6), 10**6), st.sampled_from(["EUR", "USD", "UZS"])),
)
stages = st.sampled_from(STAGES)
numbers = st.integers(0, 200)
batches = st.lists(st.tuples(numbers, stages), max_size=5)


class CountersMachine(RuleBasedStateMachine):
    """Tells all kinds of stories of deals, and counts again after each."""

    url: ClassVar[str] = "sqlite://"
    how: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.store = SqlStore.open(self.url, **self.how)
        self.tenant = f"tenant {next(_NUMBER)}"
        self.crm = Crm(self.store, tenant=self.tenant)
        self.deals: list[Any] = []

    def teardown(self) -> None:
        self.store.close()

    @initialize()
    def furnish(self) -> None:
        windows = self.crm.funnels.create("Windows", stages=STAGES)
        doors = self.crm.funnels.create("Doors", stages=STAGES)
        self.funnels = [windows.id, doors.id]
        self.keys = [stage.key for stage in windows.stages]
        self.customer = self.crm.customers.add("Anna").id
        self.users = [self.crm.people.add(name).id for name in ("Bruno", "Celia")]

    def deal(self, number: int) -> Any:
        return self.deals[number % len(self.deals)] if self.deals else "deal_00000000000070008000000000000009"

    @rule(number=numbers, worth=worths, stage=stages)
    def opens(self, number: int, worth: Any, stage: str) -> None:
        with suppress(CrmError):
            told = self.crm.deals.open(
                "Deal", customer=self.customer, funnel=self.funnels[number % 2], value=worth, stage=stage
            )
            self.deals.append(told.deal.id)

    @rule(number=numbers, worth=worths)
    def captures(self, number: int, worth: Any) -> None:
        told = self.crm.leads.capture(f"Lead {number}", funnel=self.funnels[number % 2], value=worth)
        self.deals.append(told.deal.id)

    @rule(number=numbers, stage=stages)
    def moves(self, number: int, stage: str) -> None:
        with suppress(CrmError):
            self.crm.deals.move(self.deal(number), to=stage)

    @rule(number=numbers, how=st.sampled_from(["win", "lose", "reopen", "describe", "estimate", "hand over"]))
    def lives(self, number: int, how: str) -> None:
        deals, deal = self.crm.deals, self.deal(number)
        stories: dict[str, Callable[[], Any]] = {
            "win": lambda: deals.win(deal),
            "lose": lambda: deals.lose(deal, reason="too dear"),
            "reopen": lambda: deals.reopen(deal),
            "describe": lambda: deals.describe(deal, title=f"Deal {number}"),
            "estimate": lambda: deals.estimate(deal, 50),
            "hand over": lambda: deals.hand_over(deal, to=self.users[number % 2]),
        }
        with suppress(CrmError):
            stories[how]()

    @rule(number=numbers, worth=worths, quantity=st.integers(1, 3))
    def revalues(self, number: int, worth: Any, quantity: int) -> None:
        lines = (
            [LineItem("Window", Decimal(quantity), worth)]
            if worth and quantity > 1 and abs(worth.minor) < 10**9
            else None
        )
        with suppress(CrmError):
            self.crm.deals.revalue(self.deal(number), worth, lines=lines)

    @rule(number=numbers, worth=worths)
    def saves_what_another_transaction_read(self, number: int, worth: Any) -> None:
        """Nothing of the deal is read in the transaction that saves it."""
        with suppress(CrmError):
            seen = self.crm.deals.get(self.deal(number))
            with self.begin() as transaction:
                transaction.save(seen.revalue(worth, at=seen.touched_at))
                transaction.commit()

    @rule(number=numbers, stage=stages, worth=worths)
    def is_stale(self, number: int, stage: str, worth: Any) -> None:
        """Somebody else was faster: whoever is refused has counted nothing."""
        with suppress(CrmError):
            seen = self.crm.deals.get(self.deal(number))
            self.crm.deals.describe(seen.id, title=f"Faster {next(_NUMBER)}")
            self.crm.deals.move(seen.id, to=stage)
            for reads in (False, True):
                with suppress(StaleVersion), self.begin() as transaction:
                    if reads:
                        transaction.get(Deal, seen.id)
                    transaction.save(seen.revalue(worth, at=seen.touched_at))
                    transaction.commit()

    @rule(number=numbers, worth=worths, reads=st.booleans())
    def removes(self, number: int, worth: Any, *, reads: bool) -> None:
        """A deal goes; the transaction has read it or not, and what it is given need not be what is stored."""
        with suppress(CrmError):
            seen = self.crm.deals.get(self.deal(number))
            with self.begin() as transaction:
                if reads:
                    transaction.get(Deal, seen.id)
                transaction.remove(changed(seen, value=worth))
                transaction.commit()
            self.deals.remove(seen.id)

    @rule(number=numbers, stage=stages, fails=st.booleans())
    def writes_in_its_middle(self, number: int, stage: str, *, fails: bool) -> None:
        """What waits is sent before the end, the deal changes again, and the whole may be left."""
        with suppress(CrmError), self.begin() as transaction:
            self.write_twice(transaction, number, stage)
            if not fails:
                transaction.commit()

    @rule(told=batches, fails=st.booleans(), worth=worths)
    def tells_a_batch(self, told: Any, *, fails: bool, worth: Any) -> None:
        """Stories of a batch fail before and after they have written; the board is right all along; the batch itself may fail."""
        with suppress(CrmError, ZeroDivisionError), self.crm.batch():
            for number, stage in told:
                with suppress(CrmError):
                    self.crm.deals.move(self.deal(number), to=stage)
                with suppress(CrmError), self.begin_in_batch() as story:
                    self.write_twice(story, number, stage)
                    if number % 2:
                        story.commit()
                self.crm.leads.capture("Lead", funnel=self.funnels[0], value=worth)
                self.compare_boards()
            assert not fails or 1 / 0
        self.deals = [deal.id for deal in self.crm.deals.list(limit=1000)]

    @rule(
        rows=st.lists(st.tuples(numbers, stages, worths), max_size=8),
        chunk=st.sampled_from([3, 100]),
        many=st.booleans(),
    )
    def imports(self, rows: Any, chunk: int, *, many: bool) -> None:
        """New deals and known ones come in bulk, some refused, and sometimes so many that they travel by COPY."""
        given = [
            {"key": str(n), "customer": self.customer, "title": "Deal", "stage": s, "value": w} for n, s, w in rows
        ]
        given += [{"key": "", "customer": self.customer, "title": ""}]
        given += [
            {"key": f"many {n}", "customer": self.customer, "title": "Deal", "value": Money(n, "EUR")}
            for n in range(70)
        ] * many
        list(self.crm.deals.upsert_many(given, system="erp", funnel=self.funnels[0], chunk=chunk))
        list(self.crm.deals.move_many([(self.deal(n), stage) for n, stage, _ in rows], chunk=chunk))

    @invariant()
    def says_what_there_is(self) -> None:
        if hasattr(self, "users"):
            assert [] == self.store.recount(tenant=self.tenant, repair=False)
            self.compare_boards()

    def write_twice(self, transaction: Any, number: int, stage: str) -> None:
        deal = transaction.get(Deal, self.deal(number))
        if deal is None:
            return
        deal = transaction.save(deal.revalue(Money(number, "EUR"), at=deal.touched_at))
        transaction.count(Deal)
        place = STAGES.index(stage)
        transaction.save(changed(deal, stage=self.keys[place], place=place))

    def begin(self) -> Any:
        return self.store.begin(self.crm.house.context, ids=self.crm.house.ids)

    def begin_in_batch(self) -> Any:
        from crmcore.services.batches import open_batch

        batch = open_batch(self.store)
        assert batch is not None
        return batch.begin(self.crm.house.context, ids=self.crm.house.ids)

    def compare_boards(self) -> None:
        """What the board says is what counting one by one says."""
        for funnel in self.funnels:
            tally = of(funnel)
            assert funnel == funnel_of(tally)
            self.crm.house.run("compare", partial(compare, tally), reading=True)


def compare(tally: Tally, unit: Any) -> None:
    """An answer is that of counting one by one, to the letter."""
    transaction = unit._transaction
    assert sorted(map(repr, tally.answer(transaction))) == sorted(map(repr, transaction.ask(tally)))


def of(funnel: str, *more: Criterion, by: Any = ("place", "total.currency"), sums: Any = ("total.minor",)) -> Tally:
    """What a board asks."""
    where = Is("funnel", funnel) & Is("outcome", Outcome.OPEN)
    for criterion in more:
        where = criterion & where
    return Tally(kind=Deal, where=where, by=by, sums=sums)


def played(runs: int) -> settings:
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
def test_on_sqlite() -> None:
    """After every step of random stories, counters and boards are what there is."""
    run_state_machine_as_test(CountersMachine, settings=played(40))


@pytest.mark.postgresql
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "how",
    [{}, {"pipeline": True}, {"isolation_level": "REPEATABLE READ"}],
    ids=["postgresql", "pipelined", "repeatable read"],
)
def test_on_postgresql(postgresql_url: str, how: dict[str, Any]) -> None:
    """The same by COPY, in pipelines, and where each transaction has slots of its own."""
    empty(SqlStore.open(postgresql_url))

    class OnPostgresql(CountersMachine):
        url = postgresql_url

    OnPostgresql.how = {**how, "create": False}
    run_state_machine_as_test(OnPostgresql, settings=played(8))


@pytest.mark.mariadb
@pytest.mark.timeout(600)
def test_on_mariadb(mariadb_url: str) -> None:
    """The same, where a counter is added to in other words."""
    empty(SqlStore.open(mariadb_url))

    class OnMariadb(CountersMachine):
        url = mariadb_url
        how: ClassVar[dict[str, Any]] = {"create": False}

    run_state_machine_as_test(OnMariadb, settings=played(6))


def _forgets_worth(changes: Any, before: Any, after: Any) -> None:
    if before is None or after is None or (before.place, before.outcome) != (after.place, after.outcome):
        counters.note(changes, before, after)


def _takes_the_given(changes: Any, before: Any, after: Any) -> None:
    counters.note(changes, before if after else None, after)


def _answers_without_what_waits(self: Counters, *given: Any) -> Any:
    return _ANSWER(self, *given[:-1], ())


def _loses_billions(minor: int, by: int) -> tuple[int, int]:
    return 0, minor % by


def _leaves_the_unknown(*_: Any) -> None:
    return None


_ANSWER: Any = Counters.answer
BUGS: dict[str, tuple[Any, str, Any]] = {
    "a deal that is worth more stays as it was counted": (ledger, "note", _forgets_worth),
    "a removed deal stays counted": (ledger, "note", _takes_the_given),
    "what nobody has read is not looked up": (ledger, "_stands", _leaves_the_unknown),
    "the board does not know what waits": (Counters, "answer", _answers_without_what_waits),
    "billions are lost": (counters, "divmod", _loses_billions),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forgets one of the ways in which counters change is found out."""
    place, name, planted = BUGS[bug]
    monkeypatch.setattr(place, name, planted, raising=False)

    class Planted(CountersMachine):
        pass

    with pytest.raises(Exception, match=r".+"):
        run_state_machine_as_test(Planted, settings=played(200))


class TestWhatIsAnswered:
    @pytest.mark.parametrize(
        "tally",
        [
            of("funnel_1", Is("owner", None)),
            of("funnel_1", Is("funnel", "funnel_2")),
            of("funnel_1", by=("place", "owner")),
            of("funnel_1", sums=("moves",)),
            Tally(kind=Deal, where=Is("funnel", "funnel_1") & Is("outcome", Outcome.WON), by=("place",)),
            Tally(kind=Deal, where=Is("funnel", "funnel_1") | Is("outcome", Outcome.OPEN), by=("place",)),
            Tally(kind=Deal, where=Is("funnel", "funnel_1"), by=("place",)),
            Tally(kind=Deal, where=~(Is("funnel", "funnel_1") & Is("outcome", Outcome.OPEN)), by=("place",)),
            Tally(kind=Deal, where=Is("funnel", None) & Is("outcome", Outcome.OPEN), by=("place",)),
            Tally(kind=Deal, where=of("funnel_1").where, by=("place",), different="customer"),
            Tally(kind=Deal, where=of("funnel_1").where, entries=True, by=("place",)),
        ],
    )
    def test_anything_else_is_counted(self, tally: Tally) -> None:
        """A question that the counters do not hold the whole answer to is none of theirs."""
        assert funnel_of(tally) is None

    @pytest.mark.parametrize("by", [(), ("place",), ("total.currency",), ("total.currency", "place")])
    @pytest.mark.parametrize("sums", [(), ("total.minor",)])
    def test_groups_of_every_kind(self, by: Any, sums: Any) -> None:
        """However a funnel's open deals are grouped, and whatever is claimed twice over, it is the count one by one."""
        machine = CountersMachine()
        machine.furnish()
        for number in range(12):
            worth = Money(number, "EUR" if number % 3 else "USD") if number % 4 else None
            machine.opens(0, worth, STAGES[number % 3])
        tally = of(machine.funnels[0], EVERYTHING, by=by, sums=sums)

        assert funnel_of(tally)
        machine.crm.house.run("compare", partial(compare, tally), reading=True)
        machine.teardown()


def _three_leads(house: Crm) -> tuple[Crm, Any]:
    sales = house.funnels.create("Windows", stages=STAGES)
    for number in range(3):
        house.leads.capture("Lead", funnel=sales.id, value=Money(10**7 + number, "EUR") if number else None)
    return house, sales


class TestRecount:
    @pytest.fixture
    def crm(self, database_url: str) -> Iterator[Crm]:
        """Two houses of which somebody has changed the deals by hand."""
        crm = Crm.open(database_url)
        yield crm
        crm.close()

    def test_it_finds_and_mends(self, crm: Crm) -> None:
        """What a script has done to the deals is told, of one tenant or of all, and then the board is right again."""
        store: Any = crm.house.store
        house, sales = _three_leads(Crm(store, tenant="anna"))
        house, sales = _three_leads(Crm(store, tenant="berta"))
        before = house.deals.board(sales.id)
        with store.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE crm_deals SET place = 1 WHERE total_minor IS NOT NULL")
        looked = store.recount(tenant="berta", repair=False)
        as_looked = house.deals.board(sales.id, cards=0)
        mended = store.recount()
        after = house.deals.board(sales.id, cards=0)

        assert [("berta", 0, (2, 2 * 10**9 + 300), (0, 0)), ("berta", 1, (0, 0), (2, 2 * 10**9 + 300))] == [
            (one.tenant, one.place, one.kept, one.found) for one in looked
        ]
        assert {("anna", "EUR"), ("berta", "EUR")} == {(one.tenant, one.currency) for one in mended}
        assert looked == [one for one in mended if one.tenant == "berta"]
        assert [c.count for c in before.columns] == [c.count for c in as_looked.columns] == [3, 0, 0, 0]
        assert [c.count for c in after.columns] == [1, 2, 0, 0]
        assert [] == store.recount()

    def test_a_joined_store_does_not_count_anew(self) -> None:
        """It would commit what is the host's."""
        engine = sqlite.prepare(create_engine("sqlite://"))
        with engine.begin() as connection, pytest.raises(InvalidInput, match="joined"):
            SqlStore(connection).recount()

    def test_a_database_whose_upsert_is_not_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """There every board is counted, no counter is written, and there is none to mend."""
        monkeypatch.setattr(counters, "UPSERTS", {})
        store = SqlStore(
            sqlite.prepare(create_engine("sqlite://", poolclass=QueuePool, pool_size=1)), schema=make_schema()
        )
        store.create_tables()
        crm = Crm(store)
        sales = crm.funnels.create("Windows", stages=STAGES)
        crm.leads.capture("Lead", funnel=sales.id, value=Money(5, "EUR"))

        assert (1, 0) == (crm.deals.board(sales.id).count, kept(store))
        with pytest.raises(InvalidInput, match="sqlite"):
            store.recount()
        store.close()

    @pytest.mark.postgresql
    def test_slots_of_their_own_are_taken_together(self, postgresql_url: str) -> None:
        """Under REPEATABLE READ counters grow by a row for each story, until somebody counts anew."""
        store = SqlStore(make_engine(postgresql_url, isolation_level="REPEATABLE READ"))
        store.create_tables()
        empty(store)
        crm = Crm(store)
        sales = crm.funnels.create("Windows", stages=STAGES)
        for _ in range(20):
            crm.leads.capture("Lead", funnel=sales.id, value=Money(LARGEST // 10**4, "EUR"))
        before, rows = crm.deals.board(sales.id), kept(store)
        store.recount()

        assert (20, True) == (rows, kept(store) <= counters.SLOTS)
        assert before == crm.deals.board(sales.id)
        assert [] == store.recount()
        store.close()


def kept(store: SqlStore) -> int:
    """How many rows the counters have."""
    with store.engine.begin() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM crm_deal_counts").scalar() or 0)


def _work(url: str, funnel: Any, customer: Any, shared: Any, worker: int, level: str) -> None:
    """Take deals in, move them, close some, and step on others' toes."""
    store = SqlStore(make_engine(url, isolation_level=level))
    crm = Crm(store, attempts=50)
    for number in range(25):
        deal = crm.deals.open("Deal", customer=customer, funnel=funnel, value=Money(number, "EUR")).deal.id
        crm.deals.move(deal, to=STAGES[1 + number % 2])
        with suppress(CrmError):
            crm.deals.move(shared[number % 3], to=STAGES[(number + worker) % 3])
        if number % 5 == worker:
            crm.deals.lose(deal, reason="too dear")
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
def test_processes_at_once(request: pytest.FixtureRequest, server: str, level: str) -> None:
    """Four processes in one funnel, and somebody who counts anew all the while: nothing is lost, and nothing is counted twice."""
    url = request.getfixturevalue(server)
    store = SqlStore.open(url)
    empty(store)
    crm = Crm(store)
    sales, customer = crm.funnels.create("Windows", stages=STAGES), crm.customers.add("Anna")
    shared = [crm.deals.open("Deal", customer=customer.id, funnel=sales.id).deal.id for _ in range(3)]
    given = [(url, sales.id, customer.id, shared, worker, level) for worker in range(4)]
    many = multiprocessing.get_context("spawn")
    processes = [many.Process(target=_work, args=one) for one in given]
    for process in processes:
        process.start()
    wrong: list[Any] = []
    while any(process.is_alive() for process in processes):
        wrong += store.recount()
    for process in processes:
        process.join()

    assert [0] * 4 == [process.exitcode for process in processes]
    assert [] == wrong + list(store.recount())
    assert 103 - 20 == crm.deals.board(sales.id).count
    store.close()
