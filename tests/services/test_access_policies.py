"""Access policy: hidden records do not exist, denied commands fail."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from crmcore import Crm, FrozenClock, MemoryStore, Money, Requirement, SqlStore, Stage
from crmcore.domain.activities.interactions import Interaction
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, Eq
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.requirements import RequirementKind
from crmcore.errors import (
    BusinessRuleError,
    CrmError,
    DuplicateKeyError,
    IdempotencyKeyReusedError,
    NotFoundError,
    PermissionDeniedError,
    StageRequirementsNotMetError,
)
from crmcore.ports import RequestContext, Store
from tests.adapters.test_store_contract import truncate_tables
from tests.services.calls import calls
from tests.services.world import NOON, create_world, dump_records

OWNER_FIELDS: Final[Mapping[type[Entity], str]] = {
    Customer: "owner_id",
    Deal: "owner_id",
    Task: "assignee_id",
    Interaction: "author_id",
}
BOSSES: Final = frozenset({"boss", "system"})


@frozen
class OwnRecordsPolicy:
    """Users see and change their own records; bosses see everything."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:
        """Return the criterion of the actor's own records."""
        if context.actor in BOSSES or entity_type not in OWNER_FIELDS:
            return MATCH_ALL
        return Eq(OWNER_FIELDS[entity_type], context.actor)

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Reject funnels and records of others, except for bosses."""
        if context.actor in BOSSES:
            return
        if command.startswith("funnels.create"):
            raise PermissionDeniedError(context.actor, command)
        field = OWNER_FIELDS.get(type(entity)) if entity is not None else None
        if field is not None and getattr(entity, field) not in {context.actor, None}:
            raise PermissionDeniedError(context.actor, command)


@frozen(kw_only=True)
class TwoOwners:
    """Two owners with a lead each, and their boss."""

    boss: Crm
    anna: Crm
    berta: Crm
    funnel: Any
    annas_lead: Any
    bertas_lead: Any


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def two_owners(request: pytest.FixtureRequest) -> Iterator[TwoOwners]:
    """A lead of Anna and a lead of Berta."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    if request.param == "postgresql":
        store = SqlStore.open(request.getfixturevalue("postgresql_url"))
        truncate_tables(store)
    boss = Crm(store, actor="boss", access_policy=OwnRecordsPolicy(), clock=FrozenClock(NOON))
    anna, berta = boss.users.create("Anna", roles=["manager"]), boss.users.create("Berta", roles=["manager"])
    funnel = boss.funnels.create("Sales", stages=["Call", "Offer", "Won"], role="manager", loss_reasons=["dear"])
    leads = [
        boss.leads.capture(name, phone=phone, funnel_id=funnel.id, source=name, value=Money(100, "EUR"))
        for name, phone in (("Jānis", "+37120000001"), ("Jānis Otrais", "+37120000002"))
    ]
    for lead in leads:
        boss.tasks.create("Call", assignee_id=lead.deal.owner_id, deal_id=lead.deal.id, due_at=NOON)
        boss.interactions.log("call", deal_id=lead.deal.id)
    yield TwoOwners(
        boss=boss,
        anna=boss.acting_as(anna.id),
        berta=boss.acting_as(berta.id),
        funnel=funnel,
        annas_lead=leads[0],
        bertas_lead=leads[1],
    )
    store.close()


def test_queries_return_visible_records_only(two_owners: TwoOwners) -> None:
    """Lists contain visible records only; the boss sees all."""
    for crm, own in (
        (two_owners.anna, {two_owners.annas_lead.deal.id}),
        (two_owners.boss, {two_owners.annas_lead.deal.id, two_owners.bertas_lead.deal.id}),
    ):
        customers = {
            deal.customer_id for deal in (two_owners.annas_lead.deal, two_owners.bertas_lead.deal) if deal.id in own
        }

        assert own == {deal.id for deal in crm.deals.list()}
        assert own == {task.deal_id for task in crm.tasks.list()}
        assert customers == {customer.id for customer in crm.customers.search("janis")}
        assert customers == {c.id for n in "12" for c in crm.customers.find_by_contact_point(f"+3712000000{n}")}
        assert own == {deal.id for deal in crm.customers.overview(two_owners.annas_lead.customer.id).deals} | (
            own - {two_owners.annas_lead.deal.id}
        )
    assert list(two_owners.anna.interactions.list(customer_id=two_owners.bertas_lead.customer.id)) == []


def test_reports_count_visible_records_only(two_owners: TwoOwners) -> None:
    """Reports count visible records only, also in the database."""
    two_owners.boss.deals.win(two_owners.bertas_lead.deal.id)
    anna, boss = (crm.reports.dashboard(two_owners.funnel.id) for crm in (two_owners.anna, two_owners.boss))

    assert (anna.funnel.opened, boss.funnel.opened) == (1, 2)
    assert (anna.funnel.revenue, boss.funnel.revenue) == ((), (Money(100, "EUR"),))
    assert [line.source for line in anna.sources] == ["Jānis"]
    assert {line.name: (line.deals, line.calls, line.overdue) for line in anna.people} == {
        "Anna": (1, 1, 0),
        "Berta": (0, 0, 0),
    }
    assert {line.name: (line.deals, line.calls) for line in boss.people} == {"Anna": (1, 1), "Berta": (1, 1)}
    assert sum(stage.visits for stage in anna.funnel.stages) == 1


COMMANDS_ON_HIDDEN_RECORD: Final[Mapping[str, Callable[[Crm, Any], Any]]] = {
    "read": lambda crm, lead: crm.deals.get(lead.deal.id),
    "history": lambda crm, lead: crm.deals.history(lead.deal.id),
    "missing": lambda crm, lead: crm.deals.unmet_requirements(lead.deal.id),
    "move": lambda crm, lead: crm.deals.move(lead.deal.id, stage_key="Offer"),
    "win": lambda crm, lead: crm.deals.win(lead.deal.id),
    "lose": lambda crm, lead: crm.deals.lose(lead.deal.id, reason="dear"),
    "hand over": lambda crm, lead: crm.deals.change_owner(lead.deal.id, owner_id=crm.users.list(role="manager")[0].id),
    "log": lambda crm, lead: crm.interactions.log("call", deal_id=lead.deal.id),
    "promise": lambda crm, lead: crm.commitments.create("Tea", side="ours", deal_id=lead.deal.id),
    "task": lambda crm, lead: crm.tasks.create("Spy", deal_id=lead.deal.id),
    "customer": lambda crm, lead: crm.customers.get(lead.customer.id),
    "page": lambda crm, lead: crm.customers.overview(lead.customer.id),
    "rename": lambda crm, lead: crm.customers.rename(lead.customer.id, "Mine"),
    "relate": lambda crm, lead: crm.customers.add_relation(lead.customer.id, "relative_of", lead.customer.id),
    "complaint": lambda crm, lead: crm.complaints.receive("x", type="q", customer_id=lead.customer.id),
    "document": lambda crm, lead: (
        crm.documents.list(deal_id=lead.deal.id) or crm.documents.render("Offer", deal_id=lead.deal.id)
    ),
}


@pytest.mark.parametrize("what", COMMANDS_ON_HIDDEN_RECORD)
def test_hidden_record_is_not_found(two_owners: TwoOwners, what: str) -> None:
    """A hidden record gives the error of an unknown id, and no change."""
    held = dump_records(two_owners.boss)
    with pytest.raises(NotFoundError):
        COMMANDS_ON_HIDDEN_RECORD[what](two_owners.anna, two_owners.bertas_lead)

    assert held == dump_records(two_owners.boss)


def test_visible_record_can_be_read_only(two_owners: TwoOwners) -> None:
    """A denied command has no effect."""
    held = dump_records(two_owners.boss)
    berta = two_owners.bertas_lead.deal.owner_id
    with pytest.raises(PermissionDeniedError):
        two_owners.anna.funnels.create("Own", stages=["A"])
    with pytest.raises(PermissionDeniedError):
        two_owners.anna.tasks.create("Do my work", assignee_id=berta)
    with pytest.raises(PermissionDeniedError):
        two_owners.anna.deals.change_owner(two_owners.annas_lead.deal.id, owner_id=berta)

    assert held == dump_records(two_owners.boss)


def test_business_rules_ignore_access_policy(two_owners: TwoOwners) -> None:
    """Business rules see all records: round robin, stages in use, keys."""
    taken = two_owners.anna.leads.capture("Zane", funnel_id=two_owners.funnel.id)
    with pytest.raises(BusinessRuleError):
        two_owners.anna.funnels.update(two_owners.funnel.id, stages=["Other"])
    with pytest.raises(DuplicateKeyError) as excinfo:
        two_owners.anna.customers.create("Stranger", phone="+37120000002", owner_id=two_owners.annas_lead.deal.owner_id)

    assert taken.assignment.user_id == two_owners.anna._environment.context.actor
    assert excinfo.value.existing_id == ""  # the error hides the other record


def test_gate_counts_tasks_of_other_users(two_owners: TwoOwners) -> None:
    """Exit criteria count the open tasks of other users."""
    strict = two_owners.boss.funnels.create(
        "Strict",
        stages=[Stage.named("A", exit_criteria=[Requirement(RequirementKind.NO_OPEN_TASKS)]), Stage.named("B")],
    )
    anna, berta = two_owners.annas_lead.deal.owner_id, two_owners.bertas_lead.deal.owner_id
    deal = two_owners.boss.deals.open(
        "D", customer_id=two_owners.annas_lead.customer.id, funnel_id=strict.id, owner_id=anna
    ).deal
    two_owners.boss.tasks.create("Measure", assignee_id=berta, deal_id=deal.id)

    with pytest.raises(StageRequirementsNotMetError):
        two_owners.anna.deals.move(deal.id, stage_key="B")
    with pytest.raises(PermissionDeniedError):  # losing would cancel a task of Berta
        two_owners.anna.deals.lose(deal.id, reason="any")


def test_idempotency_key_of_other_actor_returns_nothing(two_owners: TwoOwners) -> None:
    """A key of another actor is rejected, and reveals no result."""
    two_owners.boss.deals.update(two_owners.bertas_lead.deal.id, description="secret", idempotency_key="k")
    with pytest.raises(IdempotencyKeyReusedError):
        two_owners.anna.deals.update(two_owners.bertas_lead.deal.id, description="secret", idempotency_key="k")


@frozen
class DenyAllPolicy:
    """Denies every command."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:
        """Return no restriction; the commands are denied anyway."""
        return MATCH_ALL

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Deny."""
        raise PermissionDeniedError(context.actor, command)


@pytest.mark.parametrize("call", list(calls()), ids=str)
def test_every_command_is_authorized(call: Any) -> None:
    """Every command and query asks the access policy."""
    world = call.prepare(create_world())
    shut = Crm(
        world.crm._environment.store,
        access_policy=DenyAllPolicy(),
        clock=world.clock,
        tenant="default",
        file_store=world.crm._environment.file_store,
    )
    given = call.required_arguments(world)
    with pytest.raises(CrmError) as excinfo:
        call.execute(evolve(world, crm=shut), given)

    assert excinfo.value.code == "permission_denied"
