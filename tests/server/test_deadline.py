"""One deadline for a whole call: reads end with it, a human's answer is not counted, a write that was sent is waited
for."""

import time
from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server import deadline

JOB = "dlc4stillrunning"


def test_outside_a_call_there_is_no_end() -> None:
    assert deadline.left() == float("inf")
    with deadline.not_counted():
        pass


async def test_it_counts_down_in_every_task_of_the_call_and_not_while_a_human_thinks() -> None:
    left: list[float] = []

    async def look() -> None:
        left.append(deadline.left())

    with deadline.whole_call(10):
        async with anyio.create_task_group() as group:
            with deadline.not_counted():
                await anyio.sleep(0.3)
            group.start_soon(look)
        await anyio.sleep(0.2)
        assert 9.5 < deadline.left() < 9.9
    assert 9.9 < left[0] <= 10
    assert deadline.left() == float("inf")


async def test_the_reads_of_one_call_share_it(connect: Any, emulator: Any) -> None:
    emulator.faults.add(Fault("*", "delay", times=99, seconds=0.7))
    started = time.monotonic()
    said = await connect(deadline=1, image_policy="any").error("create_job", **connect().JOB)
    assert "code: Timeout" in said
    assert time.monotonic() - started < 4
    assert "CreateJob" not in emulator.requests.actions()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_human_s_time_is_not_the_call_s(connect: Any, emulator: Any, mode: str) -> None:
    async def slowly(*_: Any) -> ElicitResult:
        await anyio.sleep(1.2)
        return ElicitResult(action="accept", content={"confirm": True})

    found = await connect(deadline=1, mode=mode, elicitation_callback=slowly).facts("stop_job", job_id=JOB)
    assert found["status"] == "stopped"


@pytest.mark.parametrize(("seconds", "said"), [(0.9, "accepted"), (1.5, "not answered")])
async def test_06_a_write_that_was_sent_is_told_whatever_time_is_left(
    connect: Any, emulator: Any, seconds: float, said: str
) -> None:
    await connect().text("get_job", job_id=JOB)  # imports the SDK
    agent = connect(deadline=1, effects="stop_running=allow")
    emulator.faults.add(
        Fault("GetJob", "delay", skip=2, times=9, seconds=2), Fault("StopJob", "delay", seconds=seconds)
    )
    found = await agent.facts("stop_job", job_id=JOB)
    assert found["status"] == "sent_unseen"
    assert f"StopJob {JOB} was sent and {said}" in found["reason"]
    assert emulator.requests.actions().count("StopJob") == 1
