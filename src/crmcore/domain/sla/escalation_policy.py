"""Escalation policy: when managers are notified of late work."""

from datetime import timedelta
from typing import Any, Final, Self

from attrs import field

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value
from crmcore.domain.kernel.errors.validation import InvalidChoiceError
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.organization.roles import OWNER

FULL: Final = 10_000
"""The whole target time, in basis points."""


@value
class EscalationStep:
    """One level of an escalation policy.

    Attributes:
        elapsed_bp: the elapsed share of the target time, in basis points: 7,500 is before the deadline, 10,000 is at the deadline.
        after: business hours to wait after that.
        recipient: ``owner``, or empty for the next manager of the management chain.
    """

    elapsed_bp: int = fields.integer(min=1, max=1_000_000, default=FULL)
    after: timedelta = fields.duration(default=timedelta(0))
    recipient: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)

    def __attrs_post_init__(self) -> None:
        if self.recipient not in {"", OWNER}:
            raise InvalidChoiceError("escalationStep.recipient", allowed=(OWNER, "empty: the next manager"))


DEFAULT_STEPS: Final = (
    EscalationStep(),
    EscalationStep(after=timedelta(hours=4)),
    EscalationStep(after=timedelta(hours=8)),
)
"""The default: at the deadline, and four and eight business hours after it."""


def _to_steps(steps: Any) -> tuple[EscalationStep, ...]:
    return tuple(
        EscalationStep(after=step) if isinstance(step, timedelta) else step
        for step in as_tuple("escalationPolicy.steps", steps)
    )


@value
class EscalationPolicy:
    """The steps of an escalation. A duration is a step after the deadline.

    Example:
        >>> policy = EscalationPolicy.of(EscalationStep(7_500, recipient="owner"), EscalationStep(), timedelta(hours=2))
        >>> policy.step(3)
        EscalationStep(elapsed_bp=10000, after=datetime.timedelta(seconds=7200), recipient='')
    """

    steps: tuple[EscalationStep, ...] = field(default=DEFAULT_STEPS, converter=_to_steps)

    def __attrs_post_init__(self) -> None:
        if any(type(step) is not EscalationStep for step in self.steps):
            raise InvalidChoiceError("escalationPolicy.steps", allowed=("steps", "durations after the deadline"))

    @classmethod
    def of(cls, *steps: EscalationStep | timedelta) -> Self:
        """Create a policy of steps, and of durations after the deadline."""
        return cls(_to_steps(steps))

    @property
    def is_first_step_at_deadline(self) -> bool:
        """Whether the first notification is sent exactly at the deadline."""
        return not self.steps or (self.steps[0].elapsed_bp, self.steps[0].after) == (FULL, timedelta(0))

    def step(self, level: int) -> EscalationStep | None:
        """Return the step of a level, counted from 1; None above the last level."""
        return self.steps[level - 1] if 1 <= level <= len(self.steps) else None
