"""What a clock has to know of a matter: which times are promised, what may count as an answer, and what happened when.

Rule 1: a matter's marks are facts in the order in which they came. What no clock would notice leaves no mark.
Rule 2: which answer counts is a rule and no accident: an automatic reply is none, unless the house says so.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from crmcore.domain import fields
from crmcore.domain.ids import UserId
from crmcore.domain.kernel import record, value

LEAST: Final = timedelta(seconds=1)
"""The shortest time that can be promised."""
MARKS: Final = 5_000
"""How many marks a matter holds."""


@record
class AnswerRule:
    """Which answers count.

    Attributes:
        humans_only: whether an automatic reply counts for nothing.
        channels: by which an answer has to come; any when there are none.
        responsible_only: whether it has to come from whoever is responsible.
    """

    humans_only: bool = fields.flag(default=True)
    channels: tuple[str, ...] = fields.words(personal=False, limit=30, most=20, default=())
    responsible_only: bool = fields.flag(default=False)

    def objection(self, answer: "Answer", *, responsible: UserId | None) -> str:
        """Why an answer does not count, as a word; nothing when it does."""
        if self.humans_only and answer.automatic:
            return "automatic"
        if self.channels and answer.channel not in self.channels:
            return "channel"
        if self.responsible_only and answer.user != responsible:
            return "not_responsible"
        return ""


@record
class Answer:
    """Something that we told a customer.

    Attributes:
        user: who of us did, if somebody did.
        automatic: whether a machine did: an acknowledgement of receipt, a notice of absence.
    """

    user: UserId | None = fields.ref("user", optional=True, default=None)
    channel: str = fields.text(personal=False, limit=30, default="", blank=True)
    automatic: bool = fields.flag(default=False)


@record
class Targets:
    """The times that are promised, in working time. None is no promise.

    Attributes:
        first_response: until the first answer that counts.
        next_response: until the answer to whatever the customer says later.
        resolution: until the matter is brought to its end.
        pauses_first: whether the first of these stands still while we wait for the customer; so with the others.
        at_risk: the share of a time from which it is at risk, in hundredths of a percent.
        anew: whether a matter that is reopened has its whole time again; else the clock goes on where it stood.
        answers: which answers count.
    """

    first_response: timedelta | None = fields.span(least=LEAST, optional=True, default=None)
    next_response: timedelta | None = fields.span(least=LEAST, optional=True, default=None)
    resolution: timedelta | None = fields.span(least=LEAST, optional=True, default=None)
    pauses_first: bool = fields.flag(default=False)
    pauses_next: bool = fields.flag(default=False)
    pauses_resolution: bool = fields.flag(default=True)
    at_risk: int = fields.whole(least=1, most=10_000, default=7_500)
    anew: bool = fields.flag(default=False)
    answers: AnswerRule = fields.part(AnswerRule, default=AnswerRule())


class MarkKind(Enum):
    """What happened."""

    OPENED = "opened"
    ASKED = "asked"
    ANSWERED = "answered"
    PAUSED = "paused"
    RESUMED = "resumed"
    RETARGETED = "retargeted"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@value
class Mark:
    """Something that a clock notices.

    Attributes:
        targets: what is promised from then on; with ``opened`` and ``retargeted``.
    """

    kind: MarkKind = fields.one_of(MarkKind)
    at: datetime = fields.moment()
    targets: Targets | None = fields.part(Targets, optional=True, default=None)
