"""Deleting a job, and stopping several: one question, bound to exactly what it showed."""

import time
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

RUNNING, QUEUED, FAILED, OTHER = "dlc4stillrunning", "dlc5waitinginq05", "dlc2outofmemory2", "dlc9restarted009"


@pytest.fixture
def admin(connect: Any) -> Any:
    return connect(toolsets="admin")


def writes(emulator: Emulator) -> list[str]:
    return [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]


async def test_admin_tools_are_off_by_default(agent: Any) -> None:
    assert not {"delete_job", "stop_jobs"} & {tool.name for tool in await agent.tools()}


async def test_a_finished_job_is_deleted_after_a_yes_and_seen_to_be_gone(admin: Any, emulator: Emulator) -> None:
    asked = await admin.facts("delete_job", job_id=FAILED)
    assert asked["status"] == "confirmation_required"
    assert not writes(emulator)
    done = await admin.facts("delete_job", job_id=FAILED, confirmation_token=asked["confirmation_token"])
    assert done["status"] == "deleted"
    assert "http_status: 404" in await admin.error("get_job", job_id=FAILED)


async def test_a_live_job_is_not_deleted(admin: Any, emulator: Emulator) -> None:
    answer = await admin.facts("delete_job", job_id=RUNNING)
    assert answer["status"] == "not_executed"
    assert not writes(emulator)


async def test_several_jobs_are_one_question_with_totals(admin: Any, emulator: Emulator) -> None:
    asked = await admin.facts("stop_jobs", job_ids=[RUNNING, QUEUED, FAILED])
    assert asked["status"] == "confirmation_required"
    assert RUNNING in asked["question"]
    assert QUEUED in asked["question"]
    assert FAILED not in asked["question"]
    assert "18 pods and 144 GPUs" in asked["question"]
    assert not writes(emulator)


async def test_after_a_yes_stopped_and_skipped_jobs_are_told_apart(admin: Any, emulator: Emulator) -> None:
    ids = [RUNNING, QUEUED, FAILED]
    token = (await admin.facts("stop_jobs", job_ids=ids))["confirmation_token"]
    done = await admin.facts("stop_jobs", job_ids=ids, confirmation_token=token)
    outcomes = {row["job_id"]: row["outcome"] for row in done["jobs"]}
    assert outcomes == {RUNNING: "stopping", QUEUED: "stopping", FAILED: "skipped"}
    assert writes(emulator) == ["StopJob", "StopJob"]


async def test_if_one_of_them_changes_none_is_stopped(admin: Any, emulator: Emulator) -> None:
    job_id = await admin.job()
    emulator.clock.advance(400)
    emulator.requests.clear()
    ids = [RUNNING, job_id]
    token = (await admin.facts("stop_jobs", job_ids=ids))["confirmation_token"]
    emulator.clock.advance(3000)  # the new job succeeds meanwhile
    again = await admin.facts("stop_jobs", job_ids=ids, confirmation_token=token)
    assert again["status"] == "confirmation_required"
    assert not writes(emulator)


async def test_a_yes_to_two_jobs_is_none_to_three(admin: Any, emulator: Emulator) -> None:
    token = (await admin.facts("stop_jobs", job_ids=[RUNNING, QUEUED]))["confirmation_token"]
    again = await admin.facts("stop_jobs", job_ids=[RUNNING, QUEUED, "dlc9restarted009"], confirmation_token=token)
    assert again["status"] == "confirmation_required"
    assert not writes(emulator)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_form_stops_them_too(mode: str, connect: Any, emulator: Emulator) -> None:
    questions: list[str] = []

    async def yes(_: Any, asked: Any) -> ElicitResult:
        questions.append(asked.message)
        return ElicitResult(action="accept", content={"confirm": True})

    admin = connect(toolsets="admin", mode=mode, elicitation_callback=yes)
    done = await admin.facts("stop_jobs", job_ids=[RUNNING, QUEUED])
    assert done["status"] == "done"
    assert len(questions) == 1


async def test_more_than_ten_jobs_are_refused(admin: Any, emulator: Emulator) -> None:
    ids = [f"dlc{n:013d}" for n in range(11)]
    assert "job_ids" in await admin.error("stop_jobs", job_ids=ids)
    assert not emulator.requests.actions()


async def test_06_ten_jobs_on_a_lagging_service_are_stopped_side_by_side(connect: Any, emulator: Emulator) -> None:
    ids = [RUNNING, *(f"dlcten{number:010d}" for number in range(9))]
    jobs = emulator.account.jobs
    for job_id in ids[1:]:
        jobs[job_id] = replace(deepcopy(jobs[RUNNING]), job_id=job_id)
    emulator.faults.add(Fault("*", "delay", times=99, seconds=0.5))
    admin = connect(toolsets="admin", effects="stop_running=allow,stop_many=allow")
    started = time.monotonic()
    done = await admin.facts("stop_jobs", job_ids=ids)
    assert time.monotonic() - started < 8  # one after the other: 20 s
    assert {row["job_id"]: row["outcome"] for row in done["jobs"]} == dict.fromkeys(ids, "stopping")


async def test_06_every_stop_that_went_out_is_told(connect: Any, emulator: Emulator) -> None:
    emulator.account.jobs[OTHER].body["Accessibility"] = "PUBLIC"
    admin = connect(toolsets="admin", effects="stop_running=allow,stop_queued=allow,stop_many=allow")
    emulator.faults.add(Fault("StopJob", "no_permission"), Fault("StopJob", "early_close"))
    emulator.faults.add(Fault("GetJob", "no_permission", skip=6, times=99))
    done = await admin.facts("stop_jobs", job_ids=[RUNNING, QUEUED, OTHER])
    assert done["status"] == "partly_done"
    assert sorted(row["outcome"] for row in done["jobs"]) == ["failed", "sent_unseen", "unanswered"]
    assert all(row["why"] for row in done["jobs"])
