"""A small house in which every story can be told, and a way to see that nothing in it has changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from crmcore import Crm, ExternalId, FrozenClock, Request
from crmcore.adapters.ids import CountingIds
from crmcore.adapters.kinds import ENTITIES
from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints import Complaint
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.funnels import CreateTask, Funnel, Stage
from crmcore.domain.interactions import Interaction
from crmcore.domain.people import Team, User
from crmcore.domain.tasks import Task
from crmcore.domain.values.money import Money
from crmcore.services.ports import Context, Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
TENANTS: Final = ("default", "others")


@frozen(kw_only=True)
class World:
    """A house with one of everything in it."""

    crm: Crm
    clock: FrozenClock
    team: Team
    boss: User
    anna: User
    funnel: Funnel
    customer: Customer
    company: Customer
    deal: Deal
    task: Task
    interaction: Interaction
    commitment: Commitment
    complaint: Complaint
    document: Document


def furnish(store: Store | None = None, *, tenant: str = "default", ids: CountingIds | None = None) -> World:
    """Build the house."""
    clock = FrozenClock(NOON)
    crm = Crm(store, tenant=tenant, actor="anna", clock=clock, ids=ids or CountingIds(), region="LV")
    boss = crm.people.add("Ilze Boss", roles=["boss"], email="ilze@example.lv")
    team = crm.people.form_team("Riga")
    anna = crm.people.add("Anna Liepa", roles=["manager"], login="anna", supervisor=boss.id, team=team.id)
    funnel = crm.funnels.create(
        "Windows",
        stages=[
            Stage.named("First call", probability=10, on_entry=[CreateTask(title="Call {customer}", kind="call")]),
            Stage.named("Payment", probability=80),
            Stage.named("Installation", kind="won"),
        ],
        loss_reasons=["too dear"],
        role="manager",
    )
    crm.documents.write_template("Offer", "Dear customer", media_type="text/plain")
    company = crm.customers.add("SIA Logs", kind="organisation")
    lead = crm.leads.capture(
        "Jānis Bērziņš",
        phone="+371 2000 0000",
        email="janis@example.lv",
        external_id=ExternalId("erp", "7"),
        request=Request("web", "1001"),
        funnel=funnel.id,
        source="web site",
        value=Money(100, "EUR"),
    )
    assert lead.task is not None
    return World(
        crm=crm,
        clock=clock,
        team=team,
        boss=boss,
        anna=anna,
        funnel=funnel,
        customer=lead.customer,
        company=company,
        task=lead.task,
        interaction=crm.interactions.log("call", deal=lead.deal.id, duration=timedelta(minutes=4)),
        commitment=crm.commitments.make("Send the offer", side="ours", deal=lead.deal.id, due_at=NOON),
        complaint=crm.complaints.receive("Draughty", type="quality", customer=lead.customer.id, responsible=anna.id),
        document=crm.documents.render("Offer", deal=lead.deal.id),
        deal=crm.deals.get(lead.deal.id),
    )


def dump(store: Store) -> list[Any]:
    """Everything that a store holds, of all tenants: records, their entries, the feed."""
    held: list[Any] = []
    for tenant in TENANTS:
        with store.begin(Context(tenant=tenant), ids=CountingIds()) as transaction:
            for kind in ENTITIES:
                for record in transaction.find(kind):
                    held += [record, *transaction.entries(kind, record.id)] if kind.shape.entries else [record]
            held += transaction.events(limit=10_000)
    return held


def problem(call: Callable[[], Any]) -> tuple[type[Exception], str] | None:
    """What a call is refused with, if it is."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  # the point is to see which it is
        return type(error), str(error)
    return None
