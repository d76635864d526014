"""Talking: progress that does not litter a log, emphasis that respects the reader, and refusals that say what would be right."""

import io
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, TextIO

from crmcore.domain.kernel.errors.base import CrmError

_BOLD, _RED, _RESET = "\x1b[1m", "\x1b[31m", "\x1b[0m"
REFRESH_INTERVAL: Final = 0.1
"""How long progress on a terminal stands before it is written anew, in seconds."""
MAX_LOG_LINES: Final = 10
"""How many lines of progress are written where there is no terminal."""


def use_utf8_output() -> None:
    """Write UTF-8 into files and pipes, whatever the machine's own letters are; a terminal is spoken to in its own."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def supports_color(stream: TextIO) -> bool:
    """Whether a stream's reader sees colours: a terminal, and nobody has asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold_headings(text: str, stream: TextIO) -> str:
    """Show the headings of a report in bold, where the reader can see it.

    A heading is a line that is underlined by the next one.
    """
    if not supports_color(stream):
        return text
    lines = text.split("\n")
    headings = [n for n, line in enumerate(lines[1:]) if line and not line.strip("─")]
    for n in [0, *headings]:
        lines[n] = f"{_BOLD}{lines[n]}{_RESET}"
    return "\n".join(lines)


def print_result(text: str) -> None:
    """Say something that was asked for."""
    print(bold_headings(text, sys.stdout))


def print_json(data: Mapping[str, Any]) -> None:
    """Say it to a program: one object."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def print_progress(text: str) -> None:
    """Say something beside it."""
    print(text, file=sys.stderr)


def print_error(error: CrmError, *, as_json: bool) -> None:
    """Say why something was not done, and what would be right."""
    if as_json:
        print(json.dumps(error.to_problem(), ensure_ascii=False, default=str), file=sys.stderr)
        return
    red, reset = (_RED, _RESET) if supports_color(sys.stderr) else ("", "")
    print(f"{red}crmcore: {error} [{error.code}]{reset}", file=sys.stderr)


class Progress:
    """How far something has come: one line that changes on a terminal, ten lines in a log, nothing when it is not wanted.

    Args:
        total: how much there is to do; None when nobody knows.
    """

    def __init__(self, *, total: int | None, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._total = total
        self._quiet = quiet
        self._is_terminal = self._stream.isatty()
        self._updated_at = 0.0
        self._step = 0

    def update(self, done: int, text: str) -> None:
        """Tell that so much is done."""
        if self._quiet:
            return
        if self._is_terminal:
            if time.monotonic() - self._updated_at >= REFRESH_INTERVAL:
                self._stream.write(f"\r\x1b[K{self._percentage(done)}{text}")
                self._stream.flush()
                self._updated_at = time.monotonic()
        elif self._total and done * MAX_LOG_LINES // self._total > self._step:
            self._step = done * MAX_LOG_LINES // self._total
            self._stream.write(f"{self._percentage(done)}{text}\n")

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        if self._is_terminal and not self._quiet:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _percentage(self, done: int) -> str:
        return f"{100 * done // self._total:3} %  " if self._total else f"{done:,}  "
