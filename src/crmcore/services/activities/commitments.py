"""Commitments: record and close promises to and from customers."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from crmcore.domain.activities.commitments import Commitment, CommitmentState, Side
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.domain.kernel.ids import CommitmentId, CustomerId, DealId, UserId, check_id
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.escalation.deadlines import commitment_deadlines
from crmcore.services.shared.escalation.escalate import schedule_escalations
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@frozen
class Commitments:
    """Commands and queries for promises made in negotiations."""

    _environment: Environment

    @command("commitments.create")
    def create(
        self,
        uow: UnitOfWork,
        description: str,
        /,
        *,
        side: Side | str,
        customer_id: CustomerId | None = None,
        deal_id: DealId | None = None,
        owner_id: UserId | None = None,
        due_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Commitment:
        """Create a commitment.

        An overdue commitment is escalated, first to its owner.

        Args:
            side: the party that promised, ``ours`` or ``theirs``.
            customer_id: the customer; defaults to the customer of the deal.
            owner_id: the responsible user; defaults to the owner of the deal or of the customer.

        Raises:
            RequiredError: neither a customer nor a deal is given.
            NotFoundError: the customer, deal or user does not exist.
        """
        uow.prefetch(User, owner_id)
        deal = None if deal_id is None else uow.get(Deal, deal_id, prefetch={"customer_id": Customer})
        if customer_id is None and deal is not None:
            customer_id = deal.customer_id
        if customer_id is None:
            raise RequiredError("commitment.customer_id", "or a deal must be given")
        customer = uow.get(Customer, customer_id)
        default_owner_id = deal.owner_id if deal else customer.owner_id
        commitment = uow.save(
            Commitment.create(
                uow.new_id("commitment"),
                description,
                side=side,
                customer_id=customer.id,
                at=uow.now,
                deal_id=deal_id,
                owner_id=default_owner_id if owner_id is None else uow.get(User, owner_id).id,
                due_at=due_at,
            )
        )
        schedule_escalations(uow, commitment_deadlines(uow, self._environment, commitment), is_new=True)
        return commitment

    @command("commitments.close")
    def close(
        self,
        uow: UnitOfWork,
        commitment_id: CommitmentId,
        state: CommitmentState | str,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Commitment:
        """Close a commitment as ``kept``, ``broken`` or ``released``.

        Raises:
            InvalidTransitionError: the commitment is closed already.
        """
        return uow.save(uow.get(Commitment, commitment_id, version=expected_version).close(state, at=uow.now))

    @command("commitments.change_owner")
    def change_owner(
        self,
        uow: UnitOfWork,
        commitment_id: CommitmentId,
        /,
        *,
        owner_id: UserId,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Commitment:
        """Change the owner of a commitment."""
        uow.prefetch(User, owner_id)
        commitment = uow.get(Commitment, commitment_id, version=expected_version)
        return uow.save(commitment.change_owner(uow.get(User, owner_id).id, at=uow.now))

    @query("commitments.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        customer_id: CustomerId | None = None,
        overdue: bool = False,
        after: Commitment | None = None,
        limit: int = 100,
    ) -> Sequence[Commitment]:
        """List commitments by due time, one page at a time.

        Commitments without a due time come first.
        """
        check_limit(limit)
        where = Eq("state", CommitmentState.OPEN) & Compare("due_at", "<", uow.now) if overdue else None
        if customer_id is not None:
            check_id("customer", customer_id)
            where = Eq("customer_id", customer_id) if where is None else Eq("customer_id", customer_id) & where
        if where is None:
            return uow.find(Commitment, order="due_at", after=after, limit=limit)
        return uow.find(Commitment, where, order="due_at", after=after, limit=limit)
