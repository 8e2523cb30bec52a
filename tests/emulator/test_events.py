"""GetJobEvents and GetPodEvents."""

from collections.abc import Callable
from typing import Any

from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]


def job_events(dlc: Client, job_id: str, **query: Any) -> list[str]:
    return dlc.get_job_events(job_id, models.GetJobEventsRequest(**query)).body.events


def pod_events(dlc: Client, pod_id: str, **query: Any) -> list[str]:
    return dlc.get_pod_events(pod_id.split("-")[0], pod_id, models.GetPodEventsRequest(**query)).body.events


def test_the_events_clock_is_eight_hours_ahead_without_saying_so(
    dlc: Client, emulator: Emulator, create: Create
) -> None:
    job_id = create()
    emulator.clock.advance(3600)
    assert dlc.get_job(job_id, models.GetJobRequest()).body.gmt_create_time == "2026-01-05T08:00:00Z"
    assert job_events(dlc, job_id) == [
        f"2026-01-05 16:00:05 PyTorchJob {job_id} is created.",
        f"2026-01-05 16:00:12 Created pod: {job_id}-master-0",
        f"2026-01-05 16:00:12 Created service: {job_id}-master-0",
        f"2026-01-05 16:02:42 PyTorchJob {job_id} is running.",
        f"2026-01-05 16:32:42 PyTorchJob {job_id} is successfully completed.",
    ]


def test_a_pod_is_assigned_pulls_its_image_and_starts(dlc: Client, emulator: Emulator, create: Create) -> None:
    pod_id = f"{create()}-master-0"
    assert pod_events(dlc, pod_id) == []
    emulator.clock.advance(3600)
    events = [event[20:] for event in pod_events(dlc, pod_id)]
    assert events[0] == f"Successfully assigned t1234567890123456/{pod_id} to cn-hangzhou.10.224.36.33"
    assert events[-3:] == [
        "pod sub status changed from ImagePulling to WaitingForRun",
        "Created container pytorch",
        "Started container pytorch",
    ]


def test_a_failing_pull_is_told_by_the_pods_events_alone(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({"Image": "registry.example.com/team/train:v9"})
    emulator.clock.advance(3600)
    events = " ".join(pod_events(dlc, f"{job_id}-master-0"))
    assert "manifest unknown" in events
    assert "ErrImagePull" in events
    assert "ImagePullBackOff" in events
    assert "Started container pytorch" not in events
    assert dlc.get_pod_logs(job_id, f"{job_id}-master-0", models.GetPodLogsRequest()).body.logs == []


def test_a_machine_out_of_stock_is_told_by_the_jobs_events(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({"EcsSpec": "ecs.gn7e-c16g1.4xlarge"})
    emulator.clock.advance(3600)
    assert dlc.get_job(job_id, models.GetJobRequest()).body.status == "Queuing"
    assert "resource type is not enough" in job_events(dlc, job_id)[-1]


def test_exit_codes_are_told(dlc: Client) -> None:
    events = [event[20:] for event in job_events(dlc, "dlc2outofmemory2")]
    assert "Pod: t1234567890123456.dlc2outofmemory2-master-0 exited with code 1" in events
    assert "Pod: t1234567890123456.dlc2outofmemory2-worker-0 exited with code 143" in events


def test_the_last_events_are_kept(dlc: Client) -> None:
    everything = job_events(dlc, "dlc9restarted009")
    assert job_events(dlc, "dlc9restarted009", max_events_num=2) == everything[-2:]


def test_old_events_need_a_start_time(dlc: Client) -> None:
    job_id = "dlc6olderthan7d6"
    assert job_events(dlc, job_id) == []
    assert pod_events(dlc, f"{job_id}-master-0") == []
    assert job_events(dlc, job_id, start_time="2025-12-27T08:00:00Z")
