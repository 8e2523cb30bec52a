"""Proxies: used where they are meant, left out for this machine and for what NO_PROXY lists."""

import os
import socket
import threading

import pytest

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.transport import goes_direct

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
