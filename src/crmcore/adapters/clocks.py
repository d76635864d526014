"""Clocks: the system time, or a frozen time for tests."""

import time
from datetime import UTC, datetime, timedelta

from attrs import frozen

from crmcore.domain.kernel.fields.time import checked_timestamp


@frozen
class SystemClock:
    """The system clock, in UTC."""

    def now(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float, /) -> None:
        """Suspend the thread."""
        time.sleep(seconds)


class FrozenClock:
    """A clock with a fixed time, for tests, demos and simulations.

    Args:
        start: the initial time.

    Example:
        >>> clock = FrozenClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        >>> clock.advance(minutes=15).isoformat()
        '2026-03-02T09:15:00+00:00'
    """

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)) -> None:
        self._now = checked_timestamp("clock.start", start)

    def now(self) -> datetime:
        """Return the fixed time."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Return at once."""

    def advance(self, **duration: float) -> datetime:
        """Advance by a duration, given as for `timedelta`; it may be negative."""
        self._now += timedelta(**duration)
        return self._now

    def set(self, to: datetime) -> datetime:
        """Set the time.

        Raises:
            NaiveDatetimeError: the time has no time zone.
        """
        self._now = checked_timestamp("clock.to", to)
        return self._now
