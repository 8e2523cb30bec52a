"""An elastic job's pods come and go, and the quota follows; of other jobs they stay."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]
Studio = Callable[..., dict[str, Any]]
QUOTA = "quota1llmteam001"
NODE = {"EcsSpec": None, "ResourceConfig": {"CPU": "96", "GPU": "8", "Memory": "1000Gi"}}
ELASTIC = {"EnableElasticTraining": True, "MinParallelism": 1, "MaxParallelism": 4}


def free(studio: Studio) -> int:
    details = studio("GetQuota", f"/api/v1/quotas/{QUOTA}")["QuotaDetails"]
    return int(details["ActualMinQuota"]["GPU"]) - int(details["AllocatedQuota"]["GPU"])


def resize(dlc: Client, job_id: str, count: int, role: str = "Worker") -> None:
    spec = models.JobSpec(type=role, pod_count=count)
    dlc.update_job(job_id, models.UpdateJobRequest(job_specs=[spec]))


def pods(dlc: Client, job_id: str) -> dict[str, str]:
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    return {pod.pod_id.removeprefix(f"{job_id}-"): pod.status for pod in job.pods}


@pytest.fixture
def job_id(create: Create, emulator: Emulator) -> str:
    """Running, on two whole nodes of four."""
    found = create(
        {**NODE, "PodCount": 2},
        ResourceId=QUOTA,
        ElasticSpec=ELASTIC,
        Envs={"EMULATOR_SCENARIO": "long_running"},
    )
    emulator.clock.advance(300)
    return found


def test_pods_join_and_take_gpus(dlc: Client, emulator: Emulator, studio: Studio, job_id: str) -> None:
    assert (free(studio), pods(dlc, job_id)) == (16, {"master-0": "Running", "worker-0": "Running"})
    resize(dlc, job_id, 4)
    assert free(studio) == 0
    assert pods(dlc, job_id) | {"worker-1": "Pending", "worker-2": "Pending"} == pods(dlc, job_id)
    emulator.clock.advance(90)
    assert pods(dlc, job_id) == dict.fromkeys(("master-0", "worker-0", "worker-1", "worker-2"), "Running")
    log = dlc.get_pod_logs(job_id, f"{job_id}-worker-2", models.GetPodLogsRequest()).body.logs
    assert "node_rank=3 nnodes=4" in log[1]
    assert dlc.get_job(job_id, models.GetJobRequest()).body.request_gpu == 32


def test_pods_leave_and_give_gpus_back(dlc: Client, emulator: Emulator, studio: Studio, job_id: str) -> None:
    before = dlc.get_pod_logs(job_id, f"{job_id}-worker-0", models.GetPodLogsRequest()).body.logs
    resize(dlc, job_id, 1)
    assert free(studio) == 24
    emulator.clock.advance(600)
    assert pods(dlc, job_id) == {"worker-0": "Unknown", "master-0": "Running"}
    after = dlc.get_pod_logs(job_id, f"{job_id}-worker-0", models.GetPodLogsRequest()).body.logs
    assert after[: len(before)] == before
    events = dlc.get_pod_events(job_id, f"{job_id}-worker-0", models.GetPodEventsRequest()).body.events
    assert events[-1].endswith("Stopping container pytorch")


def test_a_pod_that_comes_back_is_another_incarnation(dlc: Client, emulator: Emulator, job_id: str) -> None:
    for count in (1, 2):
        resize(dlc, job_id, count)
        emulator.clock.advance(100)
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    (pod,) = [pod for pod in job.pods if pod.pod_id.endswith("worker-0")]
    assert (pod.status, len(pod.history_pods), pod.history_pods[0].pod_uid != pod.pod_uid) == ("Running", 1, True)


def test_a_job_that_waits_grows_before_it_runs(dlc: Client, emulator: Emulator, create: Create) -> None:
    found = create({**NODE, "PodCount": 1}, ResourceId=QUOTA, ElasticSpec=ELASTIC)
    resize(dlc, found, 3)
    emulator.clock.advance(400)
    assert pods(dlc, found) == dict.fromkeys(("master-0", "worker-0", "worker-1"), "Running")


@pytest.mark.parametrize(
    ("count", "role", "words"),
    [
        (5, "Worker", "PodCount of Worker must be between 1 and 4"),
        (0, "Worker", "PodCount"),
        (1, "PS", "JobSpecs.Type PS is none of the job's"),
    ],
)
def test_what_an_elastic_job_cannot_become_is_refused(
    dlc: Client, job_id: str, count: int, role: str, words: str
) -> None:
    with pytest.raises(ClientException, match=words):
        resize(dlc, job_id, count, role)


def test_more_than_the_nodes_hold_is_refused_and_changes_nothing(
    dlc: Client, studio: Studio, emulator: Emulator, create: Create, job_id: str
) -> None:
    create({**NODE, "PodCount": 1}, ResourceId=QUOTA, Envs={"EMULATOR_SCENARIO": "long_running"})
    emulator.clock.advance(30)
    with pytest.raises(ClientException, match="has room for 2 more pods"):
        resize(dlc, job_id, 4)
    assert (free(studio), len(pods(dlc, job_id))) == (8, 2)


def test_other_jobs_and_ended_ones_keep_their_pods(dlc: Client, create: Create, job_id: str) -> None:
    with pytest.raises(ClientException, match="only be updated for elastic jobs"):
        resize(dlc, create(), 2)
    dlc.stop_job(job_id)
    with pytest.raises(ClientException, match="terminal state"):
        resize(dlc, job_id, 1)
