"""A notifier that keeps what it was given, for tests, demos and dry runs."""

from collections.abc import Callable

from crmcore.domain.messages import Letter


class Recorder:
    """Keeps every letter instead of sending it.

    Args:
        before: called with each letter before it is kept; what it raises is how the sending fails.

    Attributes:
        letters: everything that was sent, in order, repetitions included.

    Example:
        >>> from crmcore import Crm, Recorder
        >>> sent = Recorder()
        >>> crm = Crm(notifiers={"email": sent})
        >>> crm.deliver().sent, sent.letters
        (0, [])
    """

    def __init__(self, before: Callable[[Letter], object] | None = None) -> None:
        self._before = before
        self.letters: list[Letter] = []

    def send(self, letter: Letter, /) -> None:
        """Keep it."""
        if self._before is not None:
            self._before(letter)
        self.letters.append(letter)

    def __repr__(self) -> str:
        return f"Recorder({len(self.letters)} letters)"
