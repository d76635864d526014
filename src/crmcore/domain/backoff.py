"""Backoff: how long to wait before the next attempt. Every retry delay of crmcore is computed here.

Rule 1: a delay doubles with each failure, up to a bound. No number of failures overflows.
Rule 2: an instant past the last one that can be stored is that last one.
"""

from datetime import datetime, timedelta

from crmcore.domain.fields.time import LATEST


def backoff(failures: int, *, first: timedelta, most: timedelta) -> timedelta:
    """Double a delay for each failure, up to a bound.

    Args:
        failures: how many attempts have failed so far; 0 gives `first`.
        first: the delay that is doubled, more than zero.
        most: the longest delay.

    Example:
        >>> minute, day = timedelta(minutes=1), timedelta(days=1)
        >>> backoff(0, first=minute, most=day), backoff(3, first=minute, most=day), backoff(10_000, first=minute, most=day)
        (datetime.timedelta(seconds=60), datetime.timedelta(seconds=480), datetime.timedelta(days=1))
    """
    enough = (most // first).bit_length()  # doublings after which the bound is passed
    return most if failures >= enough else first * 2 ** max(0, failures)


def later(at: datetime, wait: timedelta) -> datetime:
    """Add a delay to an instant; the last instant that can be stored when the sum lies past it."""
    return at + wait if wait <= LATEST - at else LATEST
