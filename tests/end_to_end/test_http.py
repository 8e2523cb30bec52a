"""HTTP for replicas: two servers behind one address, each call to the other one."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import cycle
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pai_dlc_mcp import cli
from pai_dlc_mcp.emulator.embedded import Emulator
from tests.end_to_end.conftest import in_thread, replica_here

JOB = "dlc4stillrunning"
Replica = Callable[..., AbstractContextManager[str]]
ONE_FOLDER = pytest.mark.parametrize(
    "replicas",
    [
        pytest.param(("threads", "one", "one"), id="one folder"),
        pytest.param(("processes", "one", "one"), id="one folder, processes", marks=pytest.mark.long),
    ],
    indirect=True,
)


@contextmanager
def balancer(port: int, *backends: str) -> Generator[str]:
    """One address; each call of a tool goes to the next backend, everything else to the first."""
    turn = cycle(backends)

    async def forward(request: Request) -> Response:
        kept = {k: v for k, v in request.headers.items() if k not in ("host", "content-length", "connection")}
        body = await request.body()
        backend = next(turn) if b'"tools/call"' in body else backends[0]
        async with httpx2.AsyncClient(timeout=30) as client:
            answer = await client.request(request.method, backend + request.url.path, headers=kept, content=body)
        passed = {k: v for k, v in answer.headers.items() if k not in ("content-length", "transfer-encoding")}
        return Response(answer.content, answer.status_code, passed)

    app = Starlette(routes=[Route("/mcp", forward, methods=["GET", "POST", "DELETE"])])
    with in_thread(app, port) as address:
        yield f"{address}/mcp"


@pytest.fixture(scope="module")
def replicas(
    one_emulator: Emulator,
    replica: Replica,
    free_port: Callable[[], int],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[tuple[str, str, str]]:
    """The addresses of the balancer and of two replicas. One start for all tests with the same folders; those named
    `processes` are that, which takes two seconds more."""
    home = tmp_path_factory.mktemp("replicas")
    kind, *names = request.param
    states = [request.getfixturevalue(name) if name == "one_redis" else str(home / name) for name in names]
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(
                replica(one_emulator, host, PAI_DLC_STATE=state)
                if kind == "processes"
                else replica_here(one_emulator, host, state=state)
            )
            for host, state in zip(("127.0.0.1", "127.0.0.2"), states, strict=True)
        )
        yield stack.enter_context(balancer(free_port(), one, other)), one, other


@pytest.fixture
def address(replicas: tuple[str, str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """The replicas, and the emulator behind them as new; a replica waits in real time until the job has stopped."""
    monkeypatch.setattr(emulator.clock, "speed", 20.0)
    return replicas[0]


def stops(emulator: Emulator) -> int:
    return emulator.requests.actions().count("StopJob")


async def yes(*_: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"confirm": True})


@ONE_FOLDER
async def test_a_question_asked_by_one_replica_is_answered_to_the_other(address: str, emulator: Emulator) -> None:
    async with Client(address, mode="2026-07-28", cache=None, elicitation_callback=yes) as client:
        done = await client.call_tool("stop_job", {"job_id": JOB})
    assert done.structured_content is not None
    assert (done.structured_content["status"], stops(emulator)) == ("stopped", 1)


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
@ONE_FOLDER
async def test_a_token_of_one_replica_is_redeemed_by_the_other(mode: Any, address: str, emulator: Emulator) -> None:
    async with Client(address, mode=mode, cache=None) as client:
        asked = (await client.call_tool("stop_job", {"job_id": JOB})).structured_content
        assert asked is not None
        token = {"confirmation_token": asked["confirmation_token"]}
        done = (await client.call_tool("stop_job", {"job_id": JOB, **token})).structured_content
    assert done is not None
    assert (done["status"], stops(emulator)) == ("stopped", 1)


@pytest.mark.long  # two starts of a process; tests/server/safety/test_redis_store.py has the rule
@pytest.mark.parametrize("replicas", [("processes", "one_redis", "one_redis")], indirect=True, ids=["one Redis"])
async def test_a_token_is_redeemed_once_by_replicas_with_one_redis(address: str, emulator: Emulator) -> None:
    async with Client(address, cache=None) as client:
        asked = (await client.call_tool("stop_job", {"job_id": JOB})).structured_content
        assert asked is not None
        token = {"confirmation_token": asked["confirmation_token"]}
        told: list[Any] = []

        async def redeem() -> None:
            told.append((await client.call_tool("stop_job", {"job_id": JOB, **token})).structured_content)

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(redeem)
    assert stops(emulator) == 1
    assert [one["status"] for one in told].count("stopped") == 1


@ONE_FOLDER
def test_19_a_foreign_host_or_origin_is_refused_on_every_loopback_address(replicas: tuple[str, str, str]) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepted = {"accept": "application/json, text/event-stream"}
    for address in replicas[1:]:

        def status(address: str = address, **headers: str) -> int:
            return httpx2.post(f"{address}/mcp", json=listing, headers={**accepted, **headers}).status_code

        assert status() == status(origin=address) == 200
        assert status(host="evil.example.com") == status(host="evil.example.com:80") == 421
        assert status(origin="http://evil.example.com") == status(origin="null") == 403


@pytest.mark.long  # two starts of a process; tests/server/safety/test_replicas.py has the rule
@pytest.mark.parametrize("replicas", [("processes", "one", "other")], indirect=True, ids=["two folders"])
async def test_without_a_shared_folder_the_other_replica_refuses(address: str, emulator: Emulator) -> None:
    async with Client(address, mode="2026-07-28", cache=None) as client:
        asked = (await client.call_tool("stop_job", {"job_id": JOB})).structured_content
        assert asked is not None
        token = {"confirmation_token": asked["confirmation_token"]}
        again = (await client.call_tool("stop_job", {"job_id": JOB, **token})).structured_content
    assert again is not None
    assert again["status"] == "confirmation_required"
    with pytest.RaisesGroup(MCPError, flatten_subgroups=True):
        async with Client(address, mode="2026-07-28", cache=None, elicitation_callback=yes) as client:
            await client.call_tool("stop_job", {"job_id": JOB})
    assert stops(emulator) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "example.com"])
def test_an_address_others_can_reach_is_refused(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--transport", "http", "--host", host]) == 2
    assert "loopback only" in capsys.readouterr().err
