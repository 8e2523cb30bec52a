"""Spans and metrics of tool calls, calls to the cloud and steps of the gate. Nothing is recorded without OpenTelemetry.

Attributes are the tool, operation, region, error code and the like; never arguments, ids or texts.
"""

import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pai_dlc_mcp.server.errors import Failure

_ENDPOINTS = tuple(f"OTEL_EXPORTER_OTLP_{signal}ENDPOINT" for signal in ("", "TRACES_", "METRICS_"))
_GATE = ("effect", "rung", "word", "code")  # the facts of a gate step that become attributes


@dataclass(frozen=True)
class Instruments:
    """The tracer and the metrics to record with."""

    tracer: Any
    tool_seconds: Any
    tool_tokens: Any
    cloud_seconds: Any
    cloud_retries: Any
    gate_steps: Any

    @classmethod
    def of(cls, tracer: Any, meter: Any) -> "Instruments":
        return cls(
            tracer,
            meter.create_histogram("pai_dlc.tool.duration", "s", "Calls of tools; error.type: a failure's code."),
            meter.create_histogram("pai_dlc.tool.tokens", "{token}", "Tokens of a tool's result, as a model reads it."),
            meter.create_histogram("pai_dlc.cloud.duration", "s", "Calls of the cloud's API, with all their attempts."),
            meter.create_counter("pai_dlc.cloud.retries", "{attempt}", "Attempts after the first of a call."),
            meter.create_counter("pai_dlc.gate.steps", "{step}", "Questions, answers, writes: the audit's lines."),
        )


_instruments: Instruments | None = None


def is_wanted() -> bool:
    """Whether the OTEL_* variables turn on an exporter."""
    return os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true" and any(map(os.environ.get, _ENDPOINTS))


def record_with(instruments: Instruments) -> None:
    """Record with these instruments from now on."""
    global _instruments
    _instruments = instruments


def tool_called(tool: str, seconds: float, tokens: Callable[[], int], code: str | None) -> None:
    """Record one tool call. `seconds` is its duration; `code` the error code, None for a success."""
    if _instruments:
        named = _attributes(tool=tool, code=code)
        _instruments.tool_seconds.record(seconds, named)
        _instruments.tool_tokens.record(tokens(), named)


def gate_step(step: str, action: str, region: str, facts: Mapping[str, object]) -> None:
    """Count one step of the gate."""
    if _instruments:
        known = {name: str(facts[name]) for name in _GATE if facts.get(name) is not None}
        _instruments.gate_steps.add(1, _attributes(step=step, operation=action, region=region, **known))


@contextmanager
def cloud_call(operation: str, region: str) -> Generator[Callable[[], None]]:
    """Span around one operation with its retries. Yields a function to call at the start of each attempt."""
    if not _instruments:
        yield _nothing
        return
    from opentelemetry.trace import SpanKind, StatusCode

    attempts: list[None] = []
    named, began = _attributes(operation=operation, region=region), time.monotonic()
    with _instruments.tracer.start_as_current_span(
        operation, kind=SpanKind.CLIENT, attributes=named, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield lambda: attempts.append(None)
        except Failure as failure:
            named |= _attributes(code=failure.code)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.set_attributes({**named, "pai_dlc.attempts": len(attempts)})
            _instruments.cloud_seconds.record(time.monotonic() - began, named)
            if len(attempts) > 1:
                _instruments.cloud_retries.add(len(attempts) - 1, named)


def _attributes(*, code: str | None = None, **names: str) -> dict[str, str]:
    return {f"pai_dlc.{name}": value for name, value in names.items()} | ({"error.type": code} if code else {})


def _nothing() -> None:
    pass
