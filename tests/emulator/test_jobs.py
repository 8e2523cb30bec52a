"""The life of a job as CreateJob, ListJobs, GetJob, UpdateJob, StopJob and DeleteJob tell it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]
ON_QUOTA = {"EcsSpec": None, "ResourceConfig": {"CPU": "96", "GPU": "8", "Memory": "1000Gi"}}
FREE_QUOTA, FULL_QUOTA = "quota1llmteam001", "quota2llmfull002"


def get(dlc: Client, job_id: str) -> Any:
    return dlc.get_job(job_id, models.GetJobRequest()).body


def ids(dlc: Client, **query: Any) -> list[str]:
    return [job.job_id for job in dlc.list_jobs(models.ListJobsRequest(**query)).body.jobs]


def refused(caught: pytest.ExceptionInfo[ClientException]) -> tuple[int, str]:
    return caught.value.status_code, caught.value.code


def test_a_job_goes_from_creating_to_succeeded(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create()
    seen = [get(dlc, job_id).status]
    for seconds in (5, 7, 150, 1800):
        emulator.clock.advance(seconds)
        seen.append(get(dlc, job_id).status)
    assert seen == ["Creating", "Queuing", "EnvPreparing", "Running", "Succeeded"]
    job = get(dlc, job_id)
    assert (job.reason_code, job.reason_message) == (
        "JobSucceeded",
        f"PyTorchJob {job_id} is successfully completed.",
    )
    assert (job.gmt_create_time, job.gmt_successed_time) == ("2026-01-05T08:00:00Z", "2026-01-05T08:32:42Z")
    assert [past.status for past in job.status_history] == seen


def test_the_duration_counts_from_creation(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create()
    emulator.clock.advance(9999)
    assert get(dlc, job_id).duration == 5 + 7 + 150 + 1800


def test_ids_have_the_services_pattern(create: Create) -> None:
    assert create().startswith("dlc")
    assert len(create()) == 16


def test_creating_twice_makes_two_jobs(dlc: Client, create: Create) -> None:
    assert create() != create()
    assert len(ids(dlc, display_name="sft", status="Creating")) == 2


def test_without_a_workspace_the_job_lands_in_the_default_one(dlc: Client, create: Create) -> None:
    job = get(dlc, create(WorkspaceId=None))
    assert (job.workspace_id, job.workspace_name) == ("123456", "llm_team")


@pytest.mark.parametrize(
    "changes",
    [
        {"JobType": "pytorch"},
        {"JobSpecs": []},
        {"DisplayName": "a name"},
        {"UserCommand": ""},
        {"Priority": 10},
        {"Priority": "high"},
        {"ResourceId": FREE_QUOTA},
        {"spec": {"EcsSpec": None}},
        {"spec": {"EcsSpec": "ecs.unknown"}},
        {"spec": {"PodCount": 0}},
        {"spec": {"ResourceConfig": {"CPU": "4"}}},
    ],
    ids=str,
)
def test_a_body_the_service_would_not_take_is_an_invalid_parameter(create: Create, changes: dict[str, Any]) -> None:
    with pytest.raises(ClientException) as caught:
        create(**changes)
    assert refused(caught) == (400, "InvalidParameter")


def test_unknown_keys_are_ignored(dlc: Client, call: Callable[..., Any]) -> None:
    spec = {"Type": "Worker", "Image": "x", "EcsSpec": "ecs.g6.large", "Colour": "red"}
    body = {"DisplayName": "x", "JobType": "PyTorchJob", "UserCommand": "ls", "JobSpecs": [spec], "Colour": "blue"}
    job_id = call("2020-12-03", "CreateJob", "POST /api/v1/jobs", body=body)["JobId"]
    raw = call("2020-12-03", "GetJob", f"GET /api/v1/jobs/{job_id}")
    assert "Colour" not in raw
    assert "Colour" not in raw["JobSpecs"][0]


def test_an_image_nobody_has_is_accepted_and_fails_when_pulled(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({"Image": "registry.example.com/team/train:v9"})
    emulator.clock.advance(20)
    assert get(dlc, job_id).status == "EnvPreparing"
    emulator.clock.advance(400)
    assert get(dlc, job_id).status == "Failed"


def test_a_failure_is_explained_in_a_json_string(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({"PodCount": 4}, UserCommand="python root_cause.py")
    emulator.clock.advance(2000)
    job = get(dlc, job_id)
    assert (job.status, job.reason_code) == ("Failed", "JobFailed")
    assert json.loads(job.reason_message) == {
        "overview": f"PyTorchJob {job_id} failed because 1 Worker replica(s) failed.",
        "content": [{"time": "1767601062", "pods": {"Worker": [1]}, "reason": "1"}],
    }
    ends = {pod.pod_id: pod.gmt_finish_time for pod in job.pods}
    assert min(ends, key=lambda pod_id: ends[pod_id]) == f"{job_id}-worker-1"


def test_a_stopped_job_passes_through_stopping(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create()
    emulator.clock.advance(500)
    assert dlc.stop_job(job_id).body.job_id == job_id
    assert get(dlc, job_id).status == "Stopping"
    assert dlc.stop_job(job_id).body.job_id == job_id
    emulator.clock.advance(15)
    job = get(dlc, job_id)
    assert (job.status, job.reason_code, job.reason_message) == (
        "Stopped",
        "JobStoppedByUser",
        "Job is stopped by user.",
    )
    assert (job.gmt_stopped_time, job.duration) == ("2026-01-05T08:08:35Z", 515)
    assert [pod.status for pod in job.pods] == ["Unknown"]


def test_a_finished_job_cannot_be_stopped(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.stop_job("dlc1succeeded001")
    assert refused(caught) == (400, "BadRequest")


def test_only_a_finished_job_can_be_deleted(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.delete_job("dlc4stillrunning")
    assert refused(caught) == (400, "BadRequest")
    dlc.delete_job("dlc1succeeded001")
    with pytest.raises(ClientException) as caught:
        get(dlc, "dlc1succeeded001")
    assert refused(caught) == (404, "NotFound")


def test_a_running_time_limit_stops_the_job(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(JobMaxRunningTimeMinutes=5)
    emulator.clock.advance(12 + 150 + 299)
    assert get(dlc, job_id).status == "Running"
    emulator.clock.advance(1)
    assert get(dlc, job_id).status == "Stopping"
    emulator.clock.advance(60)
    assert get(dlc, job_id).status == "Stopped"


def test_spot_pods_of_a_quota_are_bid_for(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({**ON_QUOTA, "UseSpotInstance": True}, ResourceId=FREE_QUOTA)
    emulator.clock.advance(15)
    assert get(dlc, job_id).status == "Bidding"


def test_a_full_quota_makes_a_job_wait_without_end(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(ON_QUOTA, ResourceId=FULL_QUOTA)
    emulator.clock.advance(86400)
    assert get(dlc, job_id).status == "Queuing"


def test_a_priority_is_honoured_only_in_a_queue_and_seen_later(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(ON_QUOTA, ResourceId=FULL_QUOTA, Priority=2)
    emulator.clock.advance(60)
    dlc.update_job(job_id, models.UpdateJobRequest(priority=9))
    assert get(dlc, job_id).priority == 2
    emulator.clock.advance(30)
    assert get(dlc, job_id).priority == 9


@pytest.mark.parametrize(
    ("spec", "changes", "seconds"),
    [({}, {}, 8), (ON_QUOTA, {"ResourceId": FREE_QUOTA}, 200)],
    ids=["without a quota", "while running"],
)
def test_a_priority_is_ignored_in_silence(
    dlc: Client, emulator: Emulator, create: Create, spec: Any, changes: Any, seconds: int
) -> None:
    job_id = create(spec, **changes)
    emulator.clock.advance(seconds)
    assert dlc.update_job(job_id, models.UpdateJobRequest(priority=9)).status_code == 200
    emulator.clock.advance(60)
    assert get(dlc, job_id).priority == 1


def test_visibility_can_be_widened_and_not_narrowed(dlc: Client, create: Create) -> None:
    job_id = create()
    dlc.update_job(job_id, models.UpdateJobRequest(accessibility="PUBLIC", description="for all"))
    job = get(dlc, job_id)
    assert (job.accessibility, job.description) == ("PUBLIC", "for all")
    with pytest.raises(ClientException) as caught:
        dlc.update_job(job_id, models.UpdateJobRequest(accessibility="PRIVATE"))
    assert refused(caught) == (400, "InvalidParameter")


def test_the_list_shows_ones_own_jobs_of_the_last_week_newest_first(dlc: Client) -> None:
    assert ids(dlc) == [
        "dlc9restarted009",
        "dlc5waitinginq05",
        "dlc4stillrunning",
        "dlc2outofmemory2",
        "dlc3stoppedbyme3",
        "dlc1succeeded001",
    ]


def test_an_older_job_needs_a_start_time(dlc: Client) -> None:
    assert "dlc6olderthan7d6" not in ids(dlc)
    assert "dlc6olderthan7d6" in ids(dlc, start_time="1970-01-01T00:00:00Z")
    assert ids(dlc, start_time="2025-12-27T00:00:00Z", end_time="2025-12-28T00:00:00Z") == ["dlc6olderthan7d6"]


def test_a_colleagues_public_job_is_listed_only_without_show_own(dlc: Client) -> None:
    assert "dlc7colleague007" in ids(dlc, show_own=False)
    assert "dlc8private00008" not in ids(dlc, show_own=False)
    assert get(dlc, "dlc7colleague007").display_name == "detector-r50"


def test_a_colleagues_private_job_is_refused(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        get(dlc, "dlc8private00008")
    assert refused(caught) == (403, "NoPermission")
    assert caught.value.access_denied_detail["AuthAction"] == "paidlc:GetJob"


def test_a_colleagues_public_job_cannot_be_stopped(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.stop_job("dlc7colleague007")
    assert refused(caught) == (403, "NoPermission")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"display_name": "SFT-V"}, ["dlc4stillrunning", "dlc1succeeded001"]),
        ({"job_id": "DLC1SUCCEEDED001"}, ["dlc1succeeded001"]),
        ({"job_id": "dlc1"}, []),
        ({"job_ids": "dlc1succeeded001,dlc4stillrunning"}, ["dlc4stillrunning", "dlc1succeeded001"]),
        ({"status": "Stopped"}, ["dlc3stoppedbyme3"]),
        ({"resource_id": FULL_QUOTA}, ["dlc5waitinginq05"]),
        ({"tags": {"team": "llm"}, "status": "Failed"}, ["dlc2outofmemory2"]),
        ({"tags": {"team": "vision"}}, []),
        ({"workspace_id": "234567"}, []),
        ({"sort_by": "DisplayName", "order": "asc", "page_size": 2}, ["dlc3stoppedbyme3", "dlc2outofmemory2"]),
        ({"page_size": 2, "page_number": 2}, ["dlc4stillrunning", "dlc2outofmemory2"]),
    ],
    ids=str,
)
def test_the_list_is_filtered_sorted_and_paged(dlc: Client, query: dict[str, Any], found: list[str]) -> None:
    assert ids(dlc, **query) == found


def test_the_total_counts_what_the_page_leaves_out(dlc: Client) -> None:
    assert dlc.list_jobs(models.ListJobsRequest(page_size=1)).body.total_count == 6


def test_pages_have_limits(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        ids(dlc, page_size=101)
    assert refused(caught) == (400, "InvalidParameter")


def test_numbers_are_strings_in_the_list(dlc: Client) -> None:
    job = dlc.list_jobs(models.ListJobsRequest(job_id="dlc4stillrunning")).body.jobs[0]
    assert (job.request_gpu, job.request_memory, job.node_count) == ("16", "2000Gi", "2")
    detail = get(dlc, "dlc4stillrunning")
    assert (detail.request_gpu, detail.request_memory) == (16, 2000)


def test_the_list_has_no_pods(dlc: Client) -> None:
    assert not dlc.list_jobs(models.ListJobsRequest(job_id="dlc4stillrunning")).body.jobs[0].pods
