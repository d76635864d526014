"""Interactions: noting every contact with a customer where everybody can see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.given import Blank
from crmcore.domain.ids import CustomerId, DealId, InteractionId, TaskId, UserId, check_id
from crmcore.domain.interactions import Direction, Interaction, InteractionKind
from crmcore.domain.people import User
from crmcore.domain.tasks import Task
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit, check_limit


@frozen
class Interactions:
    """Calls, mails, meetings, visits, chats and notes."""

    house: House

    @story("interactions.log")
    def log(
        self,
        unit: Unit,
        kind: InteractionKind | str,
        /,
        *,
        customer: CustomerId | None = None,
        deal: DealId | None = None,
        by: UserId | None = None,
        direction: Direction | str = Direction.OUTGOING,
        channel: Channel | str | None = None,
        happened_at: datetime | None = None,
        duration: timedelta | None = None,
        outcome: str = "",
        subject: str = "",
        note: str = "",
        recording: str = "",
        completes: TaskId | None = None,
        key: str | None = None,
    ) -> Interaction:
        """Note a contact with a customer.

        Args:
            customer: with whom; the deal's customer when not given.
            by: who of us; the deal's owner when not given.
            happened_at: when it began; now when not given.
            outcome: what came of it, in one of the house's words.
            completes: the task that is done by it, with the note as its result.

        Raises:
            Blank: neither a customer nor a deal.
            OutOfRange: it lies in the future.
            NotFound: no such customer, deal, person or task.
            IllegalTransition: the task is not open.
        """
        unit.announce(User, by)
        unit.announce(Task, completes)
        about = None if deal is None else unit.get(Deal, deal, then={"customer": Customer})
        if customer is None and about is not None:
            customer = about.customer
        if customer is None:
            raise Blank("interaction.customer", "must be named, or a deal")
        interaction = Interaction.log(
            unit.id("interaction"),
            kind,
            customer=unit.get(Customer, customer).id,
            at=unit.now,
            happened_at=happened_at,
            direction=direction,
            channel=channel,
            deal=deal,
            user=unit.get(User, by).id if by is not None else about.owner if about else None,
            duration=duration,
            outcome=outcome,
            subject=subject,
            note=note,
            recording=recording,
        )
        if about is not None:
            unit.save(about.touch(at=interaction.happened_at))
        if completes is not None:
            unit.save(unit.get(Task, completes).complete(at=unit.now, result=note or outcome))
        return unit.save(interaction)

    @view("interactions.get")
    def get(self, unit: Unit, id: InteractionId, /) -> Interaction:
        """Read one."""
        return unit.get(Interaction, id)

    @view("interactions.list")
    def list(
        self, unit: Unit, /, *, customer: CustomerId, after: Interaction | None = None, limit: int = 100
    ) -> Sequence[Interaction]:
        """Read a customer's contacts, a page at a time, the latest first."""
        check_limit(limit)
        check_id("customer", customer)
        return unit.find(Interaction, Is("customer", customer), order="-happened_at", after=after, limit=limit)
