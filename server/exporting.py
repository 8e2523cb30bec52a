"""Exports the spans and metrics of telemetry.py, and the MCP SDK's spans, to the collector of the OTEL_* variables.

Only the attributes and value types listed here are exported. A span's events and status are dropped: they could quote a
call's arguments.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Collection, Sequence
from importlib.metadata import version

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from pai_dlc_mcp.server import telemetry

_KEPT = (
    "mcp.method.name", "mcp.protocol.version", "gen_ai.operation.name", "error.type", "rpc.response.status_code",
    "pai_dlc.operation", "pai_dlc.region", "pai_dlc.attempts",
)  # fmt: skip
_TOOL = "gen_ai.tool.name"
_LAST_S = 5.0  # for what is left at the end: a collector that hangs may not keep the process
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


def start(tools: Collection[str]) -> Callable[[], None]:
    """Start recording. Returns the function that flushes and shuts down. Raises ValueError for an unsupported
    protocol."""
    for signal in ("", "TRACES_", "METRICS_"):
        name = f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL"
        if os.environ.get(name, "http/protobuf") != "http/protobuf":
            raise ValueError(f"{name}: only http/protobuf is spoken here")
    resource = Resource.create({"service.version": version("pai-dlc-mcp"), **_name()})
    spans = TracerProvider(resource=resource, shutdown_on_exit=False)
    if os.environ.get("OTEL_TRACES_EXPORTER") != "none":
        spans.add_span_processor(BatchSpanProcessor(Listed(OTLPSpanExporter(), tools)))
    off = os.environ.get("OTEL_METRICS_EXPORTER") == "none"
    readers = [] if off else [PeriodicExportingMetricReader(OTLPMetricExporter())]
    meters = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    trace.set_tracer_provider(spans)  # the MCP SDK's spans go through it too
    metrics.set_meter_provider(meters)
    telemetry.record_with(telemetry.Instruments.of(spans.get_tracer("pai-dlc-mcp"), meters.get_meter("pai-dlc-mcp")))

    def end() -> None:
        last = [threading.Thread(target=one.shutdown, daemon=True) for one in (spans, meters)]
        for thread in last:
            thread.start()
        until = time.monotonic() + _LAST_S
        for thread in last:
            thread.join(max(0.0, until - time.monotonic()))

    return end


class Listed(SpanExporter):
    """Wraps an exporter and filters spans down to the listed attributes. `tools`: the tool names that may be
    exported."""

    def __init__(self, exporter: SpanExporter, tools: Collection[str]) -> None:
        self._exporter, self._tools = exporter, frozenset(tools)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([self._listed(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def _listed(self, span: ReadableSpan) -> ReadableSpan:
        given = span.attributes or {}
        kept = {name: given[name] for name in _KEPT if name in given and _WORD.fullmatch(str(given[name]))}
        name = span.name.split(" ")[0]
        name = name if _WORD.fullmatch(name) else "unknown"
        if given.get(_TOOL) in self._tools:
            kept[_TOOL] = given[_TOOL]
            name = f"{name} {given[_TOOL]}"
        return ReadableSpan(
            name=name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=kept,
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )


def _name() -> dict[str, str]:
    given = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {} if given else {"service.name": "pai-dlc-mcp"}
