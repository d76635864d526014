"""All that is known of a customer, on one page."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from attrs import field

from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.interactions import Interaction
from crmcore.domain.kernel import record
from crmcore.domain.tasks import Task

ON_A_PAGE: Final = 100
"""How many of each kind a customer's page shows, the latest."""


@record
class Happening:
    """One line of a customer's timeline.

    Attributes:
        what: the kind of record and what became of it, as words: ``deal opened``, ``task done``.
        subject: the record's id.
    """

    at: datetime
    what: str
    subject: str


@record
class CustomerPage:
    """Everything that is known of a customer, so that nobody has to ask again. Of each kind the latest hundred."""

    customer: Customer
    deals: Sequence[Deal] = field(converter=tuple)
    tasks: Sequence[Task] = field(converter=tuple)
    interactions: Sequence[Interaction] = field(converter=tuple)
    commitments: Sequence[Commitment] = field(converter=tuple)
    complaints: Sequence[Complaint] = field(converter=tuple)
    documents: Sequence[Document] = field(converter=tuple)

    @property
    def timeline(self) -> Sequence[Happening]:
        """What happened, the latest first."""
        lines = [Happening(at=self.customer.added_at, what="customer added", subject=self.customer.id)]
        for deal in self.deals:
            lines.append(Happening(at=deal.opened_at, what="deal opened", subject=deal.id))
            if deal.closed_at is not None:
                lines.append(Happening(at=deal.closed_at, what=f"deal {deal.outcome.value}", subject=deal.id))
        for task in self.tasks:
            lines.append(Happening(at=task.given_at, what="task given", subject=task.id))
            if task.closed_at is not None:
                lines.append(Happening(at=task.closed_at, what=f"task {task.state.value}", subject=task.id))
        for contact in self.interactions:
            what = f"{contact.kind.value} {contact.direction.value}"
            lines.append(Happening(at=contact.happened_at, what=what, subject=contact.id))
        for promise in self.commitments:
            lines.append(Happening(at=promise.made_at, what=f"commitment {promise.side.value}", subject=promise.id))
            if promise.settled_at is not None:
                what = f"commitment {promise.state.value}"
                lines.append(Happening(at=promise.settled_at, what=what, subject=promise.id))
        for complaint in self.complaints:
            lines.append(Happening(at=complaint.received_at, what="complaint received", subject=complaint.id))
            if complaint.resolved_at is not None:
                what = f"complaint {complaint.state.value}"
                lines.append(Happening(at=complaint.resolved_at, what=what, subject=complaint.id))
        lines += [Happening(at=paper.added_at, what="document added", subject=paper.id) for paper in self.documents]
        return tuple(sorted(lines, key=attrgetter("at", "subject"), reverse=True))
