"""What complaints tell whom: the customer, who hears what happens, and whoever is responsible."""

from typing import Final

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.customers.customer import Customer
from crmcore.domain.ids import ComplaintId
from crmcore.domain.messages import Message
from crmcore.domain.texts.catalogue import say
from crmcore.domain.worktime.time import WorkTime
from crmcore.services.house import House
from crmcore.services.steps.messages import tell_customer
from crmcore.services.steps.papers import written
from crmcore.services.steps.tasks import give_task
from crmcore.services.steps.watching import name_of
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit

SAID: Final = 2_000
"""How many characters of a decision a message repeats."""


def opened(unit: Unit, house: House, id: ComplaintId, version: int | None) -> tuple[Complaint, WorkTime]:
    """Read a complaint, and the working time by which it is counted."""
    complaint = unit.get(Complaint, id, version=version)
    return complaint, house_time(unit, house, complaint.calendar)


def facts_of(unit: Unit, house: House, complaint: Complaint) -> dict[str, str]:
    """What messages say of a complaint."""
    due, responsible = written(complaint.due_at, house), name_of(unit, complaint.responsible)
    return {"subject": complaint.subject, "due": due, "responsible": responsible}


def let_know(unit: Unit, house: House, complaint: Complaint, topic: str, *, text: str) -> Message | None:
    """Tell the customer by mail; where no address is known, somebody has to: give whoever is responsible the task."""
    person = unit.get(Customer, complaint.customer)
    facts = {"subject": complaint.subject, "text": text[:SAID]}
    message = tell_customer(unit, person, topic, about=complaint.id, **facts)
    if message is None:
        subject, body = say(topic, house.language, facts)
        give_task(
            unit,
            house,
            subject,
            kind="tell",
            note=body,
            assignee=complaint.responsible,
            customer=person.id,
            complaint=complaint.id,
        )
    return message
