"""What leaves for a collector: a server process, a receiver that decodes OTLP, and calls full of what may not leave."""

import json
import signal
import socket
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio.to_thread
import pytest
from google.protobuf.json_format import MessageToDict
from mcp import Client
from mcp.shared.exceptions import MCPError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pai_dlc_mcp import cli
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

pytestmark = pytest.mark.long  # a process, and the OpenTelemetry SDK
JOB = "dlc4stillrunning"
SECRET = "sk-a-secret-of-the-caller"
_OF = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


@pytest.fixture(scope="module")
def collector() -> Generator[tuple[str, list[dict[str, Any]]]]:
    """Its address, and what it received."""
    received: list[dict[str, Any]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            import gzip

            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            received.append(MessageToDict(_OF[self.path].FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()


@pytest.fixture(scope="module")
def sent(collector: Any, one_emulator: Emulator, replica: Any, tmp_path_factory: Any) -> Any:
    """What a server sends of some calls, up to its end."""
    address, received = collector
    one_emulator.reset()
    folder = tmp_path_factory.mktemp("telemetry")
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "PAI_DLC_STATE": str(folder), "PAI_DLC_TOOLSETS": "all"}
    with replica(one_emulator, **settings) as server:
        anyio.run(_calls, f"{server}/mcp", one_emulator)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    return received


async def _calls(address: str, emulator: Emulator) -> None:
    async with Client(address, cache=None) as client:
        emulator.faults.add(Fault("GetJob", "unavailable", times=1))
        await client.call_tool("get_job", {"job_id": JOB})
        await client.call_tool("get_job", {"job_id": f"dlc{SECRET}"})
        await client.call_tool(f"get_job {SECRET}", {"job_id": JOB})
        await client.call_tool("list_jobs", {"name": SECRET, "region": SECRET})
        asked = (await client.call_tool("stop_job", {"job_id": JOB})).structured_content or {}
        await client.call_tool("stop_job", {"job_id": JOB, "confirmation_token": f"confirm-{SECRET}"})
        emulator.faults.add(Fault("StopJob", "forbidden_ram", times=1))
        await client.call_tool("stop_job", {"job_id": JOB, "confirmation_token": asked["confirmation_token"]})
        for uri in (f"pai-dlc://jobs/{SECRET}", "pai-dlc://jobs/dlcnothing", f"{SECRET}://x"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)
        with pytest.raises(MCPError):
            await client.get_prompt(SECRET, {SECRET: SECRET})


def spans(sent: Any) -> list[dict[str, Any]]:
    return [
        {**span, "attributes": {one["key"]: next(iter(one["value"].values())) for one in span.get("attributes", [])}}
        for body in sent
        for resource in body.get("resourceSpans", [])
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def points(sent: Any, name: str) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """The last of each series: attributes and the point."""
    found = [
        ({one["key"]: one["value"]["stringValue"] for one in point.get("attributes", [])}, point)
        for body in sent
        for resource in body.get("resourceMetrics", [])
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
        if metric["name"] == name
        for point in (metric.get("histogram") or metric["sum"])["dataPoints"]
    ]
    return list({json.dumps(named): (named, point) for named, point in found}.values())


def test_a_call_of_the_cloud_is_a_span_under_its_tool_s(sent: Any) -> None:
    tool = next(span for span in spans(sent) if span["name"] == "tools/call get_job")
    cloud = next(span for span in spans(sent) if span["name"] == "GetJob")
    assert cloud["parentSpanId"] == tool["spanId"]
    assert cloud["kind"] == "SPAN_KIND_CLIENT"
    named = {"pai_dlc.operation": "GetJob", "pai_dlc.region": "cn-hangzhou", "pai_dlc.attempts": "2"}
    assert cloud["attributes"] == named
    assert tool["attributes"]["gen_ai.tool.name"] == "get_job"


def test_metrics_count_calls_errors_tokens_retries_and_answers(sent: Any) -> None:
    calls = {
        (named["pai_dlc.tool"], named.get("error.type")): point
        for named, point in points(sent, "pai_dlc.tool.duration")
    }
    assert int(calls["get_job", None]["count"]) == 1
    assert ("unknown", "UnknownTool") in calls
    tokens = {named["pai_dlc.tool"]: point["sum"] for named, point in points(sent, "pai_dlc.tool.tokens")}
    assert tokens["get_job"] > 10
    retries = {named["pai_dlc.operation"]: point["asInt"] for named, point in points(sent, "pai_dlc.cloud.retries")}
    assert retries["GetJob"] == "1"
    codes = {named.get("error.type") for named, _ in points(sent, "pai_dlc.cloud.duration")}
    assert {None, "Forbidden.RAM"} <= codes
    steps = {named["pai_dlc.step"] for named, _ in points(sent, "pai_dlc.gate.steps")}
    assert {"previewed", "redeemed", "answered", "sending", "failed"} <= steps


def test_nothing_of_a_call_leaves(sent: Any, one_emulator: Emulator) -> None:
    whole = json.dumps(sent)
    assert "tools/call get_job" in whole
    for text in (SECRET, JOB, "dlcnothing", one_emulator.endpoint, one_emulator.access_key_id):
        assert text not in whole
    assert not any(span.get("events") or span.get("status", {}).get("message") for span in spans(sent))


def test_its_name_is_the_server_s(sent: Any) -> None:
    resources = [one["resource"]["attributes"] for body in sent for one in body.get("resourceSpans", [])]
    named = {one["key"]: one["value"]["stringValue"] for one in resources[0]}
    assert named["service.name"] == "pai-dlc-mcp"


async def test_a_collector_that_hangs_holds_up_no_call_and_no_end(emulator: Any, replica: Any, tmp_path: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        address = f"http://127.0.0.1:{hangs.getsockname()[1]}"
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        with replica(emulator, PAI_DLC_STATE=str(tmp_path), **settings) as server:
            async with Client(f"{server}/mcp", cache=None) as client:
                for _ in range(2):
                    assert not (await client.call_tool("get_job", {"job_id": JOB})).is_error
            server.process.send_signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(server.process.wait, 15) == 0


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"), (None, None, "pai-dlc-mcp[otel]")],
)
def test_what_cannot_be_sent_is_refused_at_start(
    variable: Any, value: Any, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    if variable:
        monkeypatch.setenv(variable, value)
    else:
        monkeypatch.setitem(__import__("sys").modules, "pai_dlc_mcp.server.exporting", None)
        monkeypatch.delattr("pai_dlc_mcp.server.exporting", raising=False)
    assert cli.main(["serve"]) == 2
    assert said in capsys.readouterr().err
