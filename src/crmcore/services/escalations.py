"""Escalations: who heard that something is late, who has taken it in hand, and what comes next."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from crmcore.domain.criteria import Is
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.escalation import Escalation
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import UserId, check_id, kind_of
from crmcore.domain.people import User
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit, check_limit

LATE: Final = frozenset({"task", "complaint", "inquiry", "commitment", "deal"})
"""The kinds of records that can be late."""


@frozen
class Escalations:
    """Who heard of late work."""

    house: House

    @story("escalations.acknowledge")
    def acknowledge(self, unit: Unit, subject: str, /, *, by: UserId, key: str | None = None) -> Sequence[Escalation]:
        """Take late work in hand: its ladder stops, and nobody further up hears of it. Another deadline has a ladder of its own.

        Args:
            subject: the id of what is late: a task, a complaint, an inquiry, a commitment, a deal.
            by: who takes it in hand.

        Raises:
            RuleBroken: nobody has heard that it is late, or somebody has it in hand.
            NotFound: no such person.
            InvalidId: that is no id of anything that can be late.
        """
        person = unit.get(User, by)
        subject = checked_text("subject", subject, limit=64)
        check_id(kind if (kind := kind_of(subject)) in LATE else "task", subject)
        mine = Is("subject", subject)
        waiting = [step for step in unit.find(Escalation, mine) if step.acknowledged_at is None]
        if not waiting:
            raise RuleBroken(subject, "nothing_escalated", "has no step that waits for somebody to take it in hand")
        return tuple(unit.save(step.acknowledge(by=person.id, at=unit.now)) for step in waiting)

    @view("escalations.history")
    def history(self, unit: Unit, subject: str, /) -> Sequence[Escalation]:
        """Read the steps that were taken for something late, the first one first: who heard, who was passed over and why."""
        return unit.find(Escalation, Is("subject", checked_text("subject", subject, limit=64)))

    @view("escalations.list")
    def list(self, unit: Unit, /, *, after: Escalation | None = None, limit: int = 100) -> Sequence[Escalation]:
        """Read all steps, a page at a time, the latest first."""
        check_limit(limit)
        return unit.find(Escalation, order="-raised_at", after=after, limit=limit)
