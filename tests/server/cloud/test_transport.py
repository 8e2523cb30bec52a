"""Redirects are refused, answers capped; proxies used where they are meant and left out where they are not."""

import gzip
import os
import socket
import threading
import tracemalloc
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from darabonba.core import DaraCore

from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.transport import goes_direct
from tests.server.cloud.sts_key import Temporary

PROXY_VARIABLES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("http://127.0.0.1:8080/api/v1/jobs", "", True),
        ("http://localhost/api", "", True),
        ("https://pai-dlc.cn-hangzhou.aliyuncs.com/api", "", False),
        ("https://pai-dlc.cn-hangzhou.aliyuncs.com/api", "aliyuncs.com", True),
        ("https://pai-dlc.cn-hangzhou.aliyuncs.com/api", "10.0.0.0/8,.aliyuncs.com", True),
        ("https://127.0.0.1.example.com/api", "aliyuncs.com", False),
        ("https://10.1.2.3:8443/api", "10.0.0.0/8", True),
    ],
)
def test_a_proxy_is_left_out_for_this_machine_and_for_what_no_proxy_lists(monkeypatch, url, no_proxy, direct) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("no_proxy", no_proxy)
    assert goes_direct(url) is direct


async def test_a_proxy_is_left_out_for_the_loopback_and_the_environment_stays_as_it_is(
    gateway, emulator, monkeypatch
) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    before = dict(os.environ)
    assert "Jobs" in await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
    assert dict(os.environ) == before


@pytest.mark.parametrize("no_proxy", ["", "example.invalid"])
async def test_a_call_to_another_machine_asks_the_proxy_unless_no_proxy_lists_it(
    gateway_for, monkeypatch, no_proxy
) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def answer() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(b" ".join(connection.recv(4096).split()[:2]))
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        for name in PROXY_VARIABLES[:4]:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, no_proxy)
        gateway = gateway_for(endpoint="pai.example.invalid", protocol="https")
        with pytest.raises(CloudError) as caught:
            await gateway.send("pai-dlc", "StopJob", "cn-hangzhou", ("dlc4stillrunning",), {})
    assert (caught.value.kind, caught.value.maybe_done) == ("unreachable", False)
    assert asked == ([] if no_proxy else [b"CONNECT pai.example.invalid:443"])


@pytest.mark.parametrize("write", [False, True])
async def test_16_a_redirect_is_refused_and_nothing_reaches_the_other_host(gateway_for, emulator, write) -> None:
    with embedded.start() as other:
        url = f"http://{other.endpoint}/api/v1/jobs/dlc4stillrunning/stop"
        emulator.faults.add(Fault("*", "redirect", times=9, url=url))
        gateway = gateway_for(Temporary())
        sent = (
            gateway.send("pai-dlc", "StopJob", "cn-hangzhou", ("dlc4stillrunning",), {})
            if write
            else gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
        )
        with pytest.raises(CloudError) as caught:
            await sent
        assert other.requests == []
    error = caught.value
    assert (error.kind, error.code, error.http_status, error.maybe_done) == ("redirected", "Redirected", 307, True)
    assert url not in f"{error.what} {error.fix}"
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("kind", ["gzip_bomb", "large_body"])
async def test_16_an_answer_beyond_the_cap_is_refused_without_its_memory(gateway_for, emulator, kind) -> None:
    gateway = gateway_for(max_response_mb=2)
    await gateway.read("pai-dlc", "GetJob", "cn-hangzhou", "dlc4stillrunning")
    emulator.faults.add(Fault("ListJobs", kind, times=9, megabytes=60))
    tracemalloc.start()
    try:
        with pytest.raises(CloudError) as caught:
            await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    error = caught.value
    assert (error.kind, error.code, error.maybe_done) == ("too_large", "AnswerTooLarge", True)
    assert "PAI_DLC_MAX_RESPONSE_MB" in error.fix
    assert peak < 20e6
    assert emulator.requests.actions() == ["GetJob", "ListJobs"]


@pytest.mark.parametrize("kind", ["gzip_bomb", "large_body"])
async def test_an_answer_below_the_cap_is_read(gateway_for, emulator, kind) -> None:
    gateway = gateway_for(max_response_mb=2)
    emulator.faults.add(Fault("ListJobs", kind, megabytes=1.9))
    assert len((await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou"))["Padding"]) > 1e6
    assert "Jobs" in await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")


ZEROS = b'{"Padding":"' + b"0" * 60_000_000 + b'"}'
BOMBS = {
    "gzip": gzip.compress(ZEROS, 1),
    "gzip, gzip": gzip.compress(gzip.compress(ZEROS, 1)),
    "deflate": zlib.compress(ZEROS, 1),
}


class Bomb(BaseHTTPRequestHandler):
    """Answers with the status and the compressed body that its server was given."""

    def do_GET(self) -> None:
        status, encoding = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(BOMBS[encoding])))
        self.end_headers()
        self.wfile.write(BOMBS[encoding])

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("encoding", BOMBS)
async def test_16_no_compression_gets_around_the_cap_and_no_status(gateway_for, status, encoding) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Bomb) as server:
        server.answer = (status, encoding)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        gateway = gateway_for(endpoint=f"127.0.0.1:{server.server_port}", max_response_mb=2)
        await gateway.check("pai-dlc", "ListJobs", {})  # imports the SDK
        tracemalloc.start()
        try:
            with pytest.raises(CloudError) as caught:
                await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            server.shutdown()
    assert caught.value.kind == "too_large"
    assert peak < 30e6


async def test_a_second_client_of_a_host_reads_no_certificates(gateway_for, monkeypatch) -> None:
    made: list[str] = []
    make = DaraCore.get_adapter

    def counted(protocol: str, *args: Any, **options: Any) -> Any:
        made.append(protocol)
        return make(protocol, *args, **options)

    monkeypatch.setattr(DaraCore, "get_adapter", counted)
    with embedded.start() as other:
        for _ in range(2):
            await gateway_for(endpoint=other.endpoint).read("pai-dlc", "ListJobs", "cn-hangzhou")
    assert made == ["http"]
