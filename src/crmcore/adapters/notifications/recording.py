"""A notifier that keeps what it was given, for tests, demos and dry runs."""

from collections.abc import Callable

from crmcore.domain.messaging.messages import OutgoingMessage


class RecordingNotifier:
    """Keeps every letter instead of sending it.

    Args:
        before_send: called with each letter before it is kept; what it raises is how the sending fails.

    Attributes:
        messages: everything that was sent, in order, repetitions included.

    Example:
        >>> from crmcore import Crm, RecordingNotifier
        >>> sent = RecordingNotifier()
        >>> crm = Crm(notifiers={"email": sent})
        >>> crm.deliver().sent, sent.messages
        (0, [])
    """

    def __init__(self, before_send: Callable[[OutgoingMessage], object] | None = None) -> None:
        self._before_send = before_send
        self.messages: list[OutgoingMessage] = []

    def send(self, message: OutgoingMessage, /) -> None:
        """Keep it."""
        if self._before_send is not None:
            self._before_send(message)
        self.messages.append(message)

    def __repr__(self) -> str:
        return f"Recorder({len(self.messages)} letters)"
