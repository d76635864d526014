"""Escalation: notify managers of work that is late, or about to be.

Invariants:
    1. Each level of a timer is raised once. A unique key of the store rejects a second escalation.
    2. Each escalation goes to an available manager above all previous recipients.
    3. An acknowledgement ends the escalation.
    4. Every escalation is stored with its recipient and all rejected candidates.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.ids import EscalationId, UserId
from crmcore.domain.organization.assignment import RejectedCandidate
from crmcore.domain.organization.users import User
from crmcore.domain.sla.escalation_policy import FULL, EscalationStep


@record
class EscalationDecision:
    """The recipient of an escalation, and the rejected candidates."""

    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)
    rejected: tuple[RejectedCandidate, ...] = fields.embedded_list(RejectedCandidate, default=())


def choose_recipient(
    level: int,
    management_chain: Sequence[User],
    *,
    already_notified: Collection[str],
    at: datetime,
    owner: User | None = None,
) -> EscalationDecision:
    """Choose the recipient of an escalation.

    Args:
        level: from 1.
        management_chain: the managers of the owner, the nearest first.
        already_notified: the ids of earlier recipients; the next one is above them all.
        at: now. Managers who are unavailable are skipped.
        owner: the owner, if the step notifies the owner before the managers.
    """
    management_chain = management_chain if owner is None else (owner, *management_chain)
    start = max(
        (position + 1 for position, user in enumerate(management_chain) if user.id in already_notified), default=0
    )
    rejected = [
        RejectedCandidate(user.id, "already_notified" if user.id in already_notified else "skipped")
        for user in management_chain[:start]
    ]
    for user in management_chain[start:]:
        reason = user.unavailability(at)
        if not reason:
            return EscalationDecision(level=level, recipient_id=user.id, rejected=tuple(rejected))
        rejected.append(RejectedCandidate(user.id, reason))
    return EscalationDecision(level=level, rejected=tuple(rejected))


@record
class EscalationRaised(Event):
    """A level was raised, with or without an available recipient."""

    name: ClassVar[str] = "escalation.raised"
    subject_id: str = fields.text(personal=False, max_length=64)
    metric: str = fields.text(personal=False, max_length=30)
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class EscalationAcknowledged(Event):
    """A user acknowledged an escalation, which ends it."""

    name: ClassVar[str] = "escalation.acknowledged"
    acknowledged_by: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class Escalation(Entity):
    """One raised level of an escalation.

    Attributes:
        subject_id: the id of the record that is late.
        metric: of its timer: ``resolution``; ``due`` for a plain deadline.
        target_started_at: when the timer was started, or the due time of a plain deadline. A new target starts at level 1 again.
        elapsed_bp: the elapsed share of the target, in hundredths of a percent.
        after: the business hours after that.
        recipient_id: the notified user; None when no manager was available.
        rejected: the candidates that were not notified, with the reason.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "escalation",
        "escalations",
        unique_keys=(("subject_id", "metric", "target_started_at", "level"),),
        indexes=(("raised_at",),),
    )

    id: EscalationId = fields.id_of("escalation")
    subject_id: str = fields.text(personal=False, max_length=64)
    metric: str = fields.text(personal=False, max_length=30)
    target_started_at: datetime = fields.timestamp()
    level: int = fields.integer(min=1, max=100)
    elapsed_bp: int = fields.integer(default=FULL)
    after: timedelta = fields.duration(default=timedelta(0))
    due_at: datetime = fields.timestamp()
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)
    rejected: tuple[RejectedCandidate, ...] = fields.embedded_list(RejectedCandidate, default=())
    raised_at: datetime = fields.timestamp()
    acknowledged_at: datetime | None = fields.timestamp(optional=True, default=None)
    acknowledged_by: UserId | None = fields.id_of("user", optional=True, default=None)

    @classmethod
    def create(
        cls,
        id: EscalationId,
        decision: EscalationDecision,
        step: EscalationStep,
        *,
        subject_id: str,
        metric: str,
        target_started_at: datetime,
        due_at: datetime,
        at: datetime,
    ) -> Self:
        """Raise a level."""
        escalation = cls(
            id=id,
            subject_id=subject_id,
            metric=metric,
            target_started_at=target_started_at,
            level=decision.level,
            elapsed_bp=step.elapsed_bp,
            after=step.after,
            due_at=due_at,
            recipient_id=decision.recipient_id,
            rejected=decision.rejected,
            raised_at=at,
        )
        return escalation._record(
            EscalationRaised(
                at=at, subject_id=subject_id, metric=metric, level=decision.level, recipient_id=decision.recipient_id
            )
        )

    def acknowledge(self, *, acknowledged_by: UserId | None, at: datetime) -> Self:
        """Acknowledge the escalation.

        Raises:
            BusinessRuleError: it was acknowledged before.
        """
        if self.acknowledged_at is not None:
            raise BusinessRuleError(self.id, "already_acknowledged", "is already acknowledged")
        return self._record(
            EscalationAcknowledged(at=at, acknowledged_by=acknowledged_by),
            acknowledged_at=at,
            acknowledged_by=acknowledged_by,
        )
