"""wait_for_jobs, through a real client; the emulator's clock is the server's."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from typing import Any

import anyio
import pytest
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.credentials import StaticKey

FINISHED, FAILED, RUNNING, WAITING, COLLEAGUES = (
    "dlc1succeeded001",
    "dlc2outofmemory2",
    "dlc4stillrunning",
    "dlc5waitinginq05",
    "dlc7colleague007",
)
NOWHERE = "dlc0000000000000"
CALL: list[dict[str, Any]] = [
    {
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}},
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/call", "params": {"name": "wait_for_jobs", "arguments": {"job_ids": [RUNNING]}}},
]


class Waiter:
    """An agent whose client takes progress, and what it was told meanwhile."""

    def __init__(self, agent: Any) -> None:
        self.agent, self.told = agent, list[tuple[float, float | None, str | None]]()

    async def wait(self, *job_ids: str, **arguments: Any) -> dict[str, Any]:
        async def heard(done: float, total: float | None, message: str | None) -> None:
            self.told.append((done, total, message))

        async with self.agent.open_client() as client:
            asked = {"job_ids": list(job_ids), **arguments}
            result = await client.call_tool("wait_for_jobs", asked, progress_callback=heard)
        assert not result.is_error, result
        return result.structured_content


@pytest.fixture
def waiter(connect: Any) -> Waiter:
    """Without a wire (mode auto, in one process) no progress token is sent, so that a server cannot see who listens."""
    return Waiter(connect(mode="legacy", state="memory"))


def news(found: dict[str, Any]) -> dict[str, str]:
    return {row["job_id"]: row["status"] for row in found["jobs"] if row["news"]}


def looks(emulator: Emulator) -> list[str]:
    return [action for action in emulator.requests.actions() if action in ("GetJob", "ListJobs")]


async def lives(agent: Any, emulator: Emulator, *minutes: int) -> list[str]:
    """Jobs that are stopped so many minutes after they began to run."""
    return [
        await agent.job(
            display_name=f"runs-{number}",
            envs={"EMULATOR_SCENARIO": "long_running"},
            job_max_running_time_minutes=number,
        )
        for number in minutes
    ]


async def test_three_jobs_over_ninety_minutes_take_one_call_each_end(waiter, agent, emulator) -> None:
    jobs = await lives(agent, emulator, 90, 20, 50)
    started, cursor, ended = emulator.clock.now(), None, []
    for _ in jobs:
        found = await waiter.wait(*jobs, timeout_s=3600, cursor=cursor)
        assert found["status"] == "ended"
        ended += [*news(found)]
        cursor = found["cursor"]
    assert ended == [jobs[1], jobs[2], jobs[0]]
    assert emulator.clock.now() - started > timedelta(minutes=90)
    last = await waiter.wait(*jobs, timeout_s=3600, cursor=cursor)
    assert (last["status"], news(last), last["waited_s"]) == ("nothing_left", {}, 0)


async def test_two_ends_at_once_are_told_together_and_each_only_once(waiter) -> None:
    first = await waiter.wait(FINISHED, RUNNING, FAILED)
    assert news(first) == {FINISHED: "Succeeded", FAILED: "Failed"}
    again = await waiter.wait(FINISHED, RUNNING, FAILED, cursor=first["cursor"])
    assert (again["status"], news(again), again["waited_s"]) == ("timeout", {}, 45)


async def test_until_running_ends_when_one_runs_and_then_waits_for_the_other(waiter, agent) -> None:
    job = await agent.job()
    found = await waiter.wait(job, WAITING, until="running", timeout_s=600)
    assert (found["status"], news(found)) == ("running", {job: "Running"})
    again = await waiter.wait(job, WAITING, until="running", timeout_s=60, cursor=found["cursor"])
    assert (again["status"], news(again)) == ("timeout", {})


async def test_a_job_that_ends_before_it_runs_ends_a_wait_until_it_runs(waiter, agent) -> None:
    job = await agent.job(envs={"EMULATOR_SCENARIO": "image_pull"})
    assert news(await waiter.wait(job, until="running", timeout_s=1200)) == {job: "Failed"}


async def test_any_change_is_a_change_of_status_and_none_between_calls_is_missed(waiter, agent, emulator) -> None:
    job = await agent.job()
    first = await waiter.wait(job, until="any_change")
    assert news(first) == {job: "Queuing"}
    emulator.clock.advance(60)
    second = await waiter.wait(job, until="any_change", cursor=first["cursor"])
    assert (news(second), second["waited_s"]) == ({job: "EnvPreparing"}, 0)


async def test_a_silent_client_waits_no_longer_than_its_host_does_and_is_told(agent, emulator) -> None:
    started = emulator.clock.now()
    found = await agent.facts("wait_for_jobs", job_ids=[RUNNING], timeout_s=3600)
    assert (found["status"], found["waited_s"]) == ("timeout", 45)
    assert (emulator.clock.now() - started).total_seconds() < 50
    assert "45 s" in found["note"]
    assert "cursor" in found["next"]


async def test_progress_is_told_every_few_seconds(waiter) -> None:
    await waiter.wait(RUNNING, WAITING, timeout_s=600)
    done = [told[0] for told in waiter.told]
    assert max(later - before for before, later in pairwise(done)) <= 5
    assert {told[1] for told in waiter.told} == {600}
    assert waiter.told[0][2] == "1 Running, 1 Queuing"


async def test_polling_is_polite(waiter, agent, emulator) -> None:
    """One list for all, ever more rarely; not one GetJob a job."""
    jobs = await lives(agent, emulator, 60, 61, 62)
    emulator.requests.clear()
    await waiter.wait(*jobs, timeout_s=1800)
    made = looks(emulator)
    assert made[:3] == ["GetJob"] * 3
    assert made.count("GetJob") == 3
    assert made.count("ListJobs") == 5 + 119  # after 2 s, 3, 4.5, 6.75 and 10.1, then every 15


async def test_a_colleagues_job_that_no_list_shows_is_still_looked_at(waiter, emulator) -> None:
    emulator.account.jobs[COLLEAGUES].body["Accessibility"] = "PRIVATE"
    found = await waiter.wait(COLLEAGUES, RUNNING, timeout_s=30)
    assert len(found["jobs"]) == 2


async def test_a_job_that_does_not_exist_is_over_and_holds_nobody_up(waiter) -> None:
    found = await waiter.wait(NOWHERE, RUNNING)
    assert news(found) == {NOWHERE: "gone"}
    assert found["jobs"][0]["why"] == "not found"
    alone = await waiter.wait(NOWHERE, cursor=found["cursor"])
    assert alone["status"] == "nothing_left"


@pytest.mark.parametrize("kind", ["unavailable", "throttling", "html_502", "early_close"])
async def test_reads_that_fail_for_a_while_are_survived(waiter, agent, emulator, kind) -> None:
    (job,) = await lives(agent, emulator, 5)
    emulator.faults.add(Fault("GetJob", kind, times=3, skip=3, retry_after_ms=10))
    found = await waiter.wait(job, timeout_s=3600)
    assert news(found) == {job: "Stopped"}


async def test_when_no_job_can_be_read_the_refusal_is_told(agent, emulator) -> None:
    emulator.faults.add(Fault("GetJob", "no_permission", times=9))
    said = await agent.error("wait_for_jobs", job_ids=[RUNNING, WAITING])
    assert "GetJob" in said
    assert "fix: " in said


@pytest.mark.parametrize(
    ("scenario", "spec", "said"),
    [
        ("image_pull", {}, "image pull failed 3 times: Failed to pull image"),
        ("no_stock", {}, "no stock of the instance type 1 time: Failed to create resource"),
    ],
)
async def test_what_a_job_is_stuck_on_stands_beside_it(waiter, agent, emulator, scenario, spec, said) -> None:
    job = await agent.job(envs={"EMULATOR_SCENARIO": scenario}, **spec)
    emulator.clock.advance(110)
    found = await waiter.wait(job, timeout_s=10)
    assert found["jobs"][0]["why"].startswith(said)


async def test_a_job_in_a_queue_has_its_place_and_reason_beside_it(waiter) -> None:
    why = (await waiter.wait(WAITING, timeout_s=10))["jobs"][0]["why"]
    assert "place 1" in why
    assert "Requested GPU" in why


async def test_why_a_job_failed_is_told_without_the_jobs_secrets(waiter, emulator) -> None:
    secret = "hunter2-of-the-team"
    emulator.account.jobs[FAILED].body.update(
        Envs={"API_TOKEN": secret}, ReasonMessage=f"dlc2outofmemory2 failed: {secret} was refused"
    )
    why = (await waiter.wait(FAILED))["jobs"][0]["why"]
    assert "dlc2outofmemory2 failed" in why
    assert secret not in why


@pytest.mark.parametrize("cursor", ["nonsense!", "AAAA", "12345"])
async def test_a_cursor_that_is_none_is_refused(agent, cursor) -> None:
    assert "Pass the cursor of the last answer" in await agent.error("wait_for_jobs", job_ids=[RUNNING], cursor=cursor)


async def test_a_cursor_of_another_server_only_tells_ends_again(waiter, connect) -> None:
    cursor = (await Waiter(connect(mode="legacy", state="memory")).wait(FINISHED))["cursor"]
    assert news(await waiter.wait(FINISHED, cursor=cursor)) == {FINISHED: "Succeeded"}


async def test_ten_jobs_stay_below_what_facts_may_cost(waiter, agent, emulator) -> None:
    jobs = [await agent.job(display_name=f"j{number}" + "x" * 200) for number in range(10)]
    emulator.clock.advance(30)
    found = await waiter.wait(*jobs, timeout_s=5)
    assert len(str(found)) < 4000


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_cancelling_the_call_ends_the_polling(emulator, settings_for, mode) -> None:
    async def hurried(_: float) -> None:
        await anyio.sleep(0.02)

    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    server = app.build(settings_for(), tools.TOOLSETS, key, clock=Clock(sleep=hurried))
    async with Client(server, mode=mode, cache=None) as client:
        with anyio.move_on_after(1):
            await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
        await anyio.sleep(0.5)
        polled = len(emulator.requests)
        assert polled > 5
        await anyio.sleep(1)
        assert len(emulator.requests) == polled


@pytest.mark.long
async def test_a_client_that_dies_takes_the_server_and_its_polling_with_it(emulator, tmp_path) -> None:
    here = {"PAI_DLC_ENDPOINT": emulator.endpoint, "PAI_DLC_PROTOCOL": "http", "PAI_DLC_REGION": "cn-hangzhou"}
    keys = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **here, **keys}
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin
        for message in CALL:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        server.stdin.flush()
        for _ in range(300):
            if "GetJob" in emulator.requests.actions():
                break
            await anyio.sleep(0.1)
        assert "GetJob" in emulator.requests.actions()
        server.stdin.close()
        await anyio.sleep(1)
        polled = len(emulator.requests)
        server.wait(10)  # of the 45 s that the wait was going to take
        assert len(emulator.requests) == polled
