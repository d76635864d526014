"""Recording notifier: keeps messages, for tests and dry runs."""

from collections.abc import Callable

from crmcore.domain.messaging.messages import OutgoingMessage


class RecordingNotifier:
    """Records every message instead of sending it.

    Args:
        before_send: called with each message first; an error that it raises is the failure of the delivery.

    Attributes:
        messages: all recorded messages in order, including repetitions.

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
        """Record a message."""
        if self._before_send is not None:
            self._before_send(message)
        self.messages.append(message)

    def __repr__(self) -> str:
        return f"RecordingNotifier({len(self.messages)} messages)"
