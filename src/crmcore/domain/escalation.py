"""Escalation: who hears that work is late, or about to be. Each level once, each time somebody else, past those who are away.

Rule 1: a level of a clock is told once. The store itself refuses the second time, whatever is computed anew meanwhile.
Rule 2: whoever hears of it stands above all who have heard of it before, and is present.
Rule 3: whoever acknowledges it stops the ladder: somebody has taken it in hand.
Rule 4: every step is kept, with its reason and with everybody who was passed over.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from attrs import field

from crmcore.domain import fields
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import NotAllowed
from crmcore.domain.fields.part import listed
from crmcore.domain.ids import EscalationId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, record, value
from crmcore.domain.people import OWNER, Rejected, User

WHOLE: Final = 10_000
"""A whole promise, in hundredths of a percent."""


@value
class Rung:
    """When a level hears of it, and which.

    Attributes:
        share: of the promised time, in hundredths of a percent: 7,500 is before the deadline, 10,000 at it.
        after: how much working time later.
        to: whoever is responsible (``owner``), or the next one up the line (nothing).
    """

    share: int = fields.whole(least=1, most=1_000_000, default=WHOLE)
    after: timedelta = fields.span(default=timedelta(0))
    to: str = fields.text(personal=False, limit=60, default="", blank=True)

    def __attrs_post_init__(self) -> None:
        if self.to not in {"", OWNER}:
            raise NotAllowed("rung.to", allowed=(OWNER, "nothing: the next one up the line"))


STEPS: Final = (Rung(), Rung(after=timedelta(hours=4)), Rung(after=timedelta(hours=8)))
"""At the deadline, four and eight working hours after it, unless the host says otherwise."""


def _rungs(steps: Any) -> tuple[Rung, ...]:
    return tuple(Rung(after=step) if isinstance(step, timedelta) else step for step in listed("ladder.steps", steps))


@value
class Ladder:
    """When each level hears of work that is late or about to be. A duration is a rung so long after the deadline.

    Example:
        >>> ladder = Ladder.of(Rung(7_500, to="owner"), Rung(), timedelta(hours=2))
        >>> ladder.rung(3)
        Rung(share=10000, after=datetime.timedelta(seconds=7200), to='')
    """

    steps: tuple[Rung, ...] = field(default=STEPS, converter=_rungs)

    def __attrs_post_init__(self) -> None:
        if any(type(step) is not Rung for step in self.steps):
            raise NotAllowed("ladder.steps", allowed=("rungs", "durations after the deadline"))

    @classmethod
    def of(cls, *steps: Rung | timedelta) -> Self:
        """Make a ladder of rungs, and of durations after the deadline."""
        return cls(_rungs(steps))

    @property
    def begins_at_the_deadline(self) -> bool:
        """Whether nobody hears of it sooner, nor the first one later."""
        return not self.steps or (self.steps[0].share, self.steps[0].after) == (WHOLE, timedelta(0))

    def rung(self, level: int) -> Rung | None:
        """The rung of a level, counted from 1; None above the last one."""
        return self.steps[level - 1] if 1 <= level <= len(self.steps) else None


@record
class Climb:
    """Who hears of it, and who was passed over and why."""

    level: int = fields.whole(least=1)
    to: UserId | None = fields.ref("user", optional=True, default=None)
    rejected: tuple[Rejected, ...] = fields.parts(Rejected, default=())


def climb(
    level: int, line: Sequence[User], *, told: Collection[str], at: datetime, responsible: User | None = None
) -> Climb:
    """Choose who hears of it.

    Args:
        level: from 1.
        line: the supervisors of whoever is responsible, the nearest first.
        told: who has heard of it already; the next one stands above them all.
        at: now; who is away or gone at that moment is passed over.
        responsible: whoever is, if that is who is to hear of it before anybody above.
    """
    line = line if responsible is None else (responsible, *line)
    start = max((place + 1 for place, user in enumerate(line) if user.id in told), default=0)
    rejected = [Rejected(user.id, "told_before" if user.id in told else "passed_over") for user in line[:start]]
    for user in line[start:]:
        reason = user.unavailable(at)
        if not reason:
            return Climb(level=level, to=user.id, rejected=tuple(rejected))
        rejected.append(Rejected(user.id, reason))
    return Climb(level=level, rejected=tuple(rejected))


@record
class EscalationRaised(Event):
    """Somebody heard that work is late or about to be; or nobody was there to hear it."""

    name: ClassVar[str] = "escalation.raised"
    subject: str = fields.text(personal=False, limit=64)
    clock: str = fields.text(personal=False, limit=30)
    level: int = fields.whole(least=1)
    to: UserId | None = fields.ref("user", optional=True, default=None)


@record
class EscalationAcknowledged(Event):
    """Somebody took late work in hand; its ladder stops."""

    name: ClassVar[str] = "escalation.acknowledged"
    by: UserId | None = fields.ref("user", optional=True, default=None)


@record
class Escalation(Entity):
    """One step of a ladder, as it was taken.

    Attributes:
        subject: the id of the record that is late.
        clock: which of its clocks: ``resolution``; ``due`` where there is only one.
        promised_at: since when that clock counts, or its due time where nothing is counted; a new promise has a new ladder.
        share: of the promised time that had passed, in hundredths of a percent.
        after: and how much working time more.
        to: who heard of it; None when nobody above was there.
        rejected: who did not, and why.
    """

    shape: ClassVar[Shape] = Shape(
        "escalation",
        "escalations",
        unique=(("subject", "clock", "promised_at", "level"),),
        indexes=(("raised_at",),),
    )

    id: EscalationId = fields.ref("escalation")
    subject: str = fields.text(personal=False, limit=64)
    clock: str = fields.text(personal=False, limit=30)
    promised_at: datetime = fields.moment()
    level: int = fields.whole(least=1, most=100)
    share: int = fields.whole(default=WHOLE)
    after: timedelta = fields.span(default=timedelta(0))
    due_at: datetime = fields.moment()
    to: UserId | None = fields.ref("user", optional=True, default=None)
    rejected: tuple[Rejected, ...] = fields.parts(Rejected, default=())
    raised_at: datetime = fields.moment()
    acknowledged_at: datetime | None = fields.moment(optional=True, default=None)
    acknowledged_by: UserId | None = fields.ref("user", optional=True, default=None)

    @classmethod
    def take(
        cls,
        id: EscalationId,
        step: Climb,
        rung: Rung,
        *,
        subject: str,
        clock: str,
        promised_at: datetime,
        due_at: datetime,
        at: datetime,
    ) -> Self:
        """Take a step of a ladder."""
        escalation = cls(
            id=id,
            subject=subject,
            clock=clock,
            promised_at=promised_at,
            level=step.level,
            share=rung.share,
            after=rung.after,
            due_at=due_at,
            to=step.to,
            rejected=step.rejected,
            raised_at=at,
        )
        return escalation._after(EscalationRaised(at=at, subject=subject, clock=clock, level=step.level, to=step.to))

    def acknowledge(self, *, by: UserId | None, at: datetime) -> Self:
        """Take it in hand.

        Raises:
            RuleBroken: somebody has.
        """
        if self.acknowledged_at is not None:
            raise RuleBroken(self.id, "escalation_acknowledged", "is in somebody's hands already")
        return self._after(EscalationAcknowledged(at=at, by=by), acknowledged_at=at, acknowledged_by=by)
