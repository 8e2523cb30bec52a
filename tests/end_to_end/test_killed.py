"""A server that is killed in the middle of a write: the next one, asked the same, says what really happened. One that
is told to end answers first what it has begun."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

JOB = "dlc4stillrunning"
ACCEPTED = {"accept": "application/json, text/event-stream"}


async def facts(address: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    async with Client(f"{address}/mcp", cache=None) as client:
        result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content or {}


async def previewed_stop(address: str) -> dict[str, Any]:
    """Arguments of a stop that the user said yes to."""
    token = (await facts(address, "stop_job", {"job_id": JOB}))["confirmation_token"]
    return {"job_id": JOB, "confirmation_token": token}


def posted(address: str, tool: str, arguments: dict[str, Any]) -> str:
    """One request, and all of its answer: a client of the SDK's sends more than that."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    return httpx2.post(f"{address}/mcp", json=asked, headers=ACCEPTED, timeout=60).text


async def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not holds() and time.monotonic() < ends:
        await anyio.to_thread.run_sync(time.sleep, 0.02)  # anyio.sleep jumps here
    assert holds()


async def killed_while(address: Any, emulator: Emulator, action: str, tool: str, arguments: dict[str, Any]) -> None:
    """The server is killed while the service takes its time with the answer to an action of this call."""
    before = emulator.requests.actions().count(action)

    def call() -> None:
        with pytest.raises(httpx2.HTTPError):
            posted(address, tool, arguments)

    emulator.faults.add(Fault(action, "delay", seconds=30))
    thread = threading.Thread(target=call)
    thread.start()
    await until(lambda: emulator.requests.actions().count(action) > before)
    address.process.send_signal(signal.SIGKILL)
    address.process.wait(20)
    thread.join()


@pytest.mark.long
@pytest.mark.parametrize("named", [{"client_request_id": "request-1"}, {}], ids=["by its id", "by its body"])
async def test_killed_in_the_middle_of_a_create_that_was_carried_out(
    named: dict[str, Any], emulator: Emulator, replica: Any, connect: Any
) -> None:
    arguments, before = {**connect().JOB, **named}, set(emulator.account.jobs)
    with replica(emulator) as address:
        await killed_while(address, emulator, "CreateJob", "create_job", arguments)
    jobs = set(emulator.account.jobs) - before
    assert len(jobs) == 1
    with replica(emulator) as address:
        told = await facts(address, "create_job", arguments)
    assert told["job_id"] in jobs
    assert told["status"] != "created"
    assert emulator.requests.actions().count("CreateJob") == 1


@pytest.mark.long
async def test_killed_after_the_yes_and_before_the_stop(emulator: Emulator, replica: Any) -> None:
    with replica(emulator) as address:
        confirmed = await previewed_stop(address)
        await killed_while(address, emulator, "GetJob", "stop_job", confirmed)
    assert "StopJob" not in emulator.requests.actions()
    emulator.clock.speed = 20.0
    with replica(emulator) as address:
        assert (await facts(address, "stop_job", confirmed))["status"] == "stopped"
    assert emulator.requests.actions().count("StopJob") == 1


@pytest.mark.long
async def test_killed_in_the_middle_of_the_stop(emulator: Emulator, replica: Any) -> None:
    with replica(emulator) as address:
        confirmed = await previewed_stop(address)
        await killed_while(address, emulator, "StopJob", "stop_job", confirmed)
    emulator.clock.advance(600)
    with replica(emulator) as address:
        told = await facts(address, "stop_job", confirmed)
    assert (told["status"], told["job_status"]) == ("nothing_to_stop", "Stopped")
    assert emulator.requests.actions().count("StopJob") == 1


@pytest.mark.long
@pytest.mark.parametrize("listening", [True, False], ids=["beside an open stream", "alone"])
async def test_told_to_end_over_http_a_write_is_answered_first(
    listening: bool, emulator: Emulator, replica: Any, connect: Any
) -> None:
    emulator.faults.add(Fault("CreateJob", "delay", seconds=2))
    told: list[str] = []

    def create(address: str) -> None:
        told.append(posted(address, "create_job", connect().JOB))

    def listen(address: str) -> None:
        stream = httpx2.stream("GET", f"{address}/mcp", headers=ACCEPTED, timeout=60)
        with pytest.raises(httpx2.HTTPError), stream as answer:
            list(answer.iter_bytes())

    with replica(emulator) as address:
        async with anyio.create_task_group() as group:
            if listening:
                group.start_soon(anyio.to_thread.run_sync, listen, address)
            group.start_soon(anyio.to_thread.run_sync, create, address)
            await until(lambda: "CreateJob" in emulator.requests.actions())
            address.process.send_signal(signal.SIGTERM)
        address.process.wait(20)
    assert '"status":"created"' in told[0]
