"""The inbox: a message has one effect, whatever its repetitions and its order, and is noted in the transaction of its effect."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, SqlStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.inbox import Reception
from crmcore.errors import InvalidInput, NotFound, RuleBroken, WrongType
from crmcore.services.ports import Store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store."""
    made: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    yield made
    made.close()


@pytest.fixture
def crm(store: Store) -> Crm:
    """A house."""
    return Crm(store, clock=FrozenClock())


def names(crm: Crm) -> list[str]:
    """All customers."""
    return sorted(crm.house.run("test", lambda unit: [c.display_name for c in unit.find(Customer)], reading=True))


def test_a_message_is_applied_once(crm: Crm) -> None:
    """The same source and id again change nothing; another source's is another message; another tenant's too."""
    two = crm.for_tenant("two")
    outcomes = [
        crm.inbox.take(source, "msg_1", lambda: crm.customers.add("Liene")) for source in ("erp", "erp", "shop")
    ]
    outcomes.append(two.inbox.take("erp", "msg_1", lambda: two.customers.add("Liene")))

    assert [Reception.APPLIED, Reception.REPEATED, Reception.APPLIED, Reception.APPLIED] == outcomes
    assert ["Liene", "Liene"] == names(crm)


def test_an_older_edition_does_not_overwrite(crm: Crm) -> None:
    """Of one record's editions the newest heard of stands; older and equal ones are noted and left; other records have their own."""
    customer = crm.customers.add("First").id

    def rename(name: str, message: str, edition: int, about: str = "7") -> Reception:
        return crm.inbox.take(
            "erp", message, lambda: crm.customers.rename(customer, name), about=about, edition=edition
        )

    outcomes = [
        rename("Third", "m3", 3),
        rename("Second", "m2", 2),
        rename("Third again", "m3b", 3),
        rename("Second", "m2", 2),
    ]

    assert [Reception.APPLIED, Reception.OUTDATED, Reception.OUTDATED, Reception.REPEATED] == outcomes
    assert ["Third"] == names(crm)
    assert Reception.APPLIED is rename("Other", "m4", 1, about="8")


def test_what_fails_has_not_come(crm: Crm) -> None:
    """When a story refuses, nothing of the message is kept, and it can come again."""

    def fail() -> None:
        crm.customers.add("Half")
        crm.deals.get("deal_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # any text will do

    with pytest.raises(NotFound):
        crm.inbox.take("erp", "msg_1", fail, about="7", edition=1)

    assert [] == names(crm)
    assert Reception.APPLIED is crm.inbox.take("erp", "msg_1", lambda: crm.customers.add("Whole"), about="7", edition=1)
    assert ["Whole"] == names(crm)


def test_a_refusal_that_is_passed_over_undoes_itself(crm: Crm) -> None:
    """A story that is refused inside leaves no trace; what else was told with it, and the message, stay."""

    def careful() -> None:
        crm.customers.add("Before")
        with suppress(CrmError):
            crm.customers.add("")
        crm.customers.add("After")

    assert Reception.APPLIED is crm.inbox.take("erp", "msg_1", careful)
    assert ["After", "Before"] == names(crm)


def test_stories_told_together_see_each_other(crm: Crm) -> None:
    """Several stories are one transaction, read what they wrote, and their facts stand in the feed once."""

    def both() -> None:
        funnel = crm.funnels.create("Windows", stages=["First call", "Done"])
        lead = crm.leads.capture("Jānis", phone="+371 2000 0000", funnel=funnel.id, key="k")
        crm.deals.move(lead.deal.id, to="Done")

    crm.inbox.take("shop", "msg_1", both)
    topics = [fact.event.name for fact in crm.feed.read().facts]

    assert 1 == topics.count("deal.moved")
    assert ["Jānis"] == names(crm)


def test_each_message_is_one_of_its_own(crm: Crm) -> None:
    """Within a batch, whose end is not known yet, no message can be taken."""
    with pytest.raises(RuleBroken, match="one commit is one batch"), crm.batch():
        crm.inbox.take("erp", "msg_1", lambda: None)


def test_two_at_once_have_one_effect(tmp_path: Path) -> None:
    """Of several deliveries at the same instant one is applied and the others are told so; the newest edition stands."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    crm = Crm(store)
    customer = crm.customers.add("0").id

    def deliver(number: int) -> Reception:
        edition = number % 10 + 1
        return crm.inbox.take(
            "erp", f"m{edition}", lambda: crm.customers.rename(customer, str(edition)), about="7", edition=edition
        )

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(deliver, range(40)))
    applied = outcomes.count(Reception.APPLIED)

    assert (["10"], 30) == (names(crm), outcomes.count(Reception.REPEATED))
    assert applied + 1 == crm.customers.get(customer).version
    store.close()


def test_what_makes_no_sense_is_refused(crm: Crm) -> None:
    """An edition needs a record, a record an edition, and a message something to do."""
    for about, edition in ((None, 1), ("7", None), ("7", -1)):
        with pytest.raises(InvalidInput):
            crm.inbox.take("erp", "m", lambda: None, about=about, edition=edition)
    with pytest.raises(WrongType, match="must be a function"):
        crm.inbox.take("erp", "m", None)  # type: ignore[arg-type]  # wrong on purpose


def test_arrivals_are_forgotten_in_time_and_editions_are_not(crm: Crm) -> None:
    """After a month a message's id is forgotten; that an older edition is older is not."""
    clock = crm.house.clock
    assert isinstance(clock, FrozenClock)
    crm.inbox.take("erp", "m2", lambda: None, about="7", edition=2)
    clock.advance(days=31)

    assert (1, 0) == (crm.inbox.tidy(), crm.inbox.tidy())
    assert Reception.OUTDATED is crm.inbox.take("erp", "m2", lambda: None, about="7", edition=2)
    assert 0 == crm.inbox.tidy(older_than=timedelta(days=1))
