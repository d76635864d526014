"""Terminal output: results, JSON, progress, errors, colour."""

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
"""Minimum time between two updates of the progress line on a terminal, in seconds."""
MAX_LOG_LINES: Final = 10
"""Maximum number of progress lines where the stream is not a terminal."""


def use_utf8_output() -> None:
    """Write UTF-8 to files and pipes; a terminal keeps its encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def supports_color(stream: TextIO) -> bool:
    """Return whether a stream is a terminal with colour.

    `NO_COLOR` switches colour off (https://no-color.org).
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold_headings(text: str, stream: TextIO) -> str:
    """Print the headings of a report in bold if the stream supports it.

    A heading is the first line, or a line that the next line underlines.
    """
    if not supports_color(stream):
        return text
    lines = text.split("\n")
    headings = [n for n, line in enumerate(lines[1:]) if line and not line.strip("─")]
    for n in [0, *headings]:
        lines[n] = f"{_BOLD}{lines[n]}{_RESET}"
    return "\n".join(lines)


def print_result(text: str) -> None:
    """Print the result of a command to standard output."""
    print(bold_headings(text, sys.stdout))


def print_json(data: Mapping[str, Any]) -> None:
    """Print the result as one JSON object to standard output."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def print_progress(text: str) -> None:
    """Print a remark to standard error."""
    print(text, file=sys.stderr)


def print_error(error: CrmError, *, as_json: bool) -> None:
    """Print an error to standard error, as a problem document with `as_json`."""
    if as_json:
        print(json.dumps(error.to_problem(), ensure_ascii=False, default=str), file=sys.stderr)
        return
    red, reset = (_RED, _RESET) if supports_color(sys.stderr) else ("", "")
    print(f"{red}crmcore: {error} [{error.code}]{reset}", file=sys.stderr)


class Progress:
    """Progress display: one changing line on a terminal, ten lines in a log.

    Args:
        total: number of steps; None if unknown.
        quiet: whether nothing is printed.
        stream: standard error by default.
    """

    def __init__(self, *, total: int | None, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._total = total
        self._quiet = quiet
        self._is_terminal = self._stream.isatty()
        self._updated_at = 0.0
        self._step = 0

    def update(self, done: int, text: str) -> None:
        """Show that `done` steps are finished."""
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
        """Clear the line on a terminal."""
        if self._is_terminal and not self._quiet:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _percentage(self, done: int) -> str:
        return f"{100 * done // self._total:3} %  " if self._total else f"{done:,}  "
