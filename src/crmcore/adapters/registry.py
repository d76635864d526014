"""Registry of all record classes and event classes.

Stores and the wire format are built from it.
"""

from collections.abc import Iterator
from typing import Final

from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.appointments.booking_lock import BookingLock
from crmcore.domain.activities.commitments import Commitment
from crmcore.domain.activities.interactions import Interaction
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import Entity, Event
from crmcore.domain.messaging.documents import Document
from crmcore.domain.messaging.messages import Message
from crmcore.domain.messaging.templates import Template
from crmcore.domain.organization.assignment import RoundRobin
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.teams import Team
from crmcore.domain.organization.users import User
from crmcore.domain.platform.feed import Subscription
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.domain.platform.inbox import ExternalRecordVersion, InboxMessage
from crmcore.domain.platform.jobs import ScheduledJob
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_parts import ApprovalLimit, ComplaintType
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.domain.service.field_service.contracts import ServiceContract
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.domain.service.knowledge.articles import Article
from crmcore.domain.service.knowledge.gaps import KnowledgeGap
from crmcore.domain.service.knowledge.usages import ArticleUsage
from crmcore.domain.sla.escalation import Escalation
from crmcore.domain.sla.policies import SlaPolicy

ENTITY_TYPES: Final[tuple[type[Entity], ...]] = (
    ArticleUsage,
    ApprovalLimit,
    InboxMessage,
    Appointment,
    Article,
    Commitment,
    Complaint,
    ComplaintType,
    ExternalRecordVersion,
    Customer,
    Deal,
    BookingLock,
    Document,
    Escalation,
    Equipment,
    Funnel,
    Inquiry,
    Interaction,
    MaintenancePlan,
    Message,
    ScheduledJob,
    KnowledgeGap,
    IdempotencyRecord,
    RoundRobin,
    SlaPolicy,
    ServiceContract,
    Subscription,
    Task,
    Team,
    Template,
    User,
    WorkCalendar,
)
"""All record classes."""


def _event_subclasses(base_type: type[Event]) -> Iterator[type[Event]]:
    for event_type in base_type.__subclasses__():
        yield event_type
        yield from _event_subclasses(event_type)


EVENT_TYPES: Final[dict[str, type[Event]]] = {
    event_type.name: event_type
    for event_type in sorted(_event_subclasses(Event), key=lambda event_type: event_type.name)
}
"""All event classes, by the name of the event."""
