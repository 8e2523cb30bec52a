"""09: one client_request_id, or one body, is one CreateJob: whoever is killed, cancelled, restarted or second."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.faults import Fault

IDS = pytest.mark.parametrize("given", [{"client_request_id": "request-1"}, {}], ids=["id", "no id"])
MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])

ONE_CREATE = """
import json, sys
from pathlib import Path
import anyio
from mcp import Client
from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings

async def main(endpoint, key, secret, arguments):
    settings = Settings(region="cn-hangzhou", endpoint=endpoint, protocol="http", emulator=True)
    server = app.build(settings, tools.TOOLSETS, StaticKey(key, secret))
    async with Client(server, cache=None) as client:
        await client.call_tool("create_job", json.loads(arguments))

anyio.run(main, *sys.argv[1:])
"""


def creates(emulator: Any) -> int:
    return emulator.requests.actions().count("CreateJob")


def jobs(emulator: Any) -> int:
    return sum(job.body["DisplayName"] == "resnet50" for job in emulator.account.jobs.values())


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pai_dlc_mcp.server.workflows.create_once._LOOKS", (0, 0.1))


@pytest.mark.parametrize(
    "given", [pytest.param({"client_request_id": "request-1"}, marks=pytest.mark.long), {}], ids=["id", "no id"]
)
async def test_09_a_server_killed_in_the_middle_of_the_post_leaves_no_second_job(
    connect: Any, emulator: Any, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    agent = connect()
    emulator.faults.add(Fault("CreateJob", "delay", seconds=30))
    arguments = [emulator.endpoint, emulator.access_key_id, emulator.access_key_secret]
    command = [sys.executable, "-c", ONE_CREATE, *arguments, json.dumps({**agent.JOB, **given})]
    with subprocess.Popen(command, env={**os.environ}) as killed:
        until = time.monotonic() + 60
        while not creates(emulator) and time.monotonic() < until:
            await anyio.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    found = await agent.facts("create_job", **agent.JOB, **given)
    assert found["status"] in ("recovered", "existing")
    assert (creates(emulator), jobs(emulator)) == (1, 1)


@IDS
@MODES
async def test_09_a_client_that_gives_up_in_the_middle_of_the_post_gets_its_job_when_it_asks_again(
    connect: Any, emulator: Any, given: dict[str, str], mode: str
) -> None:
    agent = connect(mode=mode)
    emulator.faults.add(Fault("CreateJob", "delay", seconds=1))
    async with agent.open_client() as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "create_job", {**agent.JOB, **given})
        while not creates(emulator):
            await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    found = await connect(mode=mode).facts("create_job", **agent.JOB, **given)
    assert found["status"] in ("existing", "recovered")
    assert (creates(emulator), jobs(emulator)) == (1, 1)


@IDS
async def test_09_two_replicas_that_are_asked_at_once_send_one(
    connect: Any, emulator: Any, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pai_dlc_mcp.server.workflows.create_once._LOOKS", (0.3, 0.3, 0.6))
    emulator.faults.add(Fault("CreateJob", "delay", seconds=0.3))
    told: list[str] = []

    async def once() -> None:
        agent = connect()
        told.append((await agent.facts("create_job", **agent.JOB, **given))["status"])

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(once)
    assert told.count("created") == 1
    assert set(told) <= {"created", "existing", "recovered"}
    assert (creates(emulator), jobs(emulator)) == (1, 1)


@MODES
async def test_09_sending_an_unanswered_create_again_asks_and_does_so_once(
    connect: Any, emulator: Any, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    one, other = connect(mode=mode), connect(mode=mode)
    emulator.faults.add(Fault("CreateJob", "early_close"))
    unknown = await one.facts("create_job", **one.JOB)
    assert unknown["status"] == "unknown"
    call = {**one.JOB, "client_request_id": unknown["client_request_id"], "send_again": True}
    asked = await other.facts("create_job", **call)
    assert asked["status"] == "confirmation_required"
    assert "was sent at" in asked["question"]
    assert creates(emulator) == 1
    token = {"confirmation_token": asked["confirmation_token"]}
    changed = await one.error("create_job", **{**call, "user_command": "rm -r /"}, **token)
    assert "code: RequestIdReused" in changed
    again = await one.facts("create_job", **call)
    done = await one.facts("create_job", **call, confirmation_token=again["confirmation_token"])
    assert (done["status"], creates(emulator), jobs(emulator)) == ("created", 2, 1)
    late = await other.facts("create_job", **call, **token)
    assert (late["status"], creates(emulator)) == ("existing", 2)


@pytest.mark.parametrize("fault", [Fault("CreateJob", "empty_job_id"), Fault("CreateJob", "lost_response")])
async def test_09_where_nobody_can_look_the_answer_tells_the_id(agent: Any, emulator: Any, fault: Fault) -> None:
    emulator.faults.add(replace(fault), Fault("ListJobs", "forbidden_ram", skip=1, times=99))
    said = await agent.error("create_job", **agent.JOB)
    (job,) = [job for job in emulator.account.jobs.values() if job.body["DisplayName"] == "resnet50"]
    assert f"client_request_id={job.body['Settings']['Tags']['mcp-request-id']}: no second job is made" in said
    assert "could not be found out" in said


async def test_09_a_folder_that_breaks_after_the_post_does_not_deny_it(
    connect: Any, emulator: Any, tmp_path: Path
) -> None:
    agent = connect(state=tmp_path / "state")
    emulator.faults.add(Fault("CreateJob", "delay", seconds=0.5))
    answers: list[str] = []

    async def create() -> None:
        answers.append(await agent.text("create_job", **agent.JOB))

    async with anyio.create_task_group() as group:
        group.start_soon(create)
        while not creates(emulator):
            await anyio.sleep(0.01)
        (tmp_path / "state").rename(tmp_path / "gone")
        (tmp_path / "state").write_text("")
    assert "status: created" in answers[0]  # and what could not be written down stays unresolved
    (tmp_path / "state").unlink()
    (tmp_path / "gone").rename(tmp_path / "state")
    emulator.faults.add(Fault("ListJobs", "forbidden_ram", times=9))
    assert "was not answered" in await agent.error("create_job", **agent.JOB)
    assert creates(emulator) == 1


@MODES
async def test_09_two_yeses_to_send_it_again_send_it_once(
    connect: Any, emulator: Any, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    asked, all_asked = [0], anyio.Event()

    async def yes(*_: Any) -> ElicitResult:
        """Once everybody was asked about the same request: a later question would be about the one sent again."""
        asked[0] += 1
        if asked[0] == len(agents):
            all_asked.set()
        await all_asked.wait()
        return ElicitResult(action="accept", content={"confirm": True})

    agents = [connect(mode=mode, elicitation_callback=yes) for _ in range(3)]
    emulator.faults.add(Fault("CreateJob", "early_close", times=2))
    given = {**agents[0].JOB, "client_request_id": "request-1"}
    await agents[0].facts("create_job", **given)
    async with anyio.create_task_group() as group:
        for agent in agents:
            group.start_soon(lambda agent=agent: agent.facts("create_job", **given, send_again=True))
    assert creates(emulator) == 2


async def test_send_again_without_anything_unanswered_is_a_plain_create(agent: Any, emulator: Any) -> None:
    for given in ({}, {"client_request_id": "request-1", "display_name": "other"}):
        assert (await agent.facts("create_job", **{**agent.JOB, **given}, send_again=True))["status"] == "created"


async def test_a_server_with_its_journal_in_memory_says_what_that_means(
    connect: Any, emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    emulator.faults.add(Fault("CreateJob", "early_close", times=2))
    found = await connect(state="memory").facts("create_job", **connect().JOB)
    assert "a restart or a second replica does not know" in found["next"]
    assert "restart" not in (await connect().facts("create_job", **connect().JOB))["next"]


async def test_18_a_failed_journal_sends_nothing(connect: Any, emulator: Any, tmp_path: Path) -> None:
    agent = connect(state=tmp_path / "state")
    (tmp_path / "state" / "create-emulated").write_text("")
    assert "without it nothing is sent" in await agent.error("create_job", **agent.JOB)
    assert creates(emulator) == 0
