"""Ports to the system: clock and id generator."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Source of the current time."""

    def now(self) -> datetime:
        """Return the current time with a time zone."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait before a retry. A simulated clock may return at once."""
        ...


class IdGenerator(Protocol):
    """Source of unique ids."""

    def new(self, prefix: str, /) -> str:
        """Make a unique id; later ids sort later.

        The format is that of `crmcore.domain.kernel.ids`.
        """
        ...
