"""A notifier that writes letters where somebody can read them, for trying things out."""

import re
import sys
from typing import Final, TextIO

from crmcore.domain.messages import Letter

# Line breaks too: each line is checked by itself.
_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class ConsoleNotifier:
    """Writes letters on a stream.

    Args:
        stream: where to; standard output when not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, letter: Letter, /) -> None:
        """Write it, without anything that a terminal would obey."""
        to = f"{letter.name} <{letter.to}>" if letter.name else letter.to
        lines = [f"-- {letter.channel} to {to}", f"-- {letter.subject}", *letter.body.split("\n"), ""]
        stream = sys.stdout if self._stream is None else self._stream  # whatever standard output is by now
        stream.write("".join(_CONTROL.sub("�", line) + "\n" for line in lines))
        stream.flush()
