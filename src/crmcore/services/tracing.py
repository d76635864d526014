"""Tracing: a span of the host's tracer around each command and query.

Invariant: an error of the tracer is logged, and changes neither the execution nor the result of a command.
"""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

from crmcore.ports import RequestContext, Tracer

_log = logging.getLogger("crmcore.tracing")


@contextmanager
def traced(tracer: Tracer, command: str, context: RequestContext) -> Iterator[None]:
    """Run a block in a span of the tracer. Errors pass through."""
    span = _enter_span(tracer, command, context)
    try:
        yield
    except BaseException as error:
        _exit_span(span, command, type(error), error, error.__traceback__)
        raise
    _exit_span(span, command, None, None, None)


def _enter_span(tracer: Tracer, command: str, context: RequestContext) -> AbstractContextManager[None] | None:
    try:
        span = tracer.span(command, context)
        span.__enter__()
    except Exception as failure:  # noqa: BLE001  # a failing tracer must not stop a command
        _report(command, failure)
        return None
    return span


def _exit_span(
    span: AbstractContextManager[None] | None,
    command: str,
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    if span is None:
        return
    try:
        span.__exit__(kind, error, trace)
    except Exception as failure:  # noqa: BLE001  # the command has ended; keep its result
        if failure is not error:
            _report(command, failure)


def _report(command: str, failure: Exception) -> None:
    _log.warning("tracer failed", extra={"crm_command": command, "crm_error": type(failure).__name__})
