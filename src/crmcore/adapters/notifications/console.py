"""Console notifier: prints messages, for trials and demos."""

import re
import sys
from typing import Final, TextIO

from crmcore.domain.messaging.messages import OutgoingMessage

# Line breaks are included: each line is checked separately.
_CONTROL_CHARACTERS: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class ConsoleNotifier:
    """Writes messages to a stream.

    Args:
        stream: the target; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message: OutgoingMessage, /) -> None:
        """Write a message without control characters (terminal escapes)."""
        recipient = f"{message.recipient_name} <{message.address}>" if message.recipient_name else message.address
        lines = [f"-- {message.channel} to {recipient}", f"-- {message.subject}", *message.body.split("\n"), ""]
        stream = sys.stdout if self._stream is None else self._stream  # standard output may have been replaced
        stream.write("".join(_CONTROL_CHARACTERS.sub("�", line) + "\n" for line in lines))
        stream.flush()
