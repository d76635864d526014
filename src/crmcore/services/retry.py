"""Retry policy: attempts on a concurrency conflict, and their backoff."""

import random
from collections.abc import Callable
from datetime import timedelta

from attrs import field, frozen

from crmcore.domain.kernel.backoff import backoff


@frozen(kw_only=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    The bound of the delay doubles with each attempt; the delay is drawn evenly between nothing and the bound ("full jitter": Brooker,
    Exponential Backoff And Jitter, AWS Architecture Blog, 2015).

    Attributes:
        max_attempts: how often a command runs at most, the first run included.
        initial_delay: the bound after the first attempt, before it is doubled.
        max_delay: the largest bound.
        draw: returns the share of the bound, from 0 to 1.

    Example:
        >>> policy = RetryPolicy(draw=lambda: 1.0)
        >>> [policy.delay(attempt) for attempt in (1, 2, 3)]
        [0.02, 0.04, 0.08]
    """

    max_attempts: int = 5
    initial_delay: timedelta = timedelta(milliseconds=10)
    max_delay: timedelta = timedelta(seconds=5)
    draw: Callable[[], float] = field(default=random.random, repr=False)

    def delay(self, attempt: int) -> float:
        """Return the delay after an attempt, in seconds; attempts count from 1."""
        bound = backoff(attempt, initial_delay=self.initial_delay, max_delay=self.max_delay)
        return self.draw() * bound.total_seconds()
