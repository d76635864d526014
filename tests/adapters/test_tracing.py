"""Tracing: one span per command, without values."""

import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from crmcore import Crm
from crmcore.adapters.tracing import OpenTelemetryTracer
from crmcore.errors import NotFoundError


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """The exporter that collects spans."""
    return InMemorySpanExporter()


@pytest.fixture
def crm(spans: InMemorySpanExporter) -> Crm:
    """A Crm with a tracer."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Crm(tracer=OpenTelemetryTracer(provider), tenant="acme", correlation_id="req-1")


def test_every_command_and_query_has_span(crm: Crm, spans: InMemorySpanExporter) -> None:
    """Spans of commands and queries have command, tenant and correlation."""
    added = crm.customers.create("Jānis Bērziņš")
    crm.customers.get(added.id)
    [first, second] = spans.get_finished_spans()

    assert ("crm customers.create", "crm customers.get") == (first.name, second.name)
    assert {"crm.command": "customers.create", "crm.tenant": "acme", "crm.correlation_id": "req-1"} == dict(
        first.attributes or {}
    )
    assert first.status.is_unset


def test_failed_command_span_has_error_code_only(crm: Crm, spans: InMemorySpanExporter) -> None:
    """A failed command has an error code, and no message or traceback."""
    with pytest.raises(NotFoundError):
        crm.customers.get("customer_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # any text will do
    [span] = spans.get_finished_spans()

    assert ("not_found", False, ()) == ((span.attributes or {})["error.type"], span.status.is_ok, span.events)
    assert None is span.status.description


def test_host_span_is_parent(crm: Crm, spans: InMemorySpanExporter) -> None:
    """An active span of the host is the parent."""
    host: Any = TracerProvider().get_tracer("host")
    with host.start_as_current_span("request") as request:
        crm.customers.create("Jānis")
    [span] = spans.get_finished_spans()

    assert span.parent is not None
    assert request.get_span_context().trace_id == span.parent.trace_id


def test_opentelemetry_is_imported_only_with_tracer() -> None:
    """OpenTelemetry is imported only with a tracer.

    Without the extra, the error says what to install.
    """
    script = (
        "import sys\n"
        "from crmcore import Crm, CrmError\n"
        "Crm().customers.create('Ann')\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))\n"
        "sys.modules['opentelemetry'] = None\n"
        "from crmcore.adapters.tracing import OpenTelemetryTracer\n"
        "try: OpenTelemetryTracer()\n"
        "except CrmError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert 'False\nOpenTelemetry spans need: pip install "crmcore[otel]"\n' == said
