"""All kinds of records and facts that there are: the list that stores and wires are built from."""

from collections.abc import Iterator
from typing import Final

from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.appointments.diary import BookingLock
from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.parts import ApprovalLimit, ComplaintType
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document, Template
from crmcore.domain.escalation import Escalation
from crmcore.domain.feed import Subscription
from crmcore.domain.funnels import Funnel
from crmcore.domain.inbox import ExternalRecordVersion, InboxMessage
from crmcore.domain.inquiries import Inquiry
from crmcore.domain.interactions import Interaction
from crmcore.domain.kernel import Entity, Event
from crmcore.domain.knowledge.articles import Article
from crmcore.domain.knowledge.questions import ArticleUsage, KnowledgeGap
from crmcore.domain.levels import SlaPolicy
from crmcore.domain.messages import Message
from crmcore.domain.occurrences import ScheduledJob
from crmcore.domain.people import RoundRobin, Team, User
from crmcore.domain.receipts import IdempotencyRecord
from crmcore.domain.service.contracts import ServiceContract
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import MaintenancePlan
from crmcore.domain.tasks import Task
from crmcore.domain.worktime.calendar import WorkCalendar

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
"""Every kind of record."""


def _event_subclasses(base_type: type[Event]) -> Iterator[type[Event]]:
    for event_type in base_type.__subclasses__():
        yield event_type
        yield from _event_subclasses(event_type)


EVENT_TYPES: Final[dict[str, type[Event]]] = {
    event_type.name: event_type
    for event_type in sorted(_event_subclasses(Event), key=lambda event_type: event_type.name)
}
"""Every kind of fact, by its name on the wire."""
