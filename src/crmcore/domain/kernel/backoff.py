"""Backoff: how long to wait before the next attempt.

Every retry delay of crmcore is computed here.

Invariants:
    1. A delay doubles with each failure, up to a bound. No number of failures overflows.
    2. An instant after the last one that can be stored is replaced by that one.
"""

from datetime import datetime, timedelta

from crmcore.domain.kernel.fields.time import MAX_TIMESTAMP


def backoff(failures: int, *, initial_delay: timedelta, max_delay: timedelta) -> timedelta:
    """Double a delay for each failure, up to a bound.

    Args:
        failures: how many attempts have failed so far; 0 gives `initial_delay`.
        initial_delay: the delay that is doubled, more than zero.
        max_delay: the longest delay.

    Example:
        >>> minute, day = timedelta(minutes=1), timedelta(days=1)
        >>> backoff(0, initial_delay=minute, max_delay=day), backoff(3, initial_delay=minute, max_delay=day), backoff(10_000, initial_delay=minute, max_delay=day)
        (datetime.timedelta(seconds=60), datetime.timedelta(seconds=480), datetime.timedelta(days=1))
    """
    enough = (max_delay // initial_delay).bit_length()  # doublings after which the bound is passed
    return max_delay if failures >= enough else initial_delay * 2 ** max(0, failures)


def add_clamped(at: datetime, delay: timedelta) -> datetime:
    """Add a delay to an instant, up to the last instant that can be stored."""
    return at + delay if delay <= MAX_TIMESTAMP - at else MAX_TIMESTAMP
