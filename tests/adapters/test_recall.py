"""What a batch remembers is what the database would answer: held against the memory store, which forgets nothing and remembers nothing."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmcore import MemoryStore, SqlStore
from crmcore.adapters.ids import CountingIds
from crmcore.adapters.sql.recall import Recall
from crmcore.domain.criteria import EVERYTHING, AnyOf, Compare, Criterion, Has, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.ids import CustomerId
from crmcore.services.ports import BatchStore, Context, Transaction
from crmcore.testing.samples import NOON

NUMBER: Final = count(1)
FEW = tuple(f"{n}@example.org" for n in range(6))
emails = st.sampled_from(FEW)
keys = st.sampled_from(("a", "b", "c"))
some = st.lists(emails, min_size=1, max_size=4, unique=True)

Step = tuple[str, Any]
steps: st.SearchStrategy[list[tuple[list[Step], bool]]] = st.lists(
    st.tuples(
        st.lists(
            st.one_of(
                st.tuples(st.just("add"), emails),
                st.tuples(st.just("know"), keys),
                st.tuples(st.just("drop"), emails),
                st.tuples(st.just("remove"), emails),
                st.tuples(st.just("crowd"), st.integers(1, 20)),
                st.tuples(st.just("look"), some),
                st.tuples(st.just("ahead"), some),
                st.tuples(st.just("count"), st.none()),
            ),
            max_size=5,
        ),
        st.booleans(),
    ),
    max_size=8,
)


def having(emails: Any) -> Criterion:
    """Who has one of these addresses."""
    return Has("contact_points", OneOf("claim", tuple(f"email:{email}" for email in emails)))


def questions(emails: Any) -> list[tuple[Criterion, dict[str, Any]]]:
    """What stories ask."""
    known = Has("external_ids", Is("system", "erp") & OneOf("key", ("a", "b")))
    ways: list[Criterion] = [
        having(emails),
        having(emails) & Compare("name", ">", "5"),
        AnyOf((having(emails), known)),
        AnyOf((having(emails), Is("name", "4"))),
        known,
        Is("name", "crowd"),
        EVERYTHING,
    ]
    orders: list[dict[str, Any]] = [{}, {"order": "-name"}, {"limit": 2}]
    return [(where, order) for where in ways for order in orders]


def tell(transaction: Transaction, steps: list[Step], ids: CountingIds) -> list[Any]:
    """Tell one story, and note what it sees."""
    seen: list[Any] = []
    for what, about in steps:
        match what:
            case "add" if not transaction.find(Customer, having([about])):
                points = (ContactPoint.email(about),)
                customer = Customer.add(CustomerId(ids.new("customer")), about[0], at=NOON, contact_points=points)
                seen.append(transaction.save(customer).version)
            case "know":
                taken = transaction.find(Customer, Has("external_ids", Is("system", "erp") & Is("key", about)))
                first = transaction.find(Customer, limit=1)
                if first and not taken:
                    transaction.save(first[0].know_as(ExternalId("erp", about), at=NOON))
            case "drop":
                for customer in transaction.find(Customer, having([about])):
                    transaction.save(customer.remove_contact(about, at=NOON))
            case "remove":
                for customer in transaction.find(Customer, having([about])):
                    transaction.remove(customer)
            case "crowd":
                for _ in range(about):
                    transaction.save(Customer.add(CustomerId(ids.new("customer")), "crowd", at=NOON))
            case "look":
                for where, how in questions(about):
                    seen.append([(one.id, one.version) for one in transaction.find(Customer, where, **how)])
                    seen.append([(one.id, one.version) for one in transaction.find(Customer, where, **how)])
            case "ahead":
                read_ahead: Callable[..., None] = getattr(transaction, "read_ahead", lambda *_: None)
                read_ahead(Customer, having(about))
            case "count":
                seen.append(transaction.count(Customer))
    return seen


def play(store: BatchStore, us: Context, before: list[Step], stories: list[tuple[list[Step], bool]]) -> list[Any]:
    """Tell stories in a batch, some of which end badly; and look afterwards."""
    ids, facts = CountingIds(), CountingIds()
    with store.begin(us, ids=facts) as first:
        tell(first, before, ids)
        first.commit()
    seen = []
    with store.batch(us, ids=facts) as batch:
        for steps, well in stories:
            with batch.begin(us, ids=facts) as story:
                seen.append(tell(story, steps, ids))
                if well:
                    story.commit()
        batch.commit()
    with store.begin(us, ids=facts) as last:
        seen.append(tell(last, [("look", FEW)], ids))
    return seen


@pytest.fixture(scope="module")
def store() -> Iterator[SqlStore]:
    """One database, in which each example is a tenant of its own."""
    store = SqlStore.open("sqlite://")
    yield store
    store.close()


@settings(max_examples=100, deadline=None)
@given(before=st.lists(st.tuples(st.just("add"), emails), max_size=4), stories=steps)
@example(  # what a story misses because it removes it is there again when the story fails
    before=[("add", FEW[0])], stories=[([("remove", FEW[0]), ("look", FEW[:1])], False), ([("look", FEW[:1])], True)]
)
@example(  # the same, when it has been written meanwhile
    before=[("add", FEW[0])],
    stories=[([("remove", FEW[0]), ("count", None), ("look", FEW[:1])], False), ([("look", FEW[:1])], True)],
)
@example(  # what a story sees because it has changed it is as it was when the story fails
    before=[("add", FEW[2])],
    stories=[([("drop", FEW[2]), ("ahead", FEW[2:3])], False), ([("look", FEW[2:3])], True)],
)
@example(  # what was read ahead has changed since, by a story that wrote in its middle
    before=[],
    stories=[
        ([("ahead", FEW[:4])], True),
        ([("add", FEW[3]), ("count", None)], True),
        ([("look", FEW[3:4]), ("add", FEW[3])], True),
    ],
)
def test_a_batch_remembers_rightly(store: SqlStore, before: list[Step], stories: list[tuple[list[Step], bool]]) -> None:
    """Whatever was asked before, read ahead, saved, removed or undone: the same is found."""
    us = Context(tenant=f"tenant {next(NUMBER)}", actor="anna")

    assert play(MemoryStore(), us, before, stories) == play(store, us, before, stories)


def test_what_is_no_key_is_not_known() -> None:
    """Only who asks by a unique key can be answered from what is remembered."""
    recall = Recall()

    assert recall.held(Customer, EVERYTHING) is None
    assert recall.held(Customer, Is("name", "Anna")) is None
    assert recall.held(Customer, AnyOf(())) is None
    assert recall.held(Customer, ~having(FEW)) is None
    assert recall.held(Customer, Has("contact_points", Is("claim", None))) is None
