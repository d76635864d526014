"""How many trips to PostgreSQL a story makes: counted, not timed. And nobody sees more for it, or overwrites what he has not seen."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import frozen

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.talks import Answer, Talk
from crmcore.domain.criteria import EVERYTHING, Criterion, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.funnels import CreateTask, Funnel, Stage
from crmcore.domain.kernel import Entity
from crmcore.errors import InvalidId, NotFound, StaleVersion
from crmcore.services.ports import Context
from tests.adapters.test_stores import empty

pytestmark = pytest.mark.postgresql

SOON: Final = datetime(2030, 3, 4, 9, tzinfo=UTC)


@pytest.fixture
def crm(postgresql_url: str) -> Iterator[Crm]:
    """A house over a store as it is opened without saying anything of pipelines."""
    store = SqlStore.open(postgresql_url)
    empty(store)
    crm = Crm(store)
    crm.people.add("Anna")
    yield crm
    crm.close()


@pytest.fixture
def sales(crm: Crm) -> Funnel:
    """A funnel whose first stage gives a task."""
    call = CreateTask(title="Call {customer}", within=timedelta(minutes=15), kind="call")
    stages: list[Stage | str] = [
        Stage.named("First call", on_entry=[call]),
        "Measurement",
        "Payment",
        Stage.named("Done", kind="won"),
    ]
    return crm.funnels.create("Windows", stages=stages, loss_reasons=["too dear"])


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], int]:
    """Counts the trips of a story."""
    made: list[Sequence[Answer]] = []
    exchange = Talk._exchange

    def counted(self: Talk, said: Sequence[Answer]) -> None:
        made.append(said)
        exchange(self, said)

    def count(story: Callable[[], Any]) -> int:
        made.clear()
        story()
        return len(made)

    monkeypatch.setattr(Talk, "_exchange", counted)
    return count


def test_trips_of_stories(crm: Crm, sales: Funnel, trips: Callable[[Callable[[], Any]], int]) -> None:
    """What a story asks for by what it is given goes out at once, and what it writes with its COMMIT; a customer's parts are one trip more."""
    anna = crm.people.list()[0]
    lead = crm.leads.capture("Jānis", funnel=sales.id, phone="+37120000001")
    deal, task, customer = lead.deal.id, lead.tasks[0].id, lead.customer.id
    other = crm.leads.capture("Līga", funnel=sales.id).deal.id
    second = crm.tasks.give("Call again", deal=deal).id
    promise = crm.commitments.make("a discount", side="ours", deal=deal)
    stories: dict[str, tuple[int, Callable[[], Any]]] = {
        "capture": (3, lambda: crm.leads.capture("Ģirts", funnel=sales.id, phone="+37120000002")),
        "move": (2, lambda: crm.deals.move(deal, to="Measurement")),
        "move back": (2, lambda: crm.deals.move(deal, to="Payment")),
        "hand over": (2, lambda: crm.deals.hand_over(deal, to=anna.id)),
        "log": (3, lambda: crm.interactions.log("call", deal=deal, by=anna.id, completes=task)),
        "log, of a customer": (3, lambda: crm.interactions.log("call", customer=customer)),
        "make": (3, lambda: crm.commitments.make("a gift", side="ours", deal=deal, owner=anna.id)),
        "settle": (2, lambda: crm.commitments.settle(promise.id, "kept")),
        "win": (3, lambda: crm.deals.win(deal)),
        "lose": (2, lambda: crm.deals.lose(other, reason="too dear")),
        "reopen": (2, lambda: crm.deals.reopen(other, stage="Payment")),
        "open": (
            3,
            lambda: crm.deals.open("Doors", customer=customer, funnel=sales.id, stage="Payment", owner=anna.id),
        ),
        "give": (3, lambda: crm.tasks.give("Call", assignee=anna.id, deal=other, customer=customer)),
        "reassign": (2, lambda: crm.tasks.reassign(second, to=anna.id)),
        "look": (2, lambda: crm.deals.get(deal)),
        "page": (3, lambda: crm.customers.page(customer)),
    }
    counted = {name: trips(tell) for name, (_, tell) in stories.items()}

    assert {name: expected for name, (expected, _) in stories.items()} == counted


def test_many_stories_in_few_trips(crm: Crm, sales: Funnel, trips: Callable[[Callable[[], Any]], int]) -> None:
    """In a batch a lead is one trip, for all that it asks; what they have all left to be written is a few more."""

    def batch() -> None:
        with crm.batch():
            for n in range(10):
                crm.leads.capture("Ģirts", funnel=sales.id, phone=f"+371200001{n:02}")

    assert 10 + 2 == trips(batch)


def test_refused_before_it_began(crm: Crm, trips: Callable[[Callable[[], Any]], int]) -> None:
    """What is refused for what it is given makes no trip at all."""

    def story() -> None:
        with pytest.raises(InvalidId):
            crm.deals.move("deal_1", to="Payment")  # type: ignore[arg-type]  # no id

    assert 0 == trips(story)


@frozen
class Hidden:
    """A policy that shows nobody a deal."""

    def visible(self, context: Context, kind: type[Entity], /) -> Criterion:
        """Everything but deals."""
        return Is("title", "") if kind is Deal else EVERYTHING

    def check(self, context: Context, story: str, entity: Entity | None, /) -> None:
        """Whatever he wants."""


def test_nobody_sees_more(crm: Crm, sales: Funnel) -> None:
    """What is asked for ahead is shown to nobody who may not see what names it."""
    deal = crm.leads.capture("Jānis", funnel=sales.id).deal
    blind = Crm(crm.house.store, policy=Hidden())
    for story in (
        lambda: blind.deals.move(deal.id, to="Payment"),
        lambda: blind.deals.win(deal.id),
        lambda: blind.deals.lose(deal.id, reason="too dear"),
        lambda: blind.interactions.log("call", deal=deal.id),
    ):
        with pytest.raises(NotFound) as refused:
            story()

        assert "deal" in str(refused.value)
    assert deal.stage == crm.deals.get(deal.id).stage


def test_nobody_overwrites_what_he_has_not_seen(crm: Crm, sales: Funnel) -> None:
    """A version that was given by the caller, or read by the story, is held against what stands there."""
    deal = crm.leads.capture("Jānis", funnel=sales.id).deal
    crm.deals.move(deal.id, to="Payment")
    with pytest.raises(StaleVersion):
        crm.deals.move(deal.id, to="Measurement", expected_version=deal.version)

    house = crm.house
    with house.store.begin(house.context, ids=house.ids) as late:
        late.announce(Deal, deal.id, {"funnel": Funnel})  # type: ignore[attr-defined]  # which a store need not have
        seen = late.get(Deal, deal.id)
        assert seen is not None
        assert sales == late.get(Funnel, seen.funnel)
        crm.deals.move(deal.id, to="Measurement")
        late.save(seen.expect(None, at=SOON).describe({"title": "Late"}, at=SOON))
        with pytest.raises(StaleVersion):
            late.commit()


def test_what_is_named_may_be_another_one_by_then(crm: Crm, sales: Funnel) -> None:
    """Between a record and what it names lies a moment in which it may come to name another one: then that one is asked for."""
    deal = crm.leads.capture("Jānis", funnel=sales.id).deal
    house = crm.house
    with house.store.begin(house.context, ids=house.ids) as late:
        late.announce(Deal, deal.id, {"funnel": Funnel, "owner": Funnel})  # type: ignore[attr-defined]  # nothing of that name
        seen = late.get(Deal, deal.id)
        assert seen is not None
        assert sales == late.get(Funnel, seen.funnel)
        assert late.get(Funnel, "funnel_00000000000070008000000000000009") is None
