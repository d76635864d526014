"""What a batch remembers is what the database would answer: held against the memory store, which forgets nothing and remembers nothing."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import example, given, settings, strategies as st

from crmcore import MemoryStore, SqlStore
from crmcore.adapters.ids import SequentialIds
from crmcore.adapters.sql.session.batch_cache import BatchCache
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.kernel.criteria import MATCH_ALL, Compare, Criterion, Eq, HasChild, In, Or
from crmcore.domain.kernel.ids import CustomerId
from crmcore.ports import BatchStore, RequestContext, Transaction
from crmcore.testing.samples import NOON

NUMBER: Final = count(1)
FEW_EMAILS = tuple(f"{n}@example.org" for n in range(6))
emails = st.sampled_from(FEW_EMAILS)
keys = st.sampled_from(("a", "b", "c"))
some_emails = st.lists(emails, min_size=1, max_size=4, unique=True)

Step = tuple[str, Any]
steps: st.SearchStrategy[list[tuple[list[Step], bool]]] = st.lists(
    st.tuples(
        st.lists(
            st.one_of(
                st.tuples(st.just("add"), emails),
                st.tuples(st.just("know"), keys),
                st.tuples(st.just("drop"), emails),
                st.tuples(st.just("remove"), emails),
                st.tuples(st.just("counter_contention"), st.integers(1, 20)),
                st.tuples(st.just("look"), some_emails),
                st.tuples(st.just("ahead"), some_emails),
                st.tuples(st.just("count"), st.none()),
            ),
            max_size=5,
        ),
        st.booleans(),
    ),
    max_size=8,
)


def with_any_email(emails: Any) -> Criterion:
    """Who has one of these addresses."""
    return HasChild("contact_points", In("unique_key", tuple(f"email:{email}" for email in emails)))


def queries(emails: Any) -> list[tuple[Criterion, dict[str, Any]]]:
    """The queries of the commands."""
    known = HasChild("external_ids", Eq("system", "erp") & In("key", ("a", "b")))
    ways: list[Criterion] = [
        with_any_email(emails),
        with_any_email(emails) & Compare("name", ">", "5"),
        Or((with_any_email(emails), known)),
        Or((with_any_email(emails), Eq("name", "4"))),
        known,
        Eq("name", "counter_contention"),
        MATCH_ALL,
    ]
    orders: list[dict[str, Any]] = [{}, {"order": "-name"}, {"limit": 2}]
    return [(where, order) for where in ways for order in orders]


def execute_steps(transaction: Transaction, steps: list[Step], ids: SequentialIds) -> list[Any]:
    """Run one command, and record what it reads."""
    seen: list[Any] = []
    for what, about in steps:
        match what:
            case "add" if not transaction.find(Customer, with_any_email([about])):
                points = (ContactPoint.email(about),)
                customer = Customer.create(CustomerId(ids.new("customer")), about[0], at=NOON, contact_points=points)
                seen.append(transaction.save(customer).version)
            case "know":
                taken = transaction.find(Customer, HasChild("external_ids", Eq("system", "erp") & Eq("key", about)))
                first = transaction.find(Customer, limit=1)
                if first and not taken:
                    transaction.save(first[0].add_external_id(ExternalId("erp", about), at=NOON))
            case "drop":
                for customer in transaction.find(Customer, with_any_email([about])):
                    transaction.save(customer.remove_contact_point(about, at=NOON))
            case "remove":
                for customer in transaction.find(Customer, with_any_email([about])):
                    transaction.delete(customer)
            case "counter_contention":
                for _ in range(about):
                    transaction.save(Customer.create(CustomerId(ids.new("customer")), "counter_contention", at=NOON))
            case "look":
                for where, how in queries(about):
                    seen.append([(one.id, one.version) for one in transaction.find(Customer, where, **how)])
                    seen.append([(one.id, one.version) for one in transaction.find(Customer, where, **how)])
            case "ahead":
                read_ahead: Callable[..., None] = getattr(transaction, "preload", lambda *_: None)
                read_ahead(Customer, with_any_email(about))
            case "count":
                seen.append(transaction.count(Customer))
    return seen


def run_batch(
    store: BatchStore, context: RequestContext, before: list[Step], commands: list[tuple[list[Step], bool]]
) -> list[Any]:
    """Run commands in a batch, some of which fail; then read the result."""
    ids, event_ids = SequentialIds(), SequentialIds()
    with store.begin(context, id_generator=event_ids) as first:
        execute_steps(first, before, ids)
        first.commit()
    seen = []
    with store.batch(context, id_generator=event_ids) as batch:
        for steps, well in commands:
            with batch.begin(context, id_generator=event_ids) as transaction:
                seen.append(execute_steps(transaction, steps, ids))
                if well:
                    transaction.commit()
        batch.commit()
    with store.begin(context, id_generator=event_ids) as last:
        seen.append(execute_steps(last, [("look", FEW_EMAILS)], ids))
    return seen


@pytest.fixture(scope="module")
def store() -> Iterator[SqlStore]:
    """One database, in which each example is a tenant of its own."""
    store = SqlStore.open("sqlite://")
    yield store
    store.close()


@settings(max_examples=100, deadline=None)
@given(before=st.lists(st.tuples(st.just("add"), emails), max_size=4), commands=steps)
@example(  # a record that a failed command has deleted exists again
    before=[("add", FEW_EMAILS[0])],
    commands=[([("remove", FEW_EMAILS[0]), ("look", FEW_EMAILS[:1])], False), ([("look", FEW_EMAILS[:1])], True)],
)
@example(  # the same, when it has been written meanwhile
    before=[("add", FEW_EMAILS[0])],
    commands=[
        ([("remove", FEW_EMAILS[0]), ("count", None), ("look", FEW_EMAILS[:1])], False),
        ([("look", FEW_EMAILS[:1])], True),
    ],
)
@example(  # a record that a failed command has changed is as before
    before=[("add", FEW_EMAILS[2])],
    commands=[([("drop", FEW_EMAILS[2]), ("ahead", FEW_EMAILS[2:3])], False), ([("look", FEW_EMAILS[2:3])], True)],
)
@example(  # a preloaded record was changed by a command that flushed
    before=[],
    commands=[
        ([("ahead", FEW_EMAILS[:4])], True),
        ([("add", FEW_EMAILS[3]), ("count", None)], True),
        ([("look", FEW_EMAILS[3:4]), ("add", FEW_EMAILS[3])], True),
    ],
)
def test_batch_cache_answers_like_memory_store(
    store: SqlStore, before: list[Step], commands: list[tuple[list[Step], bool]]
) -> None:
    """Whatever was asked before, read ahead, saved, removed or undone: the same is found."""
    us = RequestContext(tenant=f"tenant {next(NUMBER)}", actor="anna")

    assert run_batch(MemoryStore(), us, before, commands) == run_batch(store, us, before, commands)


def test_query_without_unique_key_is_not_cached() -> None:
    """Only who asks by a unique key can be answered from what is remembered."""
    recall = BatchCache()

    assert recall.find_ids(Customer, MATCH_ALL) is None
    assert recall.find_ids(Customer, Eq("name", "Anna")) is None
    assert recall.find_ids(Customer, Or(())) is None
    assert recall.find_ids(Customer, ~with_any_email(FEW_EMAILS)) is None
    assert recall.find_ids(Customer, HasChild("contact_points", Eq("unique_key", None))) is None
