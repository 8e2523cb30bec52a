"""Worker threads: bounded, counted while they live, and no reason for a process to stay."""

import json
import os
import subprocess
import sys
import threading
import time

import anyio
import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.gateway import tried
from pai_dlc_mcp.server.cloud.workers import Workers


async def until_idle(workers: Workers) -> None:
    with anyio.fail_after(5):
        while workers.busy:
            await anyio.sleep(0.01)


async def test_an_answer_and_an_exception_come_back() -> None:
    workers = Workers(2)
    assert await workers.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await workers.run(divmod, 7, 0)
    await until_idle(workers)


async def test_16_a_call_that_was_given_up_is_counted_until_its_thread_ends() -> None:
    workers, end = Workers(2), threading.Event()
    for _ in range(2):
        with anyio.move_on_after(0.05) as scope:
            await workers.run(end.wait)
        assert scope.cancelled_caught
    assert workers.busy == 2
    with anyio.move_on_after(0.05) as scope:
        await workers.run(int)
    assert scope.cancelled_caught
    end.set()
    await until_idle(workers)
    assert await workers.run(int) == 0


async def _at_once(action: str, until: float) -> None: ...


async def test_a_call_that_found_no_free_thread_was_not_sent() -> None:
    workers, end = Workers(1), threading.Event()
    with anyio.move_on_after(0.05):
        await workers.run(end.wait)
    with pytest.raises(CloudError) as caught:
        await tried(int, workers, tries=1, deadline=0.05, action="StopJob", host="x", admit=_at_once)
    end.set()
    assert (caught.value.code, caught.value.maybe_done) == ("Busy", False)


LEAVE = """
import anyio, sys
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.settings import Settings

gateway = Gateway(Settings(endpoint=sys.argv[1], protocol="http"), StaticKey(*sys.argv[2:4]))

async def main():
    await gateway.read("pai-dlc", "GetJob", "cn-hangzhou", "dlc4stillrunning")
    with anyio.move_on_after(0.3):
        await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
    print("left", flush=True)

anyio.run(main)
"""


@pytest.mark.long  # a process
def test_a_process_ends_while_a_call_it_gave_up_is_still_out(emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "delay", seconds=10))
    where = (emulator.endpoint, emulator.access_key_id, emulator.access_key_secret)
    with subprocess.Popen([sys.executable, "-c", LEAVE, *where], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "left\n"
        before = time.monotonic()
        assert process.wait(timeout=15) == 0
    assert time.monotonic() - before < 2


@pytest.mark.long
def test_16_the_server_ends_within_two_seconds_of_its_client_while_a_call_is_out(emulator, tmp_path) -> None:
    emulator.faults.add(Fault("ListJobs", "delay", times=9, seconds=20))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PAI_DLC_REGION": "cn-hangzhou",
        "PAI_DLC_ENDPOINT": emulator.endpoint,
        "PAI_DLC_PROTOCOL": "http",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    messages = [
        {"id": 1, "method": "initialize", "params": about},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "list_jobs", "arguments": {}}},
    ]
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdin
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        server.stdin.flush()
        patience = time.monotonic() + 20
        while "ListJobs" not in emulator.requests.actions() and time.monotonic() < patience:
            time.sleep(0.05)
        assert "ListJobs" in emulator.requests.actions()
        before = time.monotonic()
        server.stdin.close()
        server.wait(timeout=30)
    assert time.monotonic() - before < 2
