"""What complaints tell whom: the customer, who hears what happens, and whoever is responsible."""

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.customers.customer import Customer
from crmcore.domain.fields.text import NOTE
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


def opened(unit: Unit, house: House, id: ComplaintId, version: int | None) -> tuple[Complaint, WorkTime]:
    """Read a complaint, and the working time by which it is counted."""
    complaint = unit.get(Complaint, id, version=version)
    return complaint, house_time(unit, house, complaint.calendar)


def facts_of(unit: Unit, house: House, complaint: Complaint) -> dict[str, str]:
    """What messages say of a complaint."""
    due, responsible = written(complaint.due_at, house), name_of(unit, complaint.responsible)
    return {"subject": complaint.subject, "due": due, "responsible": responsible}


def let_know(unit: Unit, house: House, complaint: Complaint, topic: str, *, text: str) -> Message | None:
    """Send the customer a mail; where no address is known, give the person who is responsible the task to pass it on.

    The mail holds the whole text. The note of a task holds 10,000 characters: a longer one ends in an ellipsis and the id of the complaint.
    """
    person = unit.get(Customer, complaint.customer)
    facts = {"subject": complaint.subject, "text": text}
    message = tell_customer(unit, person, topic, about=complaint.id, **facts)
    if message is None:
        subject, body = say(topic, house.language, facts)
        if len(body) > NOTE:  # a note holds less than a decision, which stands whole in the complaint
            pointer = f"…\n{complaint.id}"
            body = body[: NOTE - len(pointer)] + pointer
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
