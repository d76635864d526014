"""A policy is asked in every story: what an actor may not see is not there, and what he may not do is not done."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from crmcore import Crm, FrozenClock, MemoryStore, Money, Requirement, SqlStore, Stage
from crmcore.domain.criteria import EVERYTHING, Criterion, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.interactions import Interaction
from crmcore.domain.kernel import Entity
from crmcore.domain.requirements import Rule
from crmcore.domain.tasks import Task
from crmcore.errors import CrmError, Forbidden, KeyReused, NotFound, RuleBroken, StageGateClosed, Taken
from crmcore.services.ports import Context, Store
from tests.adapters.test_stores import empty
from tests.services.calls import calls
from tests.services.world import NOON, dump, furnish

OWNERS: Final[Mapping[type[Entity], str]] = {Customer: "owner", Deal: "owner", Task: "assignee", Interaction: "user"}
BOSSES: Final = frozenset({"boss", "system"})


@frozen
class Territories:
    """Everybody sees what is his or hers, and changes nothing else; bosses see and do everything."""

    def visible(self, context: Context, kind: type[Entity], /) -> Criterion:
        """What is the actor's own."""
        if context.actor in BOSSES or kind not in OWNERS:
            return EVERYTHING
        return Is(OWNERS[kind], context.actor)

    def check(self, context: Context, story: str, entity: Entity | None, /) -> None:
        """Nobody but a boss draws funnels, or changes what belongs to others."""
        if context.actor in BOSSES:
            return
        if story.startswith("funnels.create"):
            raise Forbidden(context.actor, story)
        field = OWNERS.get(type(entity)) if entity is not None else None
        if field is not None and getattr(entity, field) not in {context.actor, None}:
            raise Forbidden(context.actor, story)


@frozen(kw_only=True)
class Land:
    """Two territories, and the boss of both."""

    boss: Crm
    anna: Crm
    berta: Crm
    funnel: Any
    annas: Any
    bertas: Any


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def land(request: pytest.FixtureRequest) -> Iterator[Land]:
    """One lead of Anna's, one of Berta's."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    if request.param == "postgresql":
        store = SqlStore.open(request.getfixturevalue("postgresql_url"))
        empty(store)
    boss = Crm(store, actor="boss", policy=Territories(), clock=FrozenClock(NOON))
    anna, berta = boss.people.add("Anna", roles=["manager"]), boss.people.add("Berta", roles=["manager"])
    funnel = boss.funnels.create("Sales", stages=["Call", "Offer", "Won"], role="manager", loss_reasons=["dear"])
    leads = [
        boss.leads.capture(name, phone=phone, funnel=funnel.id, source=name, value=Money(100, "EUR"))
        for name, phone in (("Jānis", "+37120000001"), ("Jānis Otrais", "+37120000002"))
    ]
    for lead in leads:
        boss.tasks.give("Call", assignee=lead.deal.owner, deal=lead.deal.id, due_at=NOON)
        boss.interactions.log("call", deal=lead.deal.id)
    yield Land(
        boss=boss,
        anna=boss.acting_as(anna.id),
        berta=boss.acting_as(berta.id),
        funnel=funnel,
        annas=leads[0],
        bertas=leads[1],
    )
    store.close()


def test_lists_searches_and_pages_hold_what_is_one_s_own(land: Land) -> None:
    """Whatever is read several at a time, the others' is not among it; the boss sees all."""
    for crm, own in ((land.anna, {land.annas.deal.id}), (land.boss, {land.annas.deal.id, land.bertas.deal.id})):
        customers = {deal.customer for deal in (land.annas.deal, land.bertas.deal) if deal.id in own}

        assert own == {deal.id for deal in crm.deals.list()}
        assert own == {task.deal for task in crm.tasks.list()}
        assert customers == {customer.id for customer in crm.customers.search("janis")}
        assert customers == {c.id for n in "12" for c in crm.customers.reachable_at(f"+3712000000{n}")}
        assert own == {deal.id for deal in crm.customers.page(land.annas.customer.id).deals} | (
            own - {land.annas.deal.id}
        )
    assert list(land.anna.interactions.list(customer=land.bertas.customer.id)) == []


def test_reports_count_what_is_one_s_own(land: Land) -> None:
    """Funnels, sources, people and late tasks count what the actor may see, also when a database counts."""
    land.boss.deals.win(land.bertas.deal.id)
    anna, boss = (crm.reports.live(land.funnel.id) for crm in (land.anna, land.boss))

    assert (anna.funnel.opened, boss.funnel.opened) == (1, 2)
    assert (anna.funnel.revenue, boss.funnel.revenue) == ((), (Money(100, "EUR"),))
    assert [line.source for line in anna.sources] == ["Jānis"]
    assert {line.name: (line.deals, line.calls, line.overdue) for line in anna.people} == {
        "Anna": (1, 1, 0),
        "Berta": (0, 0, 0),
    }
    assert {line.name: (line.deals, line.calls) for line in boss.people} == {"Anna": (1, 1), "Berta": (1, 1)}
    assert sum(stage.visits for stage in anna.funnel.stages) == 1


FOREIGN: Final[Mapping[str, Callable[[Crm, Any], Any]]] = {
    "read": lambda crm, lead: crm.deals.get(lead.deal.id),
    "history": lambda crm, lead: crm.deals.history(lead.deal.id),
    "missing": lambda crm, lead: crm.deals.missing(lead.deal.id),
    "move": lambda crm, lead: crm.deals.move(lead.deal.id, to="Offer"),
    "win": lambda crm, lead: crm.deals.win(lead.deal.id),
    "lose": lambda crm, lead: crm.deals.lose(lead.deal.id, reason="dear"),
    "hand over": lambda crm, lead: crm.deals.hand_over(lead.deal.id, to=crm.people.list(role="manager")[0].id),
    "log": lambda crm, lead: crm.interactions.log("call", deal=lead.deal.id),
    "promise": lambda crm, lead: crm.commitments.make("Tea", side="ours", deal=lead.deal.id),
    "task": lambda crm, lead: crm.tasks.give("Spy", deal=lead.deal.id),
    "customer": lambda crm, lead: crm.customers.get(lead.customer.id),
    "page": lambda crm, lead: crm.customers.page(lead.customer.id),
    "rename": lambda crm, lead: crm.customers.rename(lead.customer.id, "Mine"),
    "relate": lambda crm, lead: crm.customers.relate(lead.customer.id, "relative_of", lead.customer.id),
    "complaint": lambda crm, lead: crm.complaints.receive("x", type="q", customer=lead.customer.id),
    "document": lambda crm, lead: (
        crm.documents.list(deal=lead.deal.id) or crm.documents.render("Offer", deal=lead.deal.id)
    ),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_another_s_is_not_there(land: Land, what: str) -> None:
    """Reading and doing alike: the answer is that of an id that nothing has, and nothing changes."""
    held = dump(land.boss)
    with pytest.raises(NotFound):
        FOREIGN[what](land.anna, land.bertas)

    assert held == dump(land.boss)


def test_what_may_be_seen_may_still_be_forbidden(land: Land) -> None:
    """A story is refused before it begins, or where it would save what the actor may not; nothing of it happens."""
    held = dump(land.boss)
    berta = land.bertas.deal.owner
    with pytest.raises(Forbidden):
        land.anna.funnels.create("Own", stages=["A"])
    with pytest.raises(Forbidden):
        land.anna.tasks.give("Do my work", assignee=berta)
    with pytest.raises(Forbidden):
        land.anna.deals.hand_over(land.annas.deal.id, to=berta)

    assert held == dump(land.boss)


def test_rules_judge_by_what_is_and_not_by_what_is_seen(land: Land) -> None:
    """What hides records from an actor hides them from no rule: rings turn over everybody, stages in use stay, gates see all."""
    taken = land.anna.leads.capture("Zane", funnel=land.funnel.id)
    with pytest.raises(RuleBroken):
        land.anna.funnels.redraw(land.funnel.id, stages=["Other"])
    with pytest.raises(Taken) as refusal:
        land.anna.customers.add("Stranger", phone="+37120000002", owner=land.annas.deal.owner)

    assert taken.assignment.user == land.anna.house.context.actor
    assert refusal.value.holder == ""  # that there is one is told, who it is not


def test_a_gate_sees_the_tasks_of_others(land: Land) -> None:
    """A stage that asks for no open tasks stays shut while somebody else still has one."""
    strict = land.boss.funnels.create(
        "Strict", stages=[Stage.named("A", to_leave=[Requirement(Rule.NO_OPEN_TASKS)]), Stage.named("B")]
    )
    anna, berta = land.annas.deal.owner, land.bertas.deal.owner
    deal = land.boss.deals.open("D", customer=land.annas.customer.id, funnel=strict.id, owner=anna).deal
    land.boss.tasks.give("Measure", assignee=berta, deal=deal.id)

    with pytest.raises(StageGateClosed):
        land.anna.deals.move(deal.id, to="B")
    with pytest.raises(Forbidden):  # losing would call off what is Berta's
        land.anna.deals.lose(deal.id, reason="any")


def test_a_key_tells_nobody_else_what_it_told(land: Land) -> None:
    """The answer to a key is its own actor's; another one who uses the same key learns nothing."""
    land.boss.deals.describe(land.bertas.deal.id, about="secret", key="k")
    with pytest.raises(KeyReused):
        land.anna.deals.describe(land.bertas.deal.id, about="secret", key="k")


@frozen
class Nobody:
    """May begin nothing."""

    def visible(self, context: Context, kind: type[Entity], /) -> Criterion:
        """Everything, which helps nobody who may begin nothing."""
        return EVERYTHING

    def check(self, context: Context, story: str, entity: Entity | None, /) -> None:
        """No."""
        raise Forbidden(context.actor, story)


@pytest.mark.parametrize("call", list(calls()), ids=str)
def test_every_story_asks_before_it_begins(call: Any) -> None:
    """There is no story that a policy is not asked about."""
    world = call.prepare(furnish())
    shut = Crm(world.crm.house.store, policy=Nobody(), clock=world.clock, tenant="default", files=world.crm.house.files)
    given = call.needs(world)
    with pytest.raises(CrmError) as refusal:
        call.tell(evolve(world, crm=shut), given)

    assert refusal.value.code == "forbidden"
