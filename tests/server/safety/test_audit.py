"""One line a step, and nothing in it that is secret."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.safety import audit
from pai_dlc_mcp.server.safety.audit import append

RUNNING = "dlc4stillrunning"


def steps(file: Path) -> list[tuple[str, str]]:
    return [(line["step"], line["action"]) for line in map(json.loads, file.read_text().splitlines())]


async def test_a_token_flow_leaves_each_step(connect: Any, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    agent = connect(audit_file=file)
    token = (await agent.facts("stop_job", job_id=RUNNING))["confirmation_token"]
    await agent.facts("stop_job", job_id=RUNNING, confirmation_token=token)
    assert steps(file) == [
        ("previewed", "StopJob"), ("redeemed", "StopJob"), ("answered", "StopJob"), ("sending", "StopJob"),
        ("executed", "StopJob"),
    ]  # fmt: skip
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert all(line["ids"] == [RUNNING] for line in lines)
    assert lines[1]["within_seconds"] is True
    assert lines[0]["client"]
    assert token not in file.read_text()


async def test_a_declined_form_leaves_asked_and_refused(connect: Any, tmp_path: Path) -> None:
    async def no(*_: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    file = tmp_path / "audit.jsonl"
    for mode in ("auto", "legacy"):
        await connect(mode=mode, audit_file=file, elicitation_callback=no).facts("stop_job", job_id=RUNNING)
    assert steps(file) == [("asked", "StopJob"), ("refused", "StopJob")] * 2


async def test_every_write_leaves_a_line_and_no_argument(connect: Any, emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    agent = connect(audit_file=file)
    made = await agent.job(envs={"TOKEN": "correct-horse"}, user_command="python train.py --password hunter2")
    emulator.faults.add(Fault("UpdateJob", "internal_error"))
    await agent.error("update_job", job_id=RUNNING, description="hunter2")
    assert steps(file) == [
        ("sending", "CreateJob"), ("executed", "CreateJob"), ("sending", "UpdateJob"), ("unanswered", "UpdateJob"),
    ]  # fmt: skip
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert all((line["region"], line["principal"]) == ("cn-hangzhou", "local") for line in lines)
    assert all(line["client"] for line in lines)
    assert [line["ids"] for line in lines] == [[], [made], [RUNNING], [RUNNING]]
    assert lines[3]["code"] == "InternalError"
    assert "hunter2" not in file.read_text()
    assert "correct-horse" not in file.read_text()


async def test_18_without_the_line_of_intent_no_write_goes_out(
    connect: Any, emulator: Emulator, tmp_path: Path
) -> None:
    """Gated or not: an audit that cannot be written stops what it should have recorded."""
    agent = connect(audit_file=tmp_path / "missing" / "audit.jsonl", effects="stop_running=allow", toolsets="all")
    for tool, arguments in (
        ("stop_job", {"job_id": RUNNING}),
        ("create_job", agent.JOB),
        ("tag_resources", {"job_ids": [RUNNING], "tags": {"team": "llm"}}),
    ):
        said = await agent.error(tool, **arguments)
        assert "Nothing was sent: the audit file cannot be written" in said
    assert all(action.startswith(("Get", "List")) for action in emulator.requests.actions())


async def test_05_what_is_minted_leaves_its_lines(connect: Any, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    agent = connect(audit_file=file, effects="share_token=allow")
    found = await agent.facts("get_token", target_id=RUNNING)
    assert steps(file)[-2:] == [("sending", "GetToken"), ("executed", "GetToken")]
    assert found["token"] not in file.read_text()


@pytest.mark.parametrize("fault", ["lost_response", "internal_error", "throttling"])
async def test_05_what_mints_is_sent_once(connect: Any, emulator: Emulator, fault: Any) -> None:
    emulator.faults.add(Fault("*", fault, skip=2, times=9))  # the looks before it pass
    await connect(effects="share_token=allow").error("get_token", target_id=RUNNING)
    assert emulator.requests.actions().count("GetToken") == 1


async def test_18_a_failure_is_coded_by_what_it_is(connect: Any, emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    agent = connect(audit_file=file, effects="stop_running=allow")
    told = []
    for fault in ("no_permission", "lost_response", "internal_error", "throttling"):
        emulator.faults.add(Fault("UpdateJob", fault))
        await agent.call("update_job", job_id=RUNNING, description=fault)
        last = json.loads(file.read_text().splitlines()[-1])
        told.append((last["step"], last["code"]))
    assert told == [
        ("failed", "NoPermission"), ("unanswered", "ConnectionFailed"), ("unanswered", "InternalError"),
        ("failed", "Throttling"),
    ]  # fmt: skip


async def test_18_only_who_was_cancelled_is_said_to_be(connect: Any, emulator: Emulator, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    emulator.faults.add(Fault("CreateJob", "delay", seconds=10))
    agent = connect(audit_file=file)
    async with agent.open_client() as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "create_job", agent.JOB)
        while "CreateJob" not in emulator.requests.actions():
            await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    last = json.loads(file.read_text().splitlines()[-1])
    assert (last["step"], last["code"], last["action"]) == ("unanswered", "Cancelled", "CreateJob")


@pytest.mark.parametrize("kind", ["full", "pipe", "folder"])
async def test_18_what_cannot_be_written_to_stops_a_write(
    connect: Any, emulator: Emulator, tmp_path: Path, kind: str
) -> None:
    file = Path("/dev/full") if kind == "full" else tmp_path / "audit"
    if kind == "pipe":
        os.mkfifo(file)  # nobody reads it: opening would wait for ever
    if kind == "folder":
        file.mkdir()
    agent = connect(audit_file=file)
    assert "the audit file cannot be written" in await agent.error("create_job", **agent.JOB)
    assert "CreateJob" not in emulator.requests.actions()


@pytest.mark.skipif(os.name != "posix", reason="a file has no mode there")
def test_a_new_audit_file_may_be_read_and_written_by_whom_the_umask_says_and_run_by_nobody(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        append(tmp_path / "audit.jsonl", "one\n")
    finally:
        os.umask(before)
    append(tmp_path / "audit.jsonl", "two\n")
    assert (tmp_path / "audit.jsonl").read_text() == "one\ntwo\n"
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o666


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_of_a_line_that_the_disk_does_not_take_nothing_stays(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "audit.jsonl"
    audit.append(file, "first\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        with pytest.raises(OSError, match="No space"):
            audit.append(file, "a second one that is too long\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    audit.append(file, "third\n")
    assert file.read_text() == "first\nthird\n"
