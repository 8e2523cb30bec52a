"""A job's pods: when they appear, what they are called, and what a restart changes."""

from collections.abc import Callable
from typing import Any

from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]


def get(dlc: Client, job_id: str) -> Any:
    return dlc.get_job(job_id, models.GetJobRequest()).body


def test_pods_appear_when_the_job_is_scheduled(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create()
    emulator.clock.advance(11)
    assert get(dlc, job_id).pods == []
    emulator.clock.advance(1)
    assert [pod.status for pod in get(dlc, job_id).pods] == ["Pending"]
    emulator.clock.advance(150)
    assert [pod.status for pod in get(dlc, job_id).pods] == ["Running"]


def test_the_first_worker_of_a_pytorch_job_becomes_master(dlc: Client, emulator: Emulator, create: Create) -> None:
    one, three = create(), create({"PodCount": 3})
    emulator.clock.advance(60)
    assert [pod.pod_id for pod in get(dlc, one).pods] == [f"{one}-master-0"]
    assert [(pod.pod_id, pod.type) for pod in get(dlc, three).pods] == [
        (f"{three}-master-0", "master"),
        (f"{three}-worker-0", "worker"),
        (f"{three}-worker-1", "worker"),
    ]


def test_other_frameworks_keep_their_roles(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({"PodCount": 2}, JobType="XGBoostJob")
    emulator.clock.advance(60)
    assert [pod.type for pod in get(dlc, job_id).pods] == ["worker", "worker"]


def test_a_restart_keeps_the_pods_names_and_changes_their_uids(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create({"PodCount": 2}, DisplayName="restart-me")
    emulator.clock.advance(12 + 150 + 600 + 10)
    before = get(dlc, job_id)
    assert (before.status, before.restart_times) == ("Restarting", "1/1")
    emulator.clock.advance(200)
    after = get(dlc, job_id)
    assert after.status == "Running"
    for old, new in zip(before.pods, after.pods, strict=True):
        assert old.pod_id == new.pod_id
        assert old.pod_uid != new.pod_uid
        assert [past.pod_uid for past in new.history_pods] == [old.pod_uid]
    record = after.restart_record[0]
    assert (record.restart_status, record.detail_error_info_list[0].pod) == ("Succeeded", f"{job_id}-worker-0")


def test_error_monitoring_adds_an_aimaster_and_a_restart_budget(
    dlc: Client, emulator: Emulator, create: Create
) -> None:
    arguments = "--enable-job-restart True --max-num-of-job-restart 7"
    job_id = create(Settings={"EnableErrorMonitoringInAIMaster": True, "ErrorMonitoringArgs": arguments})
    emulator.clock.advance(200)
    job = get(dlc, job_id)
    assert [pod.type for pod in job.pods] == ["master", "aimaster"]
    assert job.restart_times == "0/7"


def test_a_reserved_job_keeps_its_pods_for_a_while(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(Settings={"JobReservedMinutes": 10, "JobReservedPolicy": "OnSucceed"})
    emulator.clock.advance(12 + 150 + 1800)
    job = get(dlc, job_id)
    assert (job.status, job.pods[0].status) == ("SucceededReserving", "Running")
    emulator.clock.advance(600)
    assert get(dlc, job_id).status == "Succeeded"


def test_a_failed_job_may_be_kept_for_a_look_inside(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(DisplayName="cuda-oom", Settings={"JobReservedMinutes": 5, "JobReservedPolicy": "Always"})
    emulator.clock.advance(12 + 150 + 660)
    job = get(dlc, job_id)
    assert (job.status, job.reason_code) == ("FailedReserving", "JobFailed")
    emulator.clock.advance(300)
    assert get(dlc, job_id).status == "Failed"
