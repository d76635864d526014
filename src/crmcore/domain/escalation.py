"""Escalation: who hears that work is late. Each level once, each time somebody else, up the line and past those who are away."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.ids import UserId
from crmcore.domain.kernel import parts, record, ref, value, whole
from crmcore.domain.people import Rejected, User

STEPS: Final = (timedelta(0), timedelta(hours=4), timedelta(days=1))
"""How long after the due time each level hears of it, unless the host says otherwise."""


@value
class Ladder:
    """When each level hears of late work, counted from the due time."""

    steps: tuple[timedelta, ...] = STEPS

    def rung(self, level: int, due_at: datetime) -> datetime | None:
        """When a level, counted from 1, hears of it; None above the last one."""
        return due_at + self.steps[level - 1] if 1 <= level <= len(self.steps) else None


@record
class Climb:
    """Who hears of it, and who was passed over and why."""

    level: int = whole(least=1)
    to: UserId | None = ref("user", optional=True, default=None)
    rejected: tuple[Rejected, ...] = parts(Rejected, default=())


def climb(level: int, line: Sequence[User], *, told: Collection[str], at: datetime) -> Climb:
    """Choose who hears of late work.

    Args:
        level: from 1.
        line: the supervisors of whoever is late, the nearest first.
        told: who has heard of it already; the next one stands above them all.
        at: now; who is away or gone at that moment is passed over.
    """
    start = max((place + 1 for place, user in enumerate(line) if user.id in told), default=0)
    rejected = [Rejected(user.id, "told_before" if user.id in told else "passed_over") for user in line[:start]]
    for user in line[start:]:
        reason = user.unavailable(at)
        if not reason:
            return Climb(level=level, to=user.id, rejected=tuple(rejected))
        rejected.append(Rejected(user.id, reason))
    return Climb(level=level, rejected=tuple(rejected))
