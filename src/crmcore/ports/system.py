"""What the machine gives: the time, and ids."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The present instant, aware."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait before a retry. A simulated clock may return at once."""
        ...


class IdGenerator(Protocol):
    """Where ids come from."""

    def new(self, prefix: str, /) -> str:
        """Make an id that was never made before, in the form of `crmcore.domain.kernel.ids`, later ones sorting later."""
        ...
