"""All kinds of records and facts that there are: the list that stores and wires are built from."""

from collections.abc import Iterator
from typing import Final

from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.appointments.diary import Diary
from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.parts import ApprovalLimit, ComplaintType
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document, Template
from crmcore.domain.escalation import Escalation
from crmcore.domain.feed import Subscription
from crmcore.domain.funnels import Funnel
from crmcore.domain.inbox import Arrival, Counterpart
from crmcore.domain.inquiries import Inquiry
from crmcore.domain.interactions import Interaction
from crmcore.domain.kernel import Entity, Event
from crmcore.domain.knowledge.articles import Article
from crmcore.domain.knowledge.questions import Answer, Question
from crmcore.domain.levels import ServiceLevel
from crmcore.domain.messages import Message
from crmcore.domain.occurrences import Occurrence
from crmcore.domain.people import Ring, Team, User
from crmcore.domain.receipts import Receipt
from crmcore.domain.service.contracts import ServiceContract
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.tasks import Task
from crmcore.domain.worktime.calendar import WorkCalendar

ENTITIES: Final[tuple[type[Entity], ...]] = (
    Answer,
    ApprovalLimit,
    Arrival,
    Appointment,
    Article,
    Commitment,
    Complaint,
    ComplaintType,
    Counterpart,
    Customer,
    Deal,
    Diary,
    Document,
    Escalation,
    Equipment,
    Funnel,
    Inquiry,
    Interaction,
    Maintenance,
    Message,
    Occurrence,
    Question,
    Receipt,
    Ring,
    ServiceLevel,
    ServiceContract,
    Subscription,
    Task,
    Team,
    Template,
    User,
    WorkCalendar,
)
"""Every kind of record."""


def _facts(kind: type[Event]) -> Iterator[type[Event]]:
    for fact in kind.__subclasses__():
        yield fact
        yield from _facts(fact)


EVENTS: Final[dict[str, type[Event]]] = {fact.name: fact for fact in sorted(_facts(Event), key=lambda fact: fact.name)}
"""Every kind of fact, by its name on the wire."""
