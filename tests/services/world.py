"""A small house in which every story can be told, and a way to see that nothing in it has changed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from crmcore import Crm, ExternalId, FrozenClock, Recurrence
from crmcore.adapters.files import MemoryFiles
from crmcore.adapters.ids import CountingIds
from crmcore.adapters.kinds import ENTITIES
from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.clocks.marks import Targets
from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.parts import ComplaintType
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.funnels import CreateTask, Funnel, Stage
from crmcore.domain.inquiries import Inquiry
from crmcore.domain.interactions import Interaction
from crmcore.domain.kernel import Entity
from crmcore.domain.knowledge.articles import Article
from crmcore.domain.knowledge.questions import Question
from crmcore.domain.levels import Audience, ServiceLevel
from crmcore.domain.people import Team, User
from crmcore.domain.service.contracts import ServiceContract
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.tasks import Task
from crmcore.domain.values.money import Money
from crmcore.domain.worktime.calendar import WorkCalendar
from crmcore.services.ports import Ids, Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY: Final = "00000000000070008fffffffffffffff"
"""The digits of an id that nothing has."""


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
    article: Article
    question: Question
    appointment: Appointment
    equipment: Equipment
    contract: ServiceContract
    maintenance: Maintenance
    calendar: WorkCalendar
    level: ServiceLevel
    inquiry: Inquiry
    complainttype: ComplaintType
    dead_message: str = f"message_{NOBODY}"
    dead_occurrence: str = f"occurrence_{NOBODY}"


def furnish(store: Store | None = None, *, tenant: str = "default", ids: Ids | None = None) -> World:
    """Build the house."""
    clock = FrozenClock(NOON)
    crm = Crm(
        store, tenant=tenant, actor="anna", clock=clock, ids=ids or CountingIds(), region="LV", files=MemoryFiles()
    )
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
        request=ExternalId("web", "1001"),
        funnel=funnel.id,
        source="web site",
        value=Money(100, "EUR"),
    )
    assert lead.task is not None
    article = crm.knowledge.write("Returns", "Bring it back", topic="returns")
    crm.knowledge.ask("Who made the world?")
    office = crm.calendars.create("Mo-Fr 09:00-18:00", name="office", country="UZ")
    office = crm.calendars.add_holiday(office.id, date(2026, 5, 1), name="Labour Day")
    crm.complaints.declare_type("quality")
    level = crm.levels.create("Gold", Targets(resolution=timedelta(hours=8)), audience=Audience(contracts=("gold",)))
    boiler = crm.service.install(
        "Boiler",
        customer=lead.customer.id,
        installed_at=NOON - timedelta(days=1_000),
        expected_life=timedelta(days=1_000),
        meter="hours",
    )
    care = crm.service.sign("Care", customer=lead.customer.id, since=date(2026, 1, 1), until=date(2027, 1, 1))
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
        article=article,
        question=crm.knowledge.gaps()[0],
        appointment=crm.appointments.book(
            "Look in", since=NOON + timedelta(days=2), attendees=[boss.id], repeats=Recurrence("FREQ=WEEKLY;COUNT=3")
        ),
        equipment=boiler,
        contract=care,
        maintenance=crm.service.plan_maintenance(boiler.id, "Look after it", every_total=500, contract=care.id),
        calendar=office,
        level=level,
        inquiry=crm.inquiries.receive("How to clean?", customer=lead.customer.id, responsible=anna.id),
        complainttype=crm.complaints.types()[0],
        deal=crm.deals.get(lead.deal.id),
    )


def another(world: World) -> World:
    """A house like it, of another tenant in the same store."""
    house = world.crm.house
    return furnish(house.store, tenant=house.ids.new("tenant"), ids=house.ids)


def keep(crm: Crm, *records: Entity) -> None:
    """Store records as they are, past all stories."""
    with crm.house.store.begin(crm.house.context, ids=crm.house.ids) as transaction:
        for record in records:
            transaction.save(record)
        transaction.commit()


def dump(crm: Crm) -> list[Any]:
    """Everything that the store holds of a tenant: records, their entries, the feed."""
    held: list[Any] = []
    with crm.house.store.begin(crm.house.context, ids=crm.house.ids) as transaction:
        for kind in ENTITIES:
            for record in transaction.find(kind):
                held += [record, *(transaction.entries(kind, record.id) if kind.shape.entries else ())]
        return [*held, *transaction.events(limit=10_000)]
