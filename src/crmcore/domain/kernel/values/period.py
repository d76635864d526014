"""Periods of time that include their start and exclude their end."""

from datetime import datetime, timedelta

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value
from crmcore.domain.kernel.errors.validation import OutOfRangeError


@value
class Period:
    """The time from an instant up to, and not including, another.

    Raises:
        OutOfRangeError: the end lies before the start.
    """

    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()

    def __attrs_post_init__(self) -> None:
        if self.until < self.since:
            raise OutOfRangeError("period.until", "must not lie before period.since")

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def overlaps(self, other: "Period") -> bool:
        """Return whether two periods share an instant."""
        return self.since < other.until and other.since < self.until

    @property
    def length(self) -> timedelta:
        """The duration of the period."""
        return self.until - self.since
