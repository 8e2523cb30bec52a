"""Worker threads: bounded, counted while they live, and no reason for a process to stay."""

import subprocess
import sys
import threading
import time

import anyio
import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.retries import tried
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


async def test_a_call_that_was_given_up_is_counted_until_its_thread_ends() -> None:
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


async def test_a_call_that_found_no_free_thread_was_not_sent() -> None:
    workers, end = Workers(1), threading.Event()
    with anyio.move_on_after(0.05):
        await workers.run(end.wait)
    with pytest.raises(CloudError) as caught:
        await tried(int, workers, tries=1, deadline=0.05, action="StopJob", host="x")
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


def test_a_process_ends_while_a_call_it_gave_up_is_still_out(emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "delay", seconds=10))
    where = (emulator.endpoint, emulator.access_key_id, emulator.access_key_secret)
    with subprocess.Popen([sys.executable, "-c", LEAVE, *where], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "left\n"
        before = time.monotonic()
        assert process.wait(timeout=15) == 0
    assert time.monotonic() - before < 2
