"""Commitments: noting what was promised, and settling it."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from crmcore.domain.commitments import Commitment, CommitmentState, Side
from crmcore.domain.criteria import Compare, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.given import Blank
from crmcore.domain.ids import CommitmentId, CustomerId, DealId, UserId, check_id
from crmcore.domain.people import User
from crmcore.services.house import House, story, view
from crmcore.services.steps.ladders import watch
from crmcore.services.steps.watching import watched_commitment
from crmcore.services.unit import Unit, check_limit


@frozen
class Commitments:
    """Promises made in negotiations."""

    house: House

    @story("commitments.make")
    def make(
        self,
        unit: Unit,
        what: str,
        /,
        *,
        side: Side | str,
        customer: CustomerId | None = None,
        deal: DealId | None = None,
        owner: UserId | None = None,
        due_at: datetime | None = None,
        key: str | None = None,
    ) -> Commitment:
        """Note a promise. Its owner hears of it when it runs late.

        Args:
            side: who promised, ``ours`` or ``theirs``.
            customer: with whom; the deal's customer when not given.
            owner: who of us sees to it; the deal's or the customer's owner when not given.

        Raises:
            Blank: neither a customer nor a deal.
            NotFound: no such customer, deal or person.
        """
        unit.announce(User, owner)
        about = None if deal is None else unit.get(Deal, deal, then={"customer": Customer})
        if customer is None and about is not None:
            customer = about.customer
        if customer is None:
            raise Blank("commitment.customer", "must be named, or a deal")
        person = unit.get(Customer, customer)
        usual = about.owner if about else person.owner
        commitment = unit.save(
            Commitment.make(
                unit.id("commitment"),
                what,
                side=side,
                customer=person.id,
                at=unit.now,
                deal=deal,
                owner=usual if owner is None else unit.get(User, owner).id,
                due_at=due_at,
            )
        )
        watch(unit, watched_commitment(unit, self.house, commitment), fresh=True)
        return commitment

    @story("commitments.settle")
    def settle(
        self,
        unit: Unit,
        id: CommitmentId,
        state: CommitmentState | str,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Commitment:
        """Say that a promise was ``kept``, ``broken`` or ``released``.

        Raises:
            IllegalTransition: it is settled.
        """
        return unit.save(unit.get(Commitment, id, version=expected_version).settle(state, at=unit.now))

    @story("commitments.hand_over")
    def hand_over(
        self,
        unit: Unit,
        id: CommitmentId,
        /,
        *,
        to: UserId,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Commitment:
        """Let somebody else see to a promise."""
        unit.announce(User, to)
        commitment = unit.get(Commitment, id, version=expected_version)
        return unit.save(commitment.hand_over(unit.get(User, to).id, at=unit.now))

    @view("commitments.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        overdue: bool = False,
        after: Commitment | None = None,
        limit: int = 100,
    ) -> Sequence[Commitment]:
        """Read promises, a page at a time, those without a due time first, then by it."""
        check_limit(limit)
        where = Is("state", CommitmentState.OPEN) & Compare("due_at", "<", unit.now) if overdue else None
        if customer is not None:
            check_id("customer", customer)
            where = Is("customer", customer) if where is None else Is("customer", customer) & where
        if where is None:
            return unit.find(Commitment, order="due_at", after=after, limit=limit)
        return unit.find(Commitment, where, order="due_at", after=after, limit=limit)
