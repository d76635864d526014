"""Deal details: value, probability, expected close, owner, participants."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import DealId, UserId, prefix_of
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import LineItem, NextStep, ProbabilitySource
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


class DealDetails:
    """Commands that change a deal and keep its stage."""

    __slots__ = ()

    _environment: Environment

    @command("deals.set_value")
    def set_value(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        value: Money | None = None,
        /,
        *,
        lines: Sequence[LineItem] | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Set the value of a deal: an amount, or line items.

        Raises:
            CurrencyMismatchError: the line items have two currencies.
        """
        deal = uow.get(Deal, deal_id, version=expected_version)
        return uow.save(deal.set_value(value, lines=lines, at=uow.now))

    @command("deals.set_probability")
    def set_probability(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        percent: int,
        /,
        *,
        source: ProbabilitySource | str = ProbabilitySource.MANUAL,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Set the probability of a deal in percent, instead of that of its stage.

        Raises:
            BusinessRuleError: the deal is closed.
        """
        deal = uow.get(Deal, deal_id, version=expected_version)
        return uow.save(deal.set_probability(percent, source=source, at=uow.now))

    @command("deals.set_expected_close")
    def set_expected_close(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        expected_close: date | None,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Set the day on which a deal is expected to close."""
        return uow.save(uow.get(Deal, deal_id, version=expected_version).set_expected_close(expected_close, at=uow.now))

    @command("deals.change_owner")
    def change_owner(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        owner_id: UserId | None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Change the owner of a deal. The round robin of leads does not change."""
        uow.prefetch(User, owner_id)
        deal = uow.get(Deal, deal_id, version=expected_version)
        return uow.save(deal.change_owner(None if owner_id is None else uow.get(User, owner_id).id, at=uow.now))

    @command("deals.set_next_step")
    def set_next_step(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        description: str | None,
        /,
        *,
        due_at: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Set the next step of a deal; None removes it."""
        deal = uow.get(Deal, deal_id, version=expected_version)
        return uow.save(deal.set_next_step(None if description is None else NextStep(description, due_at), at=uow.now))

    @command("deals.add_participant")
    def add_participant(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        role: str,
        participant_id: str,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Add a user or a customer to a deal, in a role.

        Raises:
            NotFoundError: no such user or customer.
        """
        deal = uow.get(Deal, deal_id, version=expected_version)
        participant_id = checked_text("participant_id", participant_id, max_length=64)
        entity_type: type[User | Customer] = User if prefix_of(participant_id) == User.meta.prefix else Customer
        return uow.save(deal.add_participant(role, uow.get(entity_type, participant_id).id, at=uow.now))

    @command("deals.update")
    def update(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
        **details: Any,
    ) -> Deal:
        """Update the title, description, tags, source, campaign or custom fields.

        Raises:
            InvalidInputError: an unknown field, or an invalid value.
        """
        return uow.save(uow.get(Deal, deal_id, version=expected_version).update(details, at=uow.now))
