"""`pai-dlc-mcp page`: the page over HTTP on the loopback, and everybody whom it does not answer."""

import os
import subprocess
import sys
from typing import Any

import anyio
import httpx2
import pytest

from pai_dlc_mcp.page.browser import HOST, Address

LIVE = "dlc4stillrunning"


def own(place: Address) -> dict[str, str]:
    return {"Origin": f"http://{place.host}"}


async def test_the_page_and_its_facts_come_from_one_address(served: Any, emulator: Any) -> None:
    async with served(LIVE) as place, httpx2.AsyncClient(base_url=place.url) as http:
        page = await http.get("")
        facts = await http.post("job", headers=own(place))
    assert page.status_code == facts.status_code == 200
    assert page.text.startswith("<!doctype html>")
    assert "connect-src 'self'" in page.text
    assert page.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert {page.headers["cache-control"], facts.headers["cache-control"]} == {"no-store"}
    assert facts.json()["structuredContent"]["job"]["job_id"] == LIVE
    assert not [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]


STRANGERS: tuple[tuple[str, str, dict[str, str], int], ...] = (
    ("GET", "/", {}, 404),
    ("GET", "/favicon.ico", {}, 404),
    ("GET", "/{token}x/", {}, 404),
    ("GET", "/{short}/", {}, 404),
    ("POST", "/wrong/job", {"Origin": "http://{host}"}, 404),
    ("POST", "/{token}/job", {}, 403),
    ("POST", "/{token}/job", {"Origin": "null"}, 403),
    ("POST", "/{token}/job", {"Origin": "https://evil.example"}, 403),
    ("POST", "/{token}/job", {"Origin": "http://localhost"}, 403),
    ("POST", "/{token}/job", {"Origin": "http://{host}", "Host": "evil.example"}, 403),
    ("GET", "/{token}/", {"Host": "evil.example"}, 403),
    ("GET", "/{token}/", {"Host": "127.0.0.1"}, 403),
    ("GET", "/{token}/", {"Origin": "https://evil.example"}, 403),
    ("GET", "/{token}/job", {}, 405),
    ("PUT", "/{token}/job", {"Origin": "http://{host}"}, 405),
    ("POST", "/{token}/other", {"Origin": "http://{host}"}, 404),
)  # fmt: skip


async def test_nobody_else_is_answered(served: Any, emulator: Any) -> None:
    async with served(LIVE) as place, httpx2.AsyncClient() as http:
        known = {"token": place.token, "short": place.token[:-1], "host": place.host}
        for method, path, headers, status in STRANGERS:
            sent = {name: value.format(**known) for name, value in headers.items()}
            answer = await http.request(method, f"http://{place.host}{path.format(**known)}", headers=sent)
            assert answer.status_code == status, (method, path, headers)
    assert emulator.requests.actions() == []


async def test_a_request_of_no_path_is_a_stranger_s(served: Any) -> None:
    async with served(LIVE) as place:
        name, _, port = place.host.partition(":")
        for line in ("OPTIONS * HTTP/1.1", "CONNECT evil.example:1 HTTP/1.1"):
            async with await anyio.connect_tcp(name, int(port)) as stream:
                await stream.send(f"{line}\r\nHost: {place.host}\r\nConnection: close\r\n\r\n".encode())
                assert (await stream.receive()).startswith(b"HTTP/1.1 404")


async def test_what_is_sent_with_the_question_changes_nothing(served: Any, emulator: Any) -> None:
    """The page is of one job: no argument comes from the browser."""
    async with served(LIVE) as place, httpx2.AsyncClient(base_url=place.url) as http:
        answer = await http.post("job?job_id=dlc2outofmemory2", json={"job_id": "dlc2outofmemory2"}, headers=own(place))
    assert answer.json()["structuredContent"]["job"]["job_id"] == LIVE


async def test_a_job_that_is_not_there_is_told_on_the_page(served: Any) -> None:
    async with served("dlc00000000nosuch") as place, httpx2.AsyncClient(base_url=place.url) as http:
        answer = (await http.post("job", headers=own(place))).json()
    assert answer["isError"]
    assert "http_status: 404" in answer["content"][0]["text"]


def test_each_address_is_its_own_and_a_port_that_is_taken_is_said() -> None:
    first, second = Address(), Address()
    try:
        assert first.token != second.token
        assert len(first.token) >= 43
        assert first.host.startswith(f"{HOST}:")
        port = int(first.host.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Address(port)
    finally:
        first.socket.close()
        second.socket.close()


@pytest.mark.long
def test_the_command_prints_an_address_that_works() -> None:
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "page", LIVE, "--emulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as run:
        assert run.stdout
        try:
            url = run.stdout.readline().strip()
            origin = "/".join(url.split("/")[:3])
            answer = httpx2.post(f"{url}job", headers={"Origin": origin}, timeout=30)
            assert answer.json()["structuredContent"]["job"]["job_id"] == LIVE
            assert httpx2.get(url).status_code == 200
        finally:
            run.terminate()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "JOB_ID"),
        (["job-1"], "a job id is dlc"),
        ([LIVE, "--port", "99999"], "a port"),
        ([LIVE, "--stop"], "--stop"),
    ],
    ids=str,
)
def test_what_cannot_be_served_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    from pai_dlc_mcp import cli

    with pytest.raises(SystemExit) as left:
        cli.main(["page", *arguments])
    assert left.value.code == 2
    assert said in capsys.readouterr().err
