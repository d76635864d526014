"""What every store promises. Subclass `StoreContract`, give it one method, and let pytest run it.

    class TestMyStore(StoreContract):
        def make_store(self) -> Store:
            return MyStore(...)

Each test promises something in its docstring. None may be overridden unless it is marked as expected to fail, with a reason: a store that
cannot keep a promise says so where everybody can read it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import pytest

from crmcore.adapters.ids import CountingIds
from crmcore.adapters.kinds import ENTITIES
from crmcore.domain.criteria import EVERYTHING, NOTHING, AnyOf, Compare, Criterion, Has, Is, Mentions, Not, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, Profile, Role, Sex
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import LineItem, Outcome
from crmcore.domain.errors.conflicts import Conflict, StaleVersion, Taken
from crmcore.domain.funnels import Funnel
from crmcore.domain.kernel import Entity
from crmcore.domain.messages import Message, MessageState
from crmcore.domain.people import Absence, User
from crmcore.domain.receipts import Receipt
from crmcore.domain.tasks import Task
from crmcore.domain.values.money import LARGEST, Money
from crmcore.domain.values.names import fold
from crmcore.domain.values.period import Period
from crmcore.services.ports import Context, Store, Transaction
from crmcore.services.tally import Tally
from crmcore.testing.samples import NOON, Samples

E = TypeVar("E", bound=Entity)

US = Context(tenant="us", actor="anna")
THEM = Context(tenant="them", actor="berta")


class StoreContract:
    """The promises of a store."""

    def make_store(self) -> Store:
        """Give a new, empty store; it is closed after the test."""
        raise NotImplementedError("make_store() has to give a new, empty store")

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """The store of one test."""
        store = self.make_store()
        yield store
        store.close()

    @pytest.fixture
    def samples(self) -> Samples:
        """Records to fill it with."""
        return Samples()

    def test_no_promise_is_overridden(self) -> None:
        """A subclass overrides no promise, unless it marks it as expected to fail."""
        for name, test in vars(StoreContract).items():
            mine = getattr(type(self), name)
            if name.startswith("test_") and mine is not test:
                marks = [mark.name for mark in getattr(mine, "pytestmark", ())]

                assert "xfail" in marks, f"{name} is overridden; mark it with xfail(reason=...) if it cannot be kept"

    # Keeping records

    def test_a_saved_record_is_read_as_it_was(self, store: Store, samples: Samples) -> None:
        """What was saved is read back equal, with all its parts, in another transaction."""
        deal = samples.deal(request=samples.request(), tags=["big", "ātri"], custom={"size": 3, "vip": True, "x": None})
        deal = deal.join("measurer", samples.id("user"), at=NOON).attach(samples.id("document"), "Sizes", at=NOON)
        saved = save(store, deal)

        assert saved == read(store, Deal, deal.id)
        assert (saved.version, saved.actor, saved.pending) == (1, "anna", ())

    def test_every_kind_of_value_survives(self, store: Store, samples: Samples) -> None:
        """Names in three scripts, addresses, profiles, absences, durations, days and nothing at all come back as they were."""
        funnel = save(store, samples.funnel())
        names = ["Шаҳзод Ўринов", "محمد‌رضا کریمی", "Ə" * 200, "O‘g‘il \U0001f600", "a'b\"c\\d%_"]
        customers = [
            save(
                store,
                samples.customer(
                    name,
                    addresses=(samples.address(),),
                    profile=Profile(sex=Sex.FEMALE, born=NOON.date(), income=Money(1, "IRR"), tastes=("tea", "чай")),
                    note="line\n\tline",
                ),
            )
            for name in names
        ]
        user = samples.user(roles=["manager"]).go_away(Period(NOON, NOON + timedelta(days=2)), at=NOON, reason="sea")
        user = save(store, user)

        assert funnel == read(store, Funnel, funnel.id)
        assert customers == [read(store, Customer, customer.id) for customer in customers]
        assert (Absence(Period(NOON, NOON + timedelta(days=2)), "sea"),) == read(store, User, user.id).absences

    @pytest.mark.parametrize(
        "at",
        [
            datetime(1900, 1, 1, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC),
            datetime(9999, 12, 30, tzinfo=UTC),
        ],
    )
    def test_instants_are_exact(self, store: Store, samples: Samples, at: datetime) -> None:
        """An instant comes back to the microsecond, aware and in UTC."""
        task = save(store, samples.task(due_at=at))

        found = read(store, Task, task.id).due_at
        assert (at, UTC) == (found, found.tzinfo if found else None)

    @pytest.mark.parametrize("minor", [0, 1, -1, LARGEST, -LARGEST])
    def test_money_is_exact(self, store: Store, samples: Samples, minor: int) -> None:
        """Money comes back to the last unit, however large."""
        deal = save(store, samples.deal(lines=(), value=Money.of_minor(minor, "UZS")))

        assert Money.of_minor(minor, "UZS") == read(store, Deal, deal.id).total

    def test_quantities_are_exact(self, store: Store, samples: Samples) -> None:
        """A quantity of six decimal places comes back as it was."""
        deal = save(store, samples.deal(lines=[LineItem("Cable", Decimal("1234567.000001"), Money("0.01", "EUR"))]))

        assert deal.lines == read(store, Deal, deal.id).lines

    def test_an_unknown_id_is_nothing(self, store: Store, samples: Samples) -> None:
        """A record that is not there is None, and no error."""
        with begin(store) as transaction:
            found = transaction.get(Deal, samples.id("deal"))

        assert found is None

    # Transactions

    def test_without_commit_nothing_happened(self, store: Store, samples: Samples) -> None:
        """Leaving a transaction without a commit undoes all of it: records, parts, entries, facts."""
        deal = samples.deal()
        with begin(store) as transaction:
            transaction.save(deal)
            transaction.find(Deal)

        with begin(store) as transaction:
            assert None is transaction.get(Deal, deal.id)
            assert list(transaction.entries(Deal, deal.id)) == []
            assert list(transaction.events()) == []

    def test_an_error_undoes_everything(self, store: Store, samples: Samples) -> None:
        """An exception inside the transaction undoes it and goes on its way."""
        user = samples.user()
        with pytest.raises(ZeroDivisionError), begin(store) as transaction:
            transaction.save(user)
            transaction.find(User)
            raise ZeroDivisionError

        assert find(store, User) == []

    def test_a_transaction_sees_its_own_writes(self, store: Store, samples: Samples) -> None:
        """What a transaction saved it reads, finds, counts and no longer finds where it no longer belongs."""
        task = save(store, samples.task(kind="call"))
        with begin(store) as transaction:
            done = transaction.save(get(transaction, Task, task.id).complete(at=NOON))
            new = transaction.save(samples.task(kind="call"))

            assert done == transaction.get(Task, task.id)
            assert [done, new] == list(transaction.find(Task, Is("kind", "call")))
            assert [new] == list(transaction.find(Task, Is("state", new.state)))
            assert transaction.count(Task) == 2

    def test_a_failed_commit_changes_nothing(self, store: Store, samples: Samples) -> None:
        """When one record of a transaction conflicts, none of them is stored."""
        first = save(store, samples.user(login="anna"))
        other = samples.user(login="berta")
        with pytest.raises(Taken), begin(store) as transaction:
            transaction.save(other)
            transaction.save(get(transaction, User, first.id).give_roles(["boss"], at=NOON))
            transaction.save(samples.user(login="anna"))
            transaction.commit()

        assert [first] == find(store, User)

    def test_an_unchanged_record_is_left_alone(self, store: Store, samples: Samples) -> None:
        """Saving a record as it was read changes neither its version nor the feed."""
        task = save(store, samples.task())
        with begin(store) as transaction:
            transaction.save(get(transaction, Task, task.id))
            transaction.commit()

        assert task == read(store, Task, task.id)
        assert len(events(store)) == 1

    def test_saving_twice_is_two_versions(self, store: Store, samples: Samples) -> None:
        """A record saved twice in one transaction is stored once, as it was last, two versions on."""
        task = save(store, samples.task())
        with begin(store) as transaction:
            once = transaction.save(get(transaction, Task, task.id).reassign(samples.id("user"), at=NOON))
            twice = transaction.save(once.complete(at=NOON))
            transaction.commit()

        assert twice.version == 3
        assert twice == read(store, Task, task.id)
        assert [fact.version for fact in events(store)] == [1, 2, 3]

    # Versions

    def test_a_stale_version_is_refused(self, store: Store, samples: Samples) -> None:
        """Who saves over a version that has been overtaken is refused, and the overtaker's work stays."""
        task = save(store, samples.task())
        faster = save(store, task.complete(at=NOON, result="faster"))
        with pytest.raises(StaleVersion) as refusal:
            save(store, task.complete(at=NOON, result="slower"))

        assert (Task.shape.kind, task.id, 1) == (refusal.value.kind, refusal.value.id, refusal.value.expected)
        assert faster == read(store, Task, task.id)

    def test_a_removed_record_is_gone(self, store: Store, samples: Samples) -> None:
        """A removed record is neither read nor found, frees its keys, takes its entries along, and cannot be saved over."""
        deal = save(store, samples.deal(request=samples.request()))
        with begin(store) as transaction:
            transaction.remove(get(transaction, Deal, deal.id))
            transaction.commit()

        with begin(store) as transaction:
            assert None is transaction.get(Deal, deal.id)
            assert list(transaction.find(Deal)) == []
            assert list(transaction.entries(Deal, deal.id)) == []
        with pytest.raises(StaleVersion):
            save(store, deal.expect(NOON.date(), at=NOON))
        assert 1 == save(store, samples.deal(request=samples.request())).version

    def test_removing_a_stale_version_is_refused(self, store: Store, samples: Samples) -> None:
        """Who removes a version that has been overtaken is refused."""
        task = save(store, samples.task())
        save(store, task.complete(at=NOON))
        with pytest.raises(StaleVersion), begin(store) as transaction:
            transaction.remove(task)
            transaction.commit()

        assert len(find(store, Task)) == 1

    def test_no_update_is_lost_between_threads(self, store: Store, samples: Samples) -> None:
        """Eight threads that each count up ten times, and try again on conflict, count eighty."""
        message = save(store, Message.queue(samples.id("message"), "notice", at=NOON))

        def count_up(_: int) -> None:
            for _ in range(10):
                insist(lambda: save(store, read(store, Message, message.id).lease(at=NOON, length=timedelta(0))))

        in_threads(8, count_up)

        assert read(store, Message, message.id).attempts == 80

    # Unique keys

    def test_a_unique_key_belongs_to_one(self, store: Store, samples: Samples) -> None:
        """A second record with a key that must be unique is refused, by the name of the key and never by its value."""
        save(store, samples.user(login="anna"))
        with pytest.raises(Taken) as refusal:
            save(store, samples.user(login="anna"))

        assert (refusal.value.kind, refusal.value.key) == ("user", "login")
        assert "anna" not in str(refusal.value)

    def test_a_key_with_nothing_in_it_is_no_key(self, store: Store, samples: Samples) -> None:
        """Any number of records may lack a unique key."""
        users = [save(store, samples.user()) for _ in range(3)]

        assert users == find(store, User)

    def test_a_key_in_parts_belongs_to_one(self, store: Store, samples: Samples) -> None:
        """A phone number claims one customer; a shared one claims nobody."""
        save(store, samples.customer(phone="+37120000000"))
        with pytest.raises(Taken) as refusal:
            save(store, samples.customer(phone="+37120000000"))
        shared = ContactPoint.phone("+37120000001", shared=True)
        for _ in range(2):
            save(store, samples.customer().add_contact(shared, at=NOON))

        assert (refusal.value.kind, refusal.value.key) == ("customer", "contact_points.claim")
        assert len(find(store, Customer, Has("contact_points", Is("value", "+37120000001")))) == 2

    def test_a_key_of_several_fields_is_one_key(self, store: Store, samples: Samples) -> None:
        """Only all fields of a key together have to differ."""
        save(store, samples.customer(external_id="1"))
        save(store, samples.customer(external_id="2"))
        with pytest.raises(Taken) as refusal:
            save(store, samples.customer(external_id="1"))

        assert (refusal.value.kind, refusal.value.key) == ("customer", "external_ids.system.external_ids.key")

    def test_a_freed_key_may_be_taken(self, store: Store, samples: Samples) -> None:
        """A key that its holder gives up is free for another, also within one transaction."""
        first = save(store, samples.customer(phone="+37120000000"))
        second = save(store, samples.customer())
        with begin(store) as transaction:
            transaction.save(get(transaction, Customer, first.id).remove_contact("+37120000000", at=NOON))
            claim = ContactPoint.phone("+37120000000")
            transaction.save(get(transaction, Customer, second.id).add_contact(claim, at=NOON))
            transaction.commit()

        holder = Has("contact_points", Is("claim", "phone:+37120000000"))
        assert [second.id] == [customer.id for customer in find(store, Customer, holder)]

    def test_one_of_many_rivals_gets_the_key(self, store: Store) -> None:
        """Of eight threads that claim one key at once, one has it and the others hear that it is taken."""
        outcomes: list[str] = []
        ids = CountingIds()

        def claim(_: int) -> None:
            try:
                insist(lambda: save(store, Samples(ids).user(login="anna")), only_busy=True)
                outcomes.append("mine")
            except Taken:
                outcomes.append("taken")

        in_threads(8, claim)

        assert ["mine", *["taken"] * 7] == sorted(outcomes)

    # Searching

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (EVERYTHING, "abcd"),
            (NOTHING, ""),
            (Is("kind", "call"), "ac"),
            (Is("due_at", None), "d"),
            (Is("assignee", None), "abcd"),
            (OneOf("kind", ("call", "visit")), "abc"),
            (OneOf("kind", ()), ""),
            (Compare("due_at", "<", NOON), "a"),
            (Compare("due_at", "<=", NOON), "ab"),
            (Compare("due_at", ">", NOON), "c"),
            (Compare("due_at", ">=", NOON), "bc"),
            (Compare("title", ">", "b"), "cd"),
            (Is("kind", "call") & Compare("due_at", ">", NOON), "c"),
            (Is("kind", "visit") | Is("due_at", None), "bd"),
            (~Is("kind", "call"), "bd"),
            (~Compare("due_at", ">=", NOON), "ad"),
            (Not(Is("due_at", None)), "abc"),
            (AnyOf((Is("title", "a"), Is("title", "d"), Is("kind", "visit"))), "abd"),
            (Is("version", 1), "abcd"),
            (Is("title", "A"), ""),
        ],
        ids=str,
    )
    def test_criteria_mean_the_same_everywhere(
        self, store: Store, samples: Samples, where: Criterion, expected: str
    ) -> None:
        """A criterion finds, and counts, what `crmcore.domain.criteria.matches` says of each record."""
        kinds = {"a": "call", "b": "visit", "c": "call", "d": ""}
        for days, (title, kind) in enumerate(kinds.items()):
            due_at = None if title == "d" else NOON + timedelta(days=days - 1)
            save(store, samples.task(title, kind=kind, due_at=due_at))

        assert expected == "".join(task.title for task in find(store, Task, where))
        with begin(store) as transaction:
            assert len(expected) == transaction.count(Task, where)

    def test_names_are_found_by_the_beginnings_of_words(self, store: Store, samples: Samples) -> None:
        """A folded key is found by any word's beginning, and characters that mean something to a database mean nothing."""
        for name in ("Jānis Bērziņš", "Шаҳзод Ўринов", "100% Bērzs", "under_score"):
            save(store, samples.customer(name))

        def found(words: str) -> list[str]:
            return [customer.name for customer in find(store, Customer, Mentions("name_key", fold(words)))]

        assert found("BERZ") == ["Jānis Bērziņš", "100% Bērzs"]
        assert found("o'rin") == ["Шаҳзод Ўринов"]
        assert found("erz") == []
        assert [c.name for c in find(store, Customer, Mentions("name_key", "%"))] == []
        assert [c.name for c in find(store, Customer, Mentions("name_key", "_nder"))] == []

    def test_parts_are_searched_with_their_owners(self, store: Store, samples: Samples) -> None:
        """A criterion on parts finds each owner once, however many parts fulfil it, and only where one part fulfils all of it."""
        points = [ContactPoint.email("a@example.com"), ContactPoint.phone("+37120000000")]
        both = save(store, samples.customer().add_contact(*points, at=NOON))
        save(store, samples.customer("Nobody", roles=[Role.SUPPLIER]))
        claims = tuple(point.claim for point in points)
        split = Is("value", "a@example.com") & Is("claim", claims[1])

        assert [both] == find(store, Customer, Has("contact_points", OneOf("claim", claims)))
        assert find(store, Customer, Has("contact_points", split)) == []
        assert [both] == find(store, Customer, Has("roles", Is("role", Role.PROSPECT)))
        assert [c.name for c in find(store, Customer, ~Has("contact_points", EVERYTHING))] == ["Nobody"]

    @pytest.mark.parametrize("order", ["id", "-id", "due_at", "-due_at", "title", "-title"])
    def test_order_is_total(self, store: Store, samples: Samples, order: str) -> None:
        """Records come in the order of a field, then of the id; what is absent comes first, and last in descending order."""
        dues = [NOON, None, NOON - timedelta(days=1), NOON, None]
        tasks = [save(store, samples.task(title, due_at=due)) for title, due in zip("bBaяё", dues, strict=True)]

        def rank(task: Task) -> Any:
            value = getattr(task, order.lstrip("-"))
            return (value is not None, value or 0, task.id)

        assert sorted(tasks, key=rank, reverse=order[0] == "-") == find(store, Task, order=order)

    @pytest.mark.parametrize("order", ["id", "-id", "due_at", "-due_at", "given_at", "-given_at"])
    def test_pages_cover_everything_once(self, store: Store, samples: Samples, order: str) -> None:
        """Pages of two, each behind the last record of the one before, are the whole list."""
        for day in (1, 2, 1, None, 3, None, 1):
            due = None if day is None else NOON + timedelta(days=day)
            save(store, samples.task(due_at=due, at=NOON + timedelta(minutes=day or 0)))
        pages: list[Task] = []
        while True:
            page = find(store, Task, order=order, after=pages[-1] if pages else None, limit=2)
            if not page:
                break
            pages += page

        assert find(store, Task, order=order) == pages

    # Entries

    def test_entries_are_appended(self, store: Store, samples: Samples) -> None:
        """A record's entries are kept in order, with who made them, and are handed out only when they are asked for."""
        funnel = samples.funnel()
        deal = save(store, samples.deal(funnel=funnel))
        moved = save(store, deal.move("Payment", funnel, at=NOON + timedelta(hours=1)), THEM_ACTING_HERE)
        closed = save(store, moved.lose("too dear", funnel, at=NOON + timedelta(hours=2)))

        with begin(store) as transaction:
            entries = list(transaction.entries(Deal, deal.id))
        assert closed.movements == ()
        assert [entry.number for entry in entries] == [1, 2, 3]
        assert [entry.actor for entry in entries] == ["anna", "berta", "anna"]
        assert [None, timedelta(hours=1), None] == [entry.stayed for entry in entries]
        assert entries[-1].reason == "too dear"

    # The feed

    def test_facts_are_published_with_the_save(self, store: Store, samples: Samples) -> None:
        """Each fact is in the feed once, with its tenant, actor, subject, version and place, without gaps, and reads as it was."""
        deal = samples.deal()
        facts = deal.pending
        saved = save(store, deal)
        save(store, samples.task())

        feed = events(store)
        assert [fact.position for fact in feed] == [1, 2, 3]
        assert list(facts) == [fact.event for fact in feed[:2]]
        assert [("us", "anna", saved.id, 1, 0), ("us", "anna", saved.id, 1, 1)] == [
            (fact.tenant, fact.actor, fact.subject, fact.version, fact.number) for fact in feed[:2]
        ]
        assert feed[1:2] == events(store, after=1, limit=1)
        assert events(store, after=3) == []

    def test_the_feed_keeps_the_order_of_a_record(self, store: Store, samples: Samples) -> None:
        """Facts of one record come in the order of its versions, however its writers' clocks differ."""
        task = save(store, samples.task(), ids=CountingDown())
        for _ in range(5):
            task = save(store, task.reassign(samples.id("user"), at=NOON), ids=CountingDown())

        assert [fact.version for fact in events(store)] == [1, 2, 3, 4, 5, 6]

    def test_no_fact_is_lost_between_writers(self, store: Store) -> None:
        """A reader that follows four writers, some of whom fail, hears every committed fact once, in order per record."""
        ids, done = CountingIds(), threading.Event()
        heard: list[Any] = []

        def write(_: int) -> None:
            samples = Samples(ids)
            for _ in range(15):
                task = insist(partial(save, store, samples.task(), ids=ids))
                with begin(store, ids=ids) as transaction:
                    transaction.save(samples.task())
                insist(partial(save, store, task.complete(at=NOON), ids=ids))

        def follow() -> None:
            while True:
                last = done.is_set()
                fresh = insist(partial(events, store, after=len(heard), limit=7))
                heard.extend(fresh)
                if last and not fresh:
                    return
                done.wait(0.001)

        reader = threading.Thread(target=follow)
        reader.start()
        try:
            in_threads(4, write)
        finally:
            done.set()
            reader.join()

        assert list(range(1, 121)) == [fact.position for fact in heard]
        versions: dict[str, list[int]] = {}
        for fact in heard:
            versions.setdefault(fact.subject, []).append(fact.version)
        assert list(versions.values()) == [[1, 2]] * 60

    # Tenants

    def test_tenants_do_not_see_each_other(self, store: Store, samples: Samples) -> None:
        """Nothing of one tenant is read, found, counted, told or claimed by another."""
        ours = save(store, samples.deal(request=samples.request()))
        theirs = save(store, samples.deal(request=samples.request()), THEM)

        with begin(store, THEM) as transaction:
            assert None is transaction.get(Deal, ours.id)
            assert [theirs] == list(transaction.find(Deal))
            assert [theirs] == list(transaction.find(Deal, Is("title", ours.title) | Is("title", "x")))
            assert list(transaction.entries(Deal, ours.id)) == []
            assert transaction.count(Deal) == 1
            assert {"them"} == {fact.tenant for fact in transaction.events()}

    def test_a_foreign_record_cannot_be_saved_over(self, store: Store, samples: Samples) -> None:
        """A record of one tenant cannot be changed or removed by way of another."""
        task = save(store, samples.task())
        with pytest.raises(StaleVersion):
            save(store, task.complete(at=NOON), THEM)
        with pytest.raises(StaleVersion), begin(store, THEM) as transaction:
            transaction.remove(task)
            transaction.commit()

        assert task == read(store, Task, task.id)

    # What is kept for the stories themselves

    def test_answers_are_kept_for_their_keys(self, store: Store, samples: Samples) -> None:
        """A receipt gives back the answer of a story as it was, of whatever class."""
        deal = save(store, samples.deal())
        answers = [deal, (deal, "x", 1), None, True, "text", 7]
        receipts = [
            save(
                store,
                Receipt(
                    id=samples.id("receipt"),
                    key=f"key {number}",
                    story="deals.get",
                    fingerprint="f" * 64,
                    result=answer,
                    expires_at=NOON,
                ),
            )
            for number, answer in enumerate(answers)
        ]

        assert answers == [read(store, Receipt, receipt.id).result for receipt in receipts]

    def test_two_workers_do_not_do_the_same_work(self, store: Store, samples: Samples) -> None:
        """Of workers that lease what is due at the same time, each message is leased once."""
        for _ in range(20):
            save(store, Message.queue(samples.id("message"), "notice", at=NOON))
        leased: list[str] = []

        def work(_: int) -> None:
            while insist(lambda: self._lease_some(store, leased)):
                pass

        in_threads(4, work)

        assert 20 == len(leased) == len(set(leased))

    def _lease_some(self, store: Store, leased: list[str]) -> int:
        with begin(store) as transaction:
            due = Is("state", MessageState.QUEUED) & Compare("due_at", "<=", NOON)
            found = transaction.find(Message, due, order="due_at", limit=3, lock=True)
            mine = [transaction.save(message.lease(at=NOON, length=timedelta(hours=1))) for message in found]
            transaction.commit()
        leased += [message.id for message in mine]
        return len(mine)

    # Counting

    @pytest.mark.parametrize(
        "tally",
        [
            Tally(kind=Deal, by=("furthest", "outcome", "total.currency"), sums=("total.minor",)),
            Tally(kind=Deal, by=("source",), different="customer"),
            Tally(kind=Deal, where=Is("outcome", Outcome.LOST), by=("loss_reason", "owner")),
            Tally(kind=Deal, where=Compare("opened_at", ">", NOON), sums=("total.minor", "moves"), different="owner"),
            Tally(kind=Deal, entries=True, by=("stage_after", "visit", "kind")),
            Tally(
                kind=Deal,
                entries=True,
                where=Is("source", "web"),
                among=Compare("visit", ">", 0),
                by=("place",),
                sums=("value_after.minor", "probability_after"),
            ),
            Tally(kind=Deal),
        ],
    )
    def test_tallies_equal_counting_one_by_one(self, store: Store, samples: Samples, tally: Tally) -> None:
        """A store that counts set-wise counts what counting record by record would."""
        self._fill_with_deals(store, samples)
        with begin(store) as transaction:
            answer, slow = transaction.ask(tally), tally.answer(transaction)

        assert sorted(slow, key=repr) == sorted(slow if answer is None else answer, key=repr)

    def _fill_with_deals(self, store: Store, samples: Samples) -> None:
        funnel, owners = samples.funnel(), [samples.id("user"), None]
        customers = [samples.id("customer") for _ in range(4)]
        for number in range(12):
            deal = samples.deal(
                funnel=funnel,
                customer=customers[number % 4],
                lines=(),
                value=None if number % 5 == 0 else Money(10 * number, "EUR" if number % 3 else "UZS"),
                owner=owners[number % 2],
                source="web" if number % 2 else "",
                at=NOON + timedelta(hours=number - 4),
            )
            if number % 3:
                deal = deal.move("Payment", funnel, at=NOON + timedelta(days=1))
            if number % 3 == 2:
                deal = deal.move("First call", funnel, at=NOON + timedelta(days=2))
            if number % 4 == 1:
                deal = deal.lose("too dear" if number % 8 == 1 else "changed mind", funnel, at=NOON + timedelta(days=3))
            if number % 4 == 2:
                deal = deal.win(funnel, at=NOON + timedelta(days=3))
            save(store, deal)

    def test_every_kind_of_record_has_a_place(self, store: Store) -> None:
        """A store knows all kinds of records that crmcore has."""
        with begin(store) as transaction:
            counts = [transaction.count(kind) for kind in ENTITIES]

        assert [0] * len(ENTITIES) == counts


THEM_ACTING_HERE = Context(tenant="us", actor="berta")


class CountingDown(CountingIds):
    """Ids of a host whose clock is set back a little with every transaction."""

    _left = 10**9

    def new(self, prefix: str, /) -> str:
        """An id that sorts before all that were made before it."""
        CountingDown._left -= 1
        return f"{prefix}_00000000000070008{CountingDown._left:015x}"


def begin(store: Store, context: Context = US, *, ids: CountingIds | None = None) -> Transaction:
    """Open a transaction."""
    return store.begin(context, ids=ids or _EVENT_IDS)


def save(store: Store, entity: E, context: Context = US, *, ids: CountingIds | None = None) -> E:
    """Save one record in a transaction of its own."""
    with begin(store, context, ids=ids) as transaction:
        saved = transaction.save(entity)
        transaction.commit()
    return saved


def get(transaction: Transaction, kind: type[E], id: str) -> E:
    """Read a record that is there."""
    found = transaction.get(kind, id)
    assert found is not None
    return found


def read(store: Store, kind: type[E], id: str) -> E:
    """Read a record that is there, in a transaction of its own."""
    with begin(store) as transaction:
        return get(transaction, kind, id)


def find(store: Store, kind: type[E], where: Criterion = EVERYTHING, **how: Any) -> list[E]:
    """Find records in a transaction of its own."""
    with begin(store) as transaction:
        return list(transaction.find(kind, where, **how))


def events(store: Store, **how: Any) -> list[Any]:
    """Read the feed in a transaction of its own."""
    with begin(store) as transaction:
        facts: Sequence[Any] = transaction.events(**how)
        transaction.commit()
    return list(facts)


def insist(attempt: Callable[[], Any], *, only_busy: bool = False) -> Any:
    """Try again as long as somebody else is faster."""
    for _ in range(1_000):
        try:
            return attempt()
        except Taken:
            if only_busy:
                raise
        except Conflict:
            pass
    raise AssertionError("always somebody else was faster")


def in_threads(number: int, work: Callable[[int], None]) -> None:
    """Let some threads work at once, and raise what one of them raised."""
    failures: list[BaseException] = []

    def guarded(place: int) -> None:
        try:
            work(place)
        except BaseException as failure:  # noqa: BLE001  # it is raised below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


_EVENT_IDS = CountingIds()
