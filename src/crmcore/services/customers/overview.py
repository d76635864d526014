"""Customer overview (customer 360): all records of one customer."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

from attrs import field

from crmcore.domain.activities.commitments import Commitment
from crmcore.domain.activities.interactions import Interaction
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import record
from crmcore.domain.messaging.documents import Document
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.complaint import Complaint

OVERVIEW_LIMIT: Final = 100
"""Maximum number of records of each type in an overview; the latest are taken."""


@record
class TimelineEntry:
    """One entry of the timeline of a customer.

    Attributes:
        description: the type of the record and its state, as text: ``deal opened``, ``task done``.
        subject_id: the id of the record.
    """

    at: datetime
    description: str
    subject_id: str


@record
class CustomerOverview:
    """All records of a customer: of each type the latest hundred."""

    customer: Customer
    deals: Sequence[Deal] = field(converter=tuple)
    tasks: Sequence[Task] = field(converter=tuple)
    interactions: Sequence[Interaction] = field(converter=tuple)
    commitments: Sequence[Commitment] = field(converter=tuple)
    complaints: Sequence[Complaint] = field(converter=tuple)
    documents: Sequence[Document] = field(converter=tuple)

    @property
    def timeline(self) -> Sequence[TimelineEntry]:
        """The history of the customer, latest first."""
        entries = [
            TimelineEntry(at=self.customer.created_at, description="customer created", subject_id=self.customer.id)
        ]
        for deal in self.deals:
            entries.append(TimelineEntry(at=deal.opened_at, description="deal opened", subject_id=deal.id))
            if deal.closed_at is not None:
                entries.append(
                    TimelineEntry(at=deal.closed_at, description=f"deal {deal.outcome.value}", subject_id=deal.id)
                )
        for task in self.tasks:
            entries.append(TimelineEntry(at=task.created_at, description="task created", subject_id=task.id))
            if task.closed_at is not None:
                entries.append(
                    TimelineEntry(at=task.closed_at, description=f"task {task.state.value}", subject_id=task.id)
                )
        for interaction in self.interactions:
            description = f"{interaction.kind.value} {interaction.direction.value}"
            entries.append(
                TimelineEntry(at=interaction.happened_at, description=description, subject_id=interaction.id)
            )
        for commitment in self.commitments:
            entries.append(
                TimelineEntry(
                    at=commitment.created_at,
                    description=f"commitment {commitment.side.value}",
                    subject_id=commitment.id,
                )
            )
            if commitment.closed_at is not None:
                description = f"commitment {commitment.state.value}"
                entries.append(
                    TimelineEntry(at=commitment.closed_at, description=description, subject_id=commitment.id)
                )
        for complaint in self.complaints:
            entries.append(
                TimelineEntry(at=complaint.received_at, description="complaint received", subject_id=complaint.id)
            )
            if complaint.resolved_at is not None:
                description = f"complaint {complaint.state.value}"
                entries.append(
                    TimelineEntry(at=complaint.resolved_at, description=description, subject_id=complaint.id)
                )
        entries += [
            TimelineEntry(at=document.added_at, description="document added", subject_id=document.id)
            for document in self.documents
        ]
        return tuple(sorted(entries, key=attrgetter("at", "subject_id"), reverse=True))
