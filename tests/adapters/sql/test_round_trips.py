"""Round trips of a command to PostgreSQL. Prefetching bypasses neither the access policy nor optimistic locking."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import frozen

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.execute.pq_pipeline import PendingResult, PqPipeline
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, Eq
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.actions import CreateTask
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage
from crmcore.errors import InvalidIdError, NotFoundError, StaleVersionError
from crmcore.ports import RequestContext
from tests.adapters.test_store_contract import truncate_tables

pytestmark = pytest.mark.postgresql

DUE_AT: Final = datetime(2030, 3, 4, 9, tzinfo=UTC)


@pytest.fixture
def crm(postgresql_url: str) -> Iterator[Crm]:
    """A Crm on a store that is opened with the default of `pipeline`."""
    store = SqlStore.open(postgresql_url)
    truncate_tables(store)
    crm = Crm(store)
    crm.users.create("Anna")
    yield crm
    crm.close()


@pytest.fixture
def sales(crm: Crm) -> Funnel:
    """A funnel whose first stage gives a task."""
    call = CreateTask(title="Call {customer}", due_within=timedelta(minutes=15), kind="call")
    stages: list[Stage | str] = [
        Stage.named("First call", entry_actions=[call]),
        "Measurement",
        "Payment",
        Stage.named("Done", kind="won"),
    ]
    return crm.funnels.create("Windows", stages=stages, loss_reasons=["too dear"])


@pytest.fixture
def count_round_trips(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], int]:
    """Counts the round trips of a command."""
    made: list[Sequence[PendingResult]] = []
    exchange = PqPipeline._sync

    def counting_sync(self: PqPipeline, pipeline: Sequence[PendingResult]) -> None:
        made.append(pipeline)
        exchange(self, pipeline)

    def count(command: Callable[[], Any]) -> int:
        made.clear()
        command()
        return len(made)

    monkeypatch.setattr(PqPipeline, "_sync", counting_sync)
    return count


def test_commands_use_expected_round_trips(
    crm: Crm, sales: Funnel, count_round_trips: Callable[[Callable[[], Any]], int]
) -> None:
    """Reads by arguments take one round trip, writes go with the COMMIT; children of a customer take one more."""
    anna = crm.users.list()[0]
    lead = crm.leads.capture("Jānis", funnel_id=sales.id, phone="+37120000001")
    deal_id, task_id, customer_id = lead.deal.id, lead.tasks[0].id, lead.customer.id
    other_id = crm.leads.capture("Līga", funnel_id=sales.id).deal.id
    second_id = crm.tasks.create("Call again", deal_id=deal_id).id
    promise = crm.commitments.create("a discount", side="ours", deal_id=deal_id)
    commands: dict[str, tuple[int, Callable[[], Any]]] = {
        "capture": (3, lambda: crm.leads.capture("Ģirts", funnel_id=sales.id, phone="+37120000002")),
        "move": (2, lambda: crm.deals.move(deal_id, stage_key="Measurement")),
        "move back": (2, lambda: crm.deals.move(deal_id, stage_key="Payment")),
        "hand over": (2, lambda: crm.deals.change_owner(deal_id, owner_id=anna.id)),
        "log": (3, lambda: crm.interactions.log("call", deal_id=deal_id, author_id=anna.id, completes_task_id=task_id)),
        "log, of a customer": (3, lambda: crm.interactions.log("call", customer_id=customer_id)),
        "make": (3, lambda: crm.commitments.create("a gift", side="ours", deal_id=deal_id, owner_id=anna.id)),
        "settle": (2, lambda: crm.commitments.close(promise.id, "kept")),
        "win": (3, lambda: crm.deals.win(deal_id)),
        "lose": (2, lambda: crm.deals.lose(other_id, reason="too dear")),
        "reopen": (2, lambda: crm.deals.reopen(other_id, stage_key="Payment")),
        "open": (
            3,
            lambda: crm.deals.open(
                "Doors", customer_id=customer_id, funnel_id=sales.id, stage_key="Payment", owner_id=anna.id
            ),
        ),
        "give": (3, lambda: crm.tasks.create("Call", assignee_id=anna.id, deal_id=other_id, customer_id=customer_id)),
        "reassign": (2, lambda: crm.tasks.reassign(second_id, assignee_id=anna.id)),
        "look": (2, lambda: crm.deals.get(deal_id)),
        "page": (3, lambda: crm.customers.overview(customer_id)),
    }
    counted = {name: count_round_trips(run) for name, (_, run) in commands.items()}

    assert {name: expected for name, (expected, _) in commands.items()} == counted


def test_batch_uses_few_round_trips(
    crm: Crm, sales: Funnel, count_round_trips: Callable[[Callable[[], Any]], int]
) -> None:
    """In a batch a lead is one trip, for all that it asks; what they have all left to be written is a few more."""

    def run_batch() -> None:
        with crm.batch():
            for n in range(10):
                crm.leads.capture("Ģirts", funnel_id=sales.id, phone=f"+371200001{n:02}")

    assert 10 + 2 == count_round_trips(run_batch)


def test_invalid_input_makes_no_round_trip(crm: Crm, count_round_trips: Callable[[Callable[[], Any]], int]) -> None:
    """What is refused for what it is given makes no trip at all."""

    def run_command() -> None:
        with pytest.raises(InvalidIdError):
            crm.deals.move("deal_1", stage_key="Payment")  # type: ignore[arg-type]  # no id

    assert 0 == count_round_trips(run_command)


@frozen
class HideDealsPolicy:
    """A policy that hides all deals."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:
        """Everything but deals."""
        return Eq("title", "") if entity_type is Deal else MATCH_ALL

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Whatever he wants."""


def test_prefetch_respects_access_policy(crm: Crm, sales: Funnel) -> None:
    """A prefetched record is not returned to a user who cannot see the record that references it."""
    deal = crm.leads.capture("Jānis", funnel_id=sales.id).deal
    blind = Crm(crm._environment.store, access_policy=HideDealsPolicy())
    for command in (
        lambda: blind.deals.move(deal.id, stage_key="Payment"),
        lambda: blind.deals.win(deal.id),
        lambda: blind.deals.lose(deal.id, reason="too dear"),
        lambda: blind.interactions.log("call", deal_id=deal.id),
    ):
        with pytest.raises(NotFoundError) as refused:
            command()

        assert "deal" in str(refused.value)
    assert deal.stage_key == crm.deals.get(deal.id).stage_key


def test_stale_version_is_rejected_when_pipelined(crm: Crm, sales: Funnel) -> None:
    """The version of the caller, or the version that the command has read, is checked in the database."""
    deal = crm.leads.capture("Jānis", funnel_id=sales.id).deal
    crm.deals.move(deal.id, stage_key="Payment")
    with pytest.raises(StaleVersionError):
        crm.deals.move(deal.id, stage_key="Measurement", expected_version=deal.version)

    environment = crm._environment
    with environment.store.begin(environment.context, id_generator=environment.id_generator) as late:
        late.prefetch(Deal, deal.id, {"funnel_id": Funnel})  # type: ignore[attr-defined]  # which a store need not have
        seen = late.get(Deal, deal.id)
        assert seen is not None
        assert sales == late.get(Funnel, seen.funnel_id)
        crm.deals.move(deal.id, stage_key="Measurement")
        late.save(seen.set_expected_close(None, at=DUE_AT).update({"title": "Late"}, at=DUE_AT))
        with pytest.raises(StaleVersionError):
            late.commit()


def test_prefetched_reference_changed_meanwhile_is_reread(crm: Crm, sales: Funnel) -> None:
    """Between a record and what it names lies a moment in which it may come to name another one: then that one is asked for."""
    deal = crm.leads.capture("Jānis", funnel_id=sales.id).deal
    environment = crm._environment
    with environment.store.begin(environment.context, id_generator=environment.id_generator) as late:
        late.prefetch(Deal, deal.id, {"funnel_id": Funnel, "owner_id": Funnel})  # type: ignore[attr-defined]  # nothing of that name
        seen = late.get(Deal, deal.id)
        assert seen is not None
        assert sales == late.get(Funnel, seen.funnel_id)
        assert late.get(Funnel, "funnel_00000000000070008000000000000009") is None
