"""Job and pod events: UTC, since the beginning, with what failed kept."""

from typing import Any

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.budget.limits import tokens

FAILED = "dlc2outofmemory2"


async def test_times_are_utc_although_the_service_writes_utc_plus_8(agent: Any) -> None:
    created = (await agent.facts("get_job", job_id=FAILED))["created"]
    text = await agent.text("get_job_events", job_id=FAILED)
    first = next(line for line in text.splitlines() if "is created" in line)
    assert first.startswith(created[:10])
    assert first[11:16] == created[11:16]
    assert "times in UTC" in text


async def test_events_are_asked_for_since_the_jobs_creation_and_capped_as_the_skill_says(
    agent: Any, emulator: Emulator
) -> None:
    created = (await agent.facts("get_job", job_id=FAILED))["created"]
    await agent.text("get_job_events", job_id=FAILED)
    await agent.text("get_pod_events", job_id=FAILED, pod_id=f"{FAILED}-master-0")
    sent = {request.action: request.query for request in emulator.requests if "Events" in request.action}
    assert sent["GetJobEvents"] == {"MaxEventsNum": "50", "StartTime": created}
    assert sent["GetPodEvents"] == {"MaxEventsNum": "20", "StartTime": created}


async def test_a_failed_image_pull_is_kept_when_events_are_cut(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(envs={"EMULATOR_SCENARIO": "image_pull"})
    emulator.clock.advance(3600)
    text = await agent.text("get_pod_events", job_id=job_id, pod_id=f"{job_id}-master-0", max_tokens=400)
    assert "ErrImagePull" in text or "Failed to pull image" in text
    assert tokens(text) <= 400


async def test_the_events_of_an_unknown_pod_are_refused_with_the_pods_there_are(agent: Any) -> None:
    said = await agent.error("get_pod_events", job_id=FAILED, pod_id="dlc4stillrunning-master-0")
    assert f"{FAILED}-master-0" in said


async def test_events_of_an_unknown_job_are_the_services_not_found(agent: Any) -> None:
    assert "http_status: 404" in await agent.error("get_job_events", job_id="dlc0000000000000")


async def test_the_events_of_a_job_and_of_its_pods_are_one_timeline(agent: Any, emulator: Emulator) -> None:
    text = await agent.text("get_job_events", job_id=FAILED, with_pods=True, max_tokens=8000)
    assert text.startswith(f"events of job {FAILED} (Failed) and 2 of its 2 pods")
    lines = [line for line in text.splitlines() if line.startswith("2026-")]
    assert lines == sorted(lines, key=lambda line: line[:20])
    assert any("is created" in line for line in lines)
    assert any(f"{FAILED}-master-0" in line and "Started container" in line for line in lines)
    assert emulator.requests.actions().count("GetPodEvents") == 2
