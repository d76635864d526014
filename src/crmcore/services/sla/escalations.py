"""Escalations: who heard that something is late, who has taken it in hand, and what comes next."""

from collections.abc import Sequence

from attrs import frozen

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import UserId, check_id, prefix_of
from crmcore.domain.organization.users import User
from crmcore.domain.sla.escalation import Escalation
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.escalation.handlers import ESCALATABLE_TYPES
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@frozen
class Escalations:
    """Who heard of late work."""

    _environment: Environment

    @command("escalations.acknowledge")
    def acknowledge(
        self, uow: UnitOfWork, subject_id: str, /, *, acknowledged_by: UserId, idempotency_key: str | None = None
    ) -> Sequence[Escalation]:
        """Take late work in hand: its ladder stops, and nobody further up hears of it. Another deadline has a ladder of its own.

        Args:
            subject_id: the id of what is late: a task, a complaint, an inquiry, a commitment, a deal.
            acknowledged_by: who takes it in hand.

        Raises:
            BusinessRuleError: nobody has heard that it is late, or somebody has it in hand.
            NotFoundError: no such person.
            InvalidIdError: that is no id of anything that can be late.
        """
        user = uow.get(User, acknowledged_by)
        subject_id = checked_text("subject", subject_id, max_length=64)
        check_id(prefix if (prefix := prefix_of(subject_id)) in ESCALATABLE_TYPES else "task", subject_id)
        of_subject = Eq("subject_id", subject_id)
        unacknowledged = [
            escalation for escalation in uow.find(Escalation, of_subject) if escalation.acknowledged_at is None
        ]
        if not unacknowledged:
            raise BusinessRuleError(
                subject_id, "no_open_escalation", "has no step that waits for somebody to take it in hand"
            )
        return tuple(
            uow.save(escalation.acknowledge(acknowledged_by=user.id, at=uow.now)) for escalation in unacknowledged
        )

    @query("escalations.history")
    def history(self, uow: UnitOfWork, subject_id: str, /) -> Sequence[Escalation]:
        """Read the steps that were taken for something late, the first one first: who heard, who was passed over and why."""
        return uow.find(Escalation, Eq("subject_id", checked_text("subject", subject_id, max_length=64)))

    @query("escalations.list")
    def list(self, uow: UnitOfWork, /, *, after: Escalation | None = None, limit: int = 100) -> Sequence[Escalation]:
        """Read all steps, a page at a time, the latest first."""
        check_limit(limit)
        return uow.find(Escalation, order="-raised_at", after=after, limit=limit)
