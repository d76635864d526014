"""All that is known of a customer, on one page."""

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
"""How many of each kind a customer's page shows, the latest."""


@record
class TimelineEntry:
    """One line of a customer's timeline.

    Attributes:
        description: the kind of record and what became of it, as words: ``deal opened``, ``task done``.
        subject_id: the record's id.
    """

    at: datetime
    description: str
    subject_id: str


@record
class CustomerOverview:
    """Everything that is known of a customer, so that nobody has to ask again. Of each kind the latest hundred."""

    customer: Customer
    deals: Sequence[Deal] = field(converter=tuple)
    tasks: Sequence[Task] = field(converter=tuple)
    interactions: Sequence[Interaction] = field(converter=tuple)
    commitments: Sequence[Commitment] = field(converter=tuple)
    complaints: Sequence[Complaint] = field(converter=tuple)
    documents: Sequence[Document] = field(converter=tuple)

    @property
    def timeline(self) -> Sequence[TimelineEntry]:
        """What happened, the latest first."""
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
