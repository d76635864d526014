"""Interactions: log contacts with customers in the shared history."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from crmcore.domain.activities.interactions import Direction, Interaction, InteractionKind
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.domain.kernel.ids import CustomerId, DealId, InteractionId, TaskId, UserId, check_id
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@frozen
class Interactions:
    """Commands and queries for calls, e-mails, meetings, chats and notes."""

    _environment: Environment

    @command("interactions.log")
    def log(
        self,
        uow: UnitOfWork,
        kind: InteractionKind | str,
        /,
        *,
        customer_id: CustomerId | None = None,
        deal_id: DealId | None = None,
        author_id: UserId | None = None,
        direction: Direction | str = Direction.OUTGOING,
        channel: Channel | str | None = None,
        happened_at: datetime | None = None,
        duration: timedelta | None = None,
        outcome: str = "",
        subject: str = "",
        note: str = "",
        recording: str = "",
        completes_task_id: TaskId | None = None,
        idempotency_key: str | None = None,
    ) -> Interaction:
        """Log a contact with a customer.

        Args:
            customer_id: the customer; defaults to the customer of the deal.
            author_id: the user who had the contact; defaults to the owner of the deal.
            happened_at: the start of the contact; defaults to now.
            outcome: the outcome, as a code of the company.
            completes_task_id: a task that the contact completes, with the note as its result.

        Raises:
            RequiredError: neither a customer nor a deal is given.
            OutOfRangeError: the contact is in the future.
            NotFoundError: the customer, deal, user or task does not exist.
            InvalidTransitionError: the task is not open.
        """
        uow.prefetch(User, author_id)
        uow.prefetch(Task, completes_task_id)
        deal = None if deal_id is None else uow.get(Deal, deal_id, prefetch={"customer_id": Customer})
        if customer_id is None and deal is not None:
            customer_id = deal.customer_id
        if customer_id is None:
            raise RequiredError("interaction.customer_id", "or a deal must be given")
        interaction = Interaction.log(
            uow.new_id("interaction"),
            kind,
            customer_id=uow.get(Customer, customer_id).id,
            at=uow.now,
            happened_at=happened_at,
            direction=direction,
            channel=channel,
            deal_id=deal_id,
            author_id=uow.get(User, author_id).id if author_id is not None else deal.owner_id if deal else None,
            duration=duration,
            outcome=outcome,
            subject=subject,
            note=note,
            recording=recording,
        )
        if deal is not None:
            uow.save(deal.record_activity(at=interaction.happened_at))
        if completes_task_id is not None:
            uow.save(uow.get(Task, completes_task_id).complete(at=uow.now, result=note or outcome))
        return uow.save(interaction)

    @query("interactions.get")
    def get(self, uow: UnitOfWork, interaction_id: InteractionId, /) -> Interaction:
        """Return an interaction."""
        return uow.get(Interaction, interaction_id)

    @query("interactions.list")
    def list(
        self, uow: UnitOfWork, /, *, customer_id: CustomerId, after: Interaction | None = None, limit: int = 100
    ) -> Sequence[Interaction]:
        """List the interactions of a customer, latest first, one page at a time."""
        check_limit(limit)
        check_id("customer", customer_id)
        return uow.find(Interaction, Eq("customer_id", customer_id), order="-happened_at", after=after, limit=limit)
