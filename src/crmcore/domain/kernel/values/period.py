"""A stretch of time, open at its end: what begins where another ends does not overlap it."""

from datetime import datetime, timedelta

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value
from crmcore.domain.kernel.errors.validation import OutOfRangeError


@value
class Period:
    """From one instant up to, and not including, another.

    Raises:
        OutOfRangeError: it ends before it begins.
    """

    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()

    def __attrs_post_init__(self) -> None:
        if self.until < self.since:
            raise OutOfRangeError("period.until", "must not lie before period.since")

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def overlaps(self, other: "Period") -> bool:
        """Tell whether the two share an instant."""
        return self.since < other.until and other.since < self.until

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since
