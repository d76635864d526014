"""Inbox: one effect per message, regardless of duplicates and order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, SqlStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.platform.inbox import InboxResult
from crmcore.errors import BusinessRuleError, InvalidInputError, InvalidTypeError, NotFoundError
from crmcore.ports import Store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store."""
    made: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    yield made
    made.close()


@pytest.fixture
def crm(store: Store) -> Crm:
    """A CRM over the store."""
    return Crm(store, clock=FrozenClock())


def customer_names(crm: Crm) -> list[str]:
    """The names of all customers."""
    return sorted(
        crm._environment.execute("test", lambda uow: [c.display_name for c in uow.find(Customer)], read_only=True)
    )


def test_message_is_processed_once(crm: Crm) -> None:
    """A duplicate has no effect; source and tenant are part of the identity."""
    two = crm.for_tenant("two")
    outcomes = [
        crm.inbox.process(source, "msg_1", lambda: crm.customers.create("Liene")) for source in ("erp", "erp", "shop")
    ]
    outcomes.append(two.inbox.process("erp", "msg_1", lambda: two.customers.create("Liene")))

    assert [InboxResult.APPLIED, InboxResult.DUPLICATE, InboxResult.APPLIED, InboxResult.APPLIED] == outcomes
    assert ["Liene", "Liene"] == customer_names(crm)


def test_stale_revision_is_ignored(crm: Crm) -> None:
    """Older and equal revisions of a record are stale; others are applied."""
    customer_id = crm.customers.create("First").id

    def rename(name: str, message: str, edition: int, about: str = "7") -> InboxResult:
        return crm.inbox.process(
            "erp", message, lambda: crm.customers.rename(customer_id, name), about_id=about, revision=edition
        )

    outcomes = [
        rename("Third", "m3", 3),
        rename("Second", "m2", 2),
        rename("Third again", "m3b", 3),
        rename("Second", "m2", 2),
    ]

    assert [InboxResult.APPLIED, InboxResult.STALE, InboxResult.STALE, InboxResult.DUPLICATE] == outcomes
    assert ["Third"] == customer_names(crm)
    assert InboxResult.APPLIED is rename("Other", "m4", 1, about="8")


def test_failed_message_can_be_processed_again(crm: Crm) -> None:
    """After an error nothing is stored, and the message can come again."""

    def fail() -> None:
        crm.customers.create("Half")
        crm.deals.get("deal_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # any text

    with pytest.raises(NotFoundError):
        crm.inbox.process("erp", "msg_1", fail, about_id="7", revision=1)

    assert [] == customer_names(crm)
    assert InboxResult.APPLIED is crm.inbox.process(
        "erp", "msg_1", lambda: crm.customers.create("Whole"), about_id="7", revision=1
    )
    assert ["Whole"] == customer_names(crm)


def test_caught_error_rolls_back_only_that_command(crm: Crm) -> None:
    """A caught error undoes one command; the others and the message stay."""

    def careful() -> None:
        crm.customers.create("Before")
        with suppress(CrmError):
            crm.customers.create("")
        crm.customers.create("After")

    assert InboxResult.APPLIED is crm.inbox.process("erp", "msg_1", careful)
    assert ["After", "Before"] == customer_names(crm)


def test_commands_in_one_message_share_transaction(crm: Crm) -> None:
    """The commands of a message share one transaction and its changes."""

    def both() -> None:
        funnel = crm.funnels.create("Windows", stages=["First call", "Done"])
        lead = crm.leads.capture("Jānis", phone="+371 2000 0000", funnel_id=funnel.id, idempotency_key="k")
        crm.deals.move(lead.deal.id, stage_key="Done")

    crm.inbox.process("shop", "msg_1", both)
    topics = [event.event.name for event in crm.feed.read().events]

    assert 1 == topics.count("deal.moved")
    assert ["Jānis"] == customer_names(crm)


def test_process_within_batch_is_rejected(crm: Crm) -> None:
    """In a batch, no message is processed."""
    with pytest.raises(BusinessRuleError, match="batches cannot be nested"), crm.batch():
        crm.inbox.process("erp", "msg_1", lambda: None)


def test_concurrent_deliveries_have_one_effect(tmp_path: Path) -> None:
    """One of several concurrent deliveries is applied."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    crm = Crm(store)
    customer_id = crm.customers.create("0").id

    def deliver(number: int) -> InboxResult:
        edition = number % 10 + 1
        return crm.inbox.process(
            "erp",
            f"m{edition}",
            lambda: crm.customers.rename(customer_id, str(edition)),
            about_id="7",
            revision=edition,
        )

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(deliver, range(40)))
    applied = outcomes.count(InboxResult.APPLIED)

    assert (["10"], 30) == (customer_names(crm), outcomes.count(InboxResult.DUPLICATE))
    assert applied + 1 == crm.customers.get(customer_id).version
    store.close()


def test_invalid_message_is_rejected(crm: Crm) -> None:
    """Record id and revision go together; `apply` must be a function."""
    for about, edition in ((None, 1), ("7", None), ("7", -1)):
        with pytest.raises(InvalidInputError):
            crm.inbox.process("erp", "m", lambda: None, about_id=about, revision=edition)
    with pytest.raises(InvalidTypeError, match="must be a function"):
        crm.inbox.process("erp", "m", None)  # type: ignore[arg-type]  # wrong on purpose


def test_purge_removes_messages_and_keeps_revisions(crm: Crm) -> None:
    """Purging deletes message ids and keeps revisions."""
    clock = crm._environment.clock
    assert isinstance(clock, FrozenClock)
    crm.inbox.process("erp", "m2", lambda: None, about_id="7", revision=2)
    clock.advance(days=31)

    assert (1, 0) == (crm.inbox.purge(), crm.inbox.purge())
    assert InboxResult.STALE is crm.inbox.process("erp", "m2", lambda: None, about_id="7", revision=2)
    assert 0 == crm.inbox.purge(older_than=timedelta(days=1))
