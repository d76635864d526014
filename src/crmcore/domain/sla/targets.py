"""SLA targets: the promised times, and the rule for the replies that count."""

from datetime import timedelta
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import UserId

MIN_TARGET: Final = timedelta(seconds=1)
"""The shortest time that can be promised."""


@record
class ReplyRule:
    """Which answers count.

    Attributes:
        humans_only: whether an automatic reply counts for nothing.
        channels: by which an answer has to come; any when there are none.
        owner_only: whether it has to come from whoever is responsible.
    """

    humans_only: bool = fields.boolean(default=True)
    channels: tuple[str, ...] = fields.text_list(personal=False, max_length=30, max_items=20, default=())
    owner_only: bool = fields.boolean(default=False)

    def rejection_reason(self, reply: "Reply", *, owner_id: UserId | None) -> str:
        """Why an answer does not count, as a word; nothing when it does."""
        if self.humans_only and reply.is_automatic:
            return "automatic"
        if self.channels and reply.channel not in self.channels:
            return "channel"
        if self.owner_only and reply.user_id != owner_id:
            return "not_owner"
        return ""


@record
class Reply:
    """Something that we told a customer.

    Attributes:
        user_id: who of us did, if somebody did.
        is_automatic: whether a machine did: an acknowledgement of receipt, a notice of absence.
    """

    user_id: UserId | None = fields.id_of("user", optional=True, default=None)
    channel: str = fields.text(personal=False, max_length=30, default="", allow_blank=True)
    is_automatic: bool = fields.boolean(default=False)


@record
class SlaTargets:
    """The times that are promised, in working time. None is no promise.

    Attributes:
        first_response: until the first answer that counts.
        next_response: until the answer to whatever the customer says later.
        resolution: until the matter is brought to its end.
        pauses_first: whether the first of these stands still while we wait for the customer; so with the others.
        at_risk: the share of a time from which it is at risk, in hundredths of a percent.
        reset_on_reopen: whether a matter that is reopened has its whole time again; else the clock goes on where it stood.
        reply_rule: which answers count.
    """

    first_response: timedelta | None = fields.duration(min=MIN_TARGET, optional=True, default=None)
    next_response: timedelta | None = fields.duration(min=MIN_TARGET, optional=True, default=None)
    resolution: timedelta | None = fields.duration(min=MIN_TARGET, optional=True, default=None)
    pauses_first: bool = fields.boolean(default=False)
    pauses_next: bool = fields.boolean(default=False)
    pauses_resolution: bool = fields.boolean(default=True)
    at_risk: int = fields.integer(min=1, max=10_000, default=7_500)
    reset_on_reopen: bool = fields.boolean(default=False)
    reply_rule: ReplyRule = fields.embedded(ReplyRule, default=ReplyRule())
