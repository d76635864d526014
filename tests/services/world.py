"""A prepared CRM for every command, and a dump to detect changes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from crmcore import Crm, ExternalId, FrozenClock, Recurrence
from crmcore.adapters.files import MemoryFileStore
from crmcore.adapters.ids import SequentialIds
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.commitments import Commitment
from crmcore.domain.activities.interactions import Interaction
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.messaging.documents import Document
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.teams import Team
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.actions import CreateTask
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_parts import ComplaintType
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.domain.service.field_service.contracts import ServiceContract
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.domain.service.knowledge.articles import Article
from crmcore.domain.service.knowledge.gaps import KnowledgeGap
from crmcore.domain.sla.policies import SlaConditions, SlaPolicy
from crmcore.domain.sla.targets import SlaTargets
from crmcore.ports import IdGenerator, Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNKNOWN_ID_DIGITS: Final = "00000000000070008fffffffffffffff"
"""The digits of an id that does not exist."""


@frozen(kw_only=True)
class World:
    """A CRM with one record of each entity type."""

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
    knowledge_gap: KnowledgeGap
    appointment: Appointment
    equipment: Equipment
    contract: ServiceContract
    maintenance_plan: MaintenancePlan
    calendar: WorkCalendar
    sla_policy: SlaPolicy
    inquiry: Inquiry
    complaint_type: ComplaintType
    dead_message: str = f"message_{UNKNOWN_ID_DIGITS}"
    dead_job: str = f"occurrence_{UNKNOWN_ID_DIGITS}"


def create_world(store: Store | None = None, *, tenant: str = "default", ids: IdGenerator | None = None) -> World:
    """Create the CRM and its records."""
    clock = FrozenClock(NOON)
    crm = Crm(
        store,
        tenant=tenant,
        actor="anna",
        clock=clock,
        id_generator=ids or SequentialIds(),
        region="LV",
        file_store=MemoryFileStore(),
    )
    boss = crm.users.create("Ilze Boss", roles=["boss"], email="ilze@example.lv")
    team = crm.users.create_team("Riga")
    anna = crm.users.create("Anna Liepa", roles=["manager"], login="anna", manager_id=boss.id, team_id=team.id)
    funnel = crm.funnels.create(
        "Windows",
        stages=[
            Stage.named("First call", probability=10, entry_actions=[CreateTask(title="Call {customer}", kind="call")]),
            Stage.named("Payment", probability=80),
            Stage.named("Installation", kind="won"),
        ],
        loss_reasons=["too dear"],
        role="manager",
    )
    crm.documents.save_template("Offer", "Dear customer", media_type="text/plain")
    company = crm.customers.create("SIA Logs", kind="organisation")
    lead = crm.leads.capture(
        "Jānis Bērziņš",
        phone="+371 2000 0000",
        email="janis@example.lv",
        external_id=ExternalId("erp", "7"),
        request=ExternalId("web", "1001"),
        funnel_id=funnel.id,
        source="web site",
        value=Money(100, "EUR"),
    )
    assert lead.task is not None
    article = crm.knowledge.create("Returns", "Bring it back", topic="returns")
    crm.knowledge.search_or_log_gap("Who made the world?")
    office = crm.calendars.create("Mo-Fr 09:00-18:00", name="office", country="UZ")
    office = crm.calendars.add_holiday(office.id, date(2026, 5, 1), name="Labour Day")
    crm.complaints.create_type("quality")
    level = crm.sla_policies.create(
        "Gold", SlaTargets(resolution=timedelta(hours=8)), conditions=SlaConditions(contracts=("gold",))
    )
    boiler = crm.field_service.install_equipment(
        "Boiler",
        customer_id=lead.customer.id,
        installed_at=NOON - timedelta(days=1_000),
        expected_life=timedelta(days=1_000),
        meter="hours",
    )
    care = crm.field_service.create_contract(
        "Care", customer_id=lead.customer.id, since=date(2026, 1, 1), until=date(2027, 1, 1)
    )
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
        interaction=crm.interactions.log("call", deal_id=lead.deal.id, duration=timedelta(minutes=4)),
        commitment=crm.commitments.create("Send the offer", side="ours", deal_id=lead.deal.id, due_at=NOON),
        complaint=crm.complaints.receive("Draughty", type="quality", customer_id=lead.customer.id, owner_id=anna.id),
        document=crm.documents.render("Offer", deal_id=lead.deal.id),
        article=article,
        knowledge_gap=crm.knowledge.list_gaps()[0],
        appointment=crm.appointments.book(
            "Look in",
            since=NOON + timedelta(days=2),
            attendee_ids=[boss.id],
            recurrence=Recurrence("FREQ=WEEKLY;COUNT=3"),
        ),
        equipment=boiler,
        contract=care,
        maintenance_plan=crm.field_service.plan_maintenance(
            boiler.id, "Look after it", every_total=500, contract_id=care.id
        ),
        calendar=office,
        sla_policy=level,
        inquiry=crm.inquiries.receive("How to clean?", customer_id=lead.customer.id, owner_id=anna.id),
        complaint_type=crm.complaints.list_types()[0],
        deal=crm.deals.get(lead.deal.id),
    )


def create_other_tenant(world: World) -> World:
    """Create the same records for another tenant of the same store."""
    environment = world.crm._environment
    return create_world(environment.store, tenant=environment.id_generator.new("tenant"), ids=environment.id_generator)


def save_records(crm: Crm, *records: Entity) -> None:
    """Store records directly, without commands."""
    with crm._environment.store.begin(
        crm._environment.context, id_generator=crm._environment.id_generator
    ) as transaction:
        for record in records:
            transaction.save(record)
        transaction.commit()


def dump_records(crm: Crm) -> list[Any]:
    """Return all records, log entries and events of a tenant."""
    records: list[Any] = []
    with crm._environment.store.begin(
        crm._environment.context, id_generator=crm._environment.id_generator
    ) as transaction:
        for entity_type in ENTITY_TYPES:
            for record in transaction.find(entity_type):
                records += [
                    record,
                    *(transaction.entries(entity_type, record.id) if entity_type.meta.log_field else ()),
                ]
        return [*records, *transaction.read_events(limit=10_000)]
