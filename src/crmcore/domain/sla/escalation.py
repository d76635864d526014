"""Escalation: who hears that work is late, or about to be. Each level once, each time somebody else, past those who are away.

Rule 1: a level of a clock is told once. The store itself refuses the second time, whatever is computed anew meanwhile.
Rule 2: whoever hears of it stands above all who have heard of it before, and is present.
Rule 3: whoever acknowledges it stops the ladder: somebody has taken it in hand.
Rule 4: every step is kept, with its reason and with everybody who was passed over.
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
    """Who hears of it, and who was passed over and why."""

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
    """Choose who hears of it.

    Args:
        level: from 1.
        management_chain: the supervisors of whoever is responsible, the nearest first.
        already_notified: who has heard of it already; the next one stands above them all.
        at: now; who is away or gone at that moment is passed over.
        owner: whoever is, if that is who is to hear of it before anybody above.
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
    """Somebody heard that work is late or about to be; or nobody was there to hear it."""

    name: ClassVar[str] = "escalation.raised"
    subject_id: str = fields.text(personal=False, max_length=64)
    metric: str = fields.text(personal=False, max_length=30)
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class EscalationAcknowledged(Event):
    """Somebody took late work in hand; its ladder stops."""

    name: ClassVar[str] = "escalation.acknowledged"
    acknowledged_by: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class Escalation(Entity):
    """One step of a ladder, as it was taken.

    Attributes:
        subject_id: the id of the record that is late.
        metric: which of its clocks: ``resolution``; ``due`` where there is only one.
        target_started_at: since when that clock counts, or its due time where nothing is counted; a new promise has a new ladder.
        elapsed_bp: of the promised time that had passed, in hundredths of a percent.
        after: and how much working time more.
        recipient_id: who heard of it; None when nobody above was there.
        rejected: who did not, and why.
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
        """Take a step of a ladder."""
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
        """Take it in hand.

        Raises:
            BusinessRuleError: somebody has.
        """
        if self.acknowledged_at is not None:
            raise BusinessRuleError(self.id, "already_acknowledged", "is in somebody's hands already")
        return self._record(
            EscalationAcknowledged(at=at, acknowledged_by=acknowledged_by),
            acknowledged_at=at,
            acknowledged_by=acknowledged_by,
        )
