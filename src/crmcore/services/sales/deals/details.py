"""What is known of a deal: its value, its chance, its day, its owner, who takes part, what comes next."""

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
    """What changes a deal without moving it on."""

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
        """Say what a deal is worth, as a sum or by its lines.

        Raises:
            CurrencyMismatchError: lines of two currencies.
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
        """Give a deal another chance than its stage does, in percent.

        Raises:
            BusinessRuleError: it is closed.
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
        """Say when a deal is expected to close."""
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
        """Give a deal another owner. The round in which leads are given out is not disturbed by it."""
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
        """Say what comes next for a deal; None for nothing."""
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
        """Let one of us (a user's id) or of them (a customer's id) take part in a deal, in a role.

        Raises:
            NotFoundError: no such person.
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
        """Change a deal's title, description, tags, source or custom fields.

        Raises:
            InvalidInputError: a detail that cannot be, or that is none.
        """
        return uow.save(uow.get(Deal, deal_id, version=expected_version).update(details, at=uow.now))
