"""Tracing: opens one OpenTelemetry span for each execution of a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError
from crmcore.ports import RequestContext


class OpenTelemetryTracer:
    """Opens an OpenTelemetry span for each command (extra ``otel``).

    The OpenTelemetry configuration of the host decides where spans go.

    A span has the command, the tenant, the correlation id and the error code. It has no actor and no values.

    Args:
        provider: the tracer provider; the global one by default.

    Raises:
        MissingDependencyError: the extra is not installed.
    """

    def __init__(self, provider: Any = None) -> None:
        try:
            from opentelemetry.trace import Status, StatusCode, get_tracer
        except ImportError:
            raise MissingDependencyError("OpenTelemetry spans", "otel") from None
        self._tracer = get_tracer("crmcore", tracer_provider=provider)
        self._error_status = Status(StatusCode.ERROR)

    @contextmanager
    def span(self, command: str, context: RequestContext, /) -> Iterator[None]:
        """Open a span around a command."""
        attributes = {"crm.command": command, "crm.tenant": context.tenant}
        if context.correlation_id:
            attributes["crm.correlation_id"] = context.correlation_id
        with self._tracer.start_as_current_span(
            f"crm {command}", attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                # The message may contain values; the code is sufficient.
                span.set_attribute("error.type", error.code if isinstance(error, CrmError) else type(error).__name__)
                span.set_status(self._error_status)
                raise
