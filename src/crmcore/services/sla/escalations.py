"""Escalations: acknowledge overdue work, and list the escalation history."""

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
    """Commands and queries for escalations."""

    _environment: Environment

    @command("escalations.acknowledge")
    def acknowledge(
        self, uow: UnitOfWork, subject_id: str, /, *, acknowledged_by: UserId, idempotency_key: str | None = None
    ) -> Sequence[Escalation]:
        """Acknowledge the escalations of a record. Its open escalations stop.

        Another deadline of the record escalates separately.

        Args:
            subject_id: the id of the overdue task, complaint, inquiry, commitment or deal.
            acknowledged_by: the user who acknowledges.

        Raises:
            BusinessRuleError: the record has no unacknowledged escalation.
            NotFoundError: the user does not exist.
            InvalidIdError: the id has the wrong format or prefix.
        """
        user = uow.get(User, acknowledged_by)
        subject_id = checked_text("subject", subject_id, max_length=64)
        check_id(prefix if (prefix := prefix_of(subject_id)) in ESCALATABLE_TYPES else "task", subject_id)
        of_subject = Eq("subject_id", subject_id)
        unacknowledged = [
            escalation for escalation in uow.find(Escalation, of_subject) if escalation.acknowledged_at is None
        ]
        if not unacknowledged:
            raise BusinessRuleError(subject_id, "no_open_escalation", "has no unacknowledged escalation")
        return tuple(
            uow.save(escalation.acknowledge(acknowledged_by=user.id, at=uow.now)) for escalation in unacknowledged
        )

    @query("escalations.history")
    def history(self, uow: UnitOfWork, subject_id: str, /) -> Sequence[Escalation]:
        """List the escalations of a record, oldest first, with their decisions."""
        return uow.find(Escalation, Eq("subject_id", checked_text("subject", subject_id, max_length=64)))

    @query("escalations.list")
    def list(self, uow: UnitOfWork, /, *, after: Escalation | None = None, limit: int = 100) -> Sequence[Escalation]:
        """List all escalations, latest first, one page at a time."""
        check_limit(limit)
        return uow.find(Escalation, order="-raised_at", after=after, limit=limit)
