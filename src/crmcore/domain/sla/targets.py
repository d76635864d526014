"""SLA targets: target times, and the rule for replies that count."""

from datetime import timedelta
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import UserId

MIN_TARGET: Final = timedelta(seconds=1)
"""The shortest target."""


@record
class ReplyRule:
    """Which replies count.

    Attributes:
        humans_only: whether automatic replies do not count.
        channels: of replies that count; empty for all.
        owner_only: whether only replies of the owner count.
    """

    humans_only: bool = fields.boolean(default=True)
    channels: tuple[str, ...] = fields.text_list(personal=False, max_length=30, max_items=20, default=())
    owner_only: bool = fields.boolean(default=False)

    def rejection_reason(self, reply: "Reply", *, owner_id: UserId | None) -> str:
        """Return why a reply does not count; empty if it does."""
        if self.humans_only and reply.is_automatic:
            return "automatic"
        if self.channels and reply.channel not in self.channels:
            return "channel"
        if self.owner_only and reply.user_id != owner_id:
            return "not_owner"
        return ""


@record
class Reply:
    """A reply to a customer.

    Attributes:
        user_id: of the author, if a user wrote it.
        is_automatic: whether it was generated: an acknowledgement of receipt, an absence notice.
    """

    user_id: UserId | None = fields.id_of("user", optional=True, default=None)
    channel: str = fields.text(personal=False, max_length=30, default="", allow_blank=True)
    is_automatic: bool = fields.boolean(default=False)


@record
class SlaTargets:
    """Target times in business hours. None is no target.

    Attributes:
        first_response: until the first reply that counts.
        next_response: until the reply to each later message of the customer.
        resolution: until the case is resolved.
        pauses_first: whether the first response timer pauses while the case waits for the customer; so with the others.
        at_risk: the share of a target from which a timer is at risk, in hundredths of a percent.
        reset_on_reopen: whether a reopened case has its whole target again; else the timer continues.
        reply_rule: which replies count.
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
