"""Quotas and nodes: what jobs take, when they give it back, and who goes first."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import ledger
from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]
Studio = Callable[..., dict[str, Any]]
QUOTA, FULL = "quota1llmteam001", "quota2llmfull002"
NODE = {"EcsSpec": None, "ResourceConfig": {"CPU": "96", "GPU": "8", "Memory": "1000Gi"}}


def status(dlc: Client, job_id: str) -> str:
    return dlc.get_job(job_id, models.GetJobRequest()).body.status


def free(studio: Studio, quota_id: str = QUOTA) -> int:
    details = studio("GetQuota", f"/api/v1/quotas/{quota_id}")["QuotaDetails"]
    return int(details["ActualMinQuota"]["GPU"]) - int(details["AllocatedQuota"]["GPU"])


def gpus(count: int) -> dict[str, Any]:
    return {"EcsSpec": None, "ResourceConfig": {"CPU": "8", "GPU": str(count), "Memory": "64Gi"}}


def test_a_job_takes_gpus_and_gives_them_back(dlc: Client, emulator: Emulator, studio: Studio, create: Create) -> None:
    assert free(studio) == 32
    job_id = create({**NODE, "PodCount": 2}, ResourceId=QUOTA)
    assert free(studio) == 32
    emulator.clock.advance(20)
    assert (status(dlc, job_id), free(studio)) == ("EnvPreparing", 16)
    dlc.stop_job(job_id)
    assert free(studio) == 16
    emulator.clock.advance(15)
    assert (status(dlc, job_id), free(studio)) == ("Stopped", 32)


def test_a_job_that_does_not_fit_waits_for_one_that_ends(dlc: Client, emulator: Emulator, create: Create) -> None:
    first = create({**NODE, "PodCount": 4}, ResourceId=QUOTA)
    emulator.clock.advance(1)
    second = create({**NODE, "PodCount": 4}, ResourceId=QUOTA, Envs={"EMULATOR_SCENARIO": "long_running"})
    emulator.clock.advance(600)
    assert (status(dlc, first), status(dlc, second)) == ("Running", "Queuing")
    emulator.clock.advance(12 + 150 + 1800 - 601 + 5)
    assert (status(dlc, first), status(dlc, second)) == ("Succeeded", "EnvPreparing")


def test_what_happened_is_the_same_however_rarely_one_looks(dlc: Client, emulator: Emulator, create: Create) -> None:
    """The queue is worked off at the moments things changed, not when somebody asks."""
    create({**NODE, "PodCount": 4}, ResourceId=QUOTA)
    second = create({**NODE, "PodCount": 4}, ResourceId=QUOTA)
    third = create({**NODE, "PodCount": 4}, ResourceId=QUOTA)
    emulator.clock.advance(10_000)
    history = dlc.get_job(third, models.GetJobRequest()).body.status_history
    assert [each.status for each in history] == ["Creating", "Queuing", "EnvPreparing", "Running", "Succeeded"]
    before = dlc.get_job(second, models.GetJobRequest()).body
    assert history[2].start_time >= before.gmt_finish_time > history[1].start_time


def test_the_higher_priority_goes_first_and_may_be_raised(dlc: Client, emulator: Emulator, create: Create) -> None:
    create({**NODE, "PodCount": 4}, ResourceId=QUOTA)
    emulator.clock.advance(20)
    older = create({**NODE, "PodCount": 5}, ResourceId=QUOTA, Priority=5)
    newer = create({**NODE, "PodCount": 5}, ResourceId=QUOTA, Priority=1)
    dlc.update_job(newer, models.UpdateJobRequest(priority=9))
    emulator.clock.advance(1980)
    assert (status(dlc, older), status(dlc, newer)) == ("Queuing", "EnvPreparing")


@pytest.mark.parametrize(
    ("strategy", "small"), [("PaiStrategyIntelligent", "EnvPreparing"), ("PaiStrategyStrictFIFO", "Queuing")]
)
def test_a_strict_queue_lets_nobody_pass(
    dlc: Client, emulator: Emulator, create: Create, strategy: str, small: str
) -> None:
    emulator.account.quota(QUOTA)["QueueStrategy"] = strategy
    create({**NODE, "PodCount": 8}, ResourceId=QUOTA, Priority=9)
    job_id = create({**NODE, "PodCount": 1}, ResourceId=QUOTA)
    emulator.clock.advance(30)
    assert status(dlc, job_id) == small


def test_a_pod_larger_than_a_node_never_fits(dlc: Client, emulator: Emulator, studio: Studio, create: Create) -> None:
    job_id = create(gpus(16), ResourceId=QUOTA)
    emulator.clock.advance(3600)
    assert status(dlc, job_id) == "Queuing"
    path = f"/api/v1/quotas/{QUOTA}/workloads/{job_id}/diagnosis"
    found = studio("GetQuotaWorkloadDiagnosis", path)["Diagnosis"]
    assert found["ResourceDiagnosis"]["SelfQuotaLimit"] == {"Status": "Succeeded"}
    assert found["SchedulingDiagnosis"]["SchedulableNum"] == 0
    assert {each["Reason"] for each in found["SchedulingDiagnosis"]["UnschedulableNodes"]} <= {
        "NotEnoughGPU",
        "OutOfGPU",
    }


def test_free_gpus_scattered_over_nodes_hold_no_whole_node_pod(
    dlc: Client, emulator: Emulator, studio: Studio, create: Create
) -> None:
    """Fragmentation: 6 GPUs taken of each of the four free nodes leave 8 in all, and no room for 8 in one place."""
    create({**gpus(6), "PodCount": 4}, ResourceId=QUOTA, Envs={"EMULATOR_SCENARIO": "long_running"})
    emulator.clock.advance(20)
    job_id = create(gpus(8), ResourceId=QUOTA)
    emulator.clock.advance(20)
    assert (free(studio), status(dlc, job_id)) == (8, "Queuing")
    (item,) = studio("ListQuotaWorkloads", f"/api/v1/quotas/{QUOTA}/workloads", WorkloadIds=job_id)["Workloads"]
    assert item["Code"] == "insufficientNode"


def test_nodes_and_their_pods_agree_with_the_jobs(
    dlc: Client, emulator: Emulator, studio: Studio, create: Create
) -> None:
    job_id = create({**gpus(4), "PodCount": 3}, ResourceId=QUOTA)
    emulator.clock.advance(20)
    pods = dlc.get_job(job_id, models.GetJobRequest()).body.pods
    for pod in pods:
        path = f"/api/v1/nodes/{pod.node_name}/Pods"
        listed = studio("ListNodePods", path, ResourceGroupId="rg1llmteam001abc")["NodePodInfos"]
        (here,) = [each for each in listed if each["PodName"] == pod.pod_id]
        assert (here["WorkloadId"], len(here["GPUIndexes"]), here["Phase"]) == (job_id, 4, "Pending")
        everything = [index for each in listed for index in each["GPUIndexes"]]
        assert len(everything) == len(set(everything)) <= 8


def test_usage_is_told_by_user(emulator: Emulator, studio: Studio, create: Create) -> None:
    create({**NODE, "PodCount": 1}, ResourceId=FULL)
    emulator.clock.advance(20)
    rows = studio("ListQuotaActiveUserUsages", f"/api/v1/quotas/{FULL}/activeuserusages")["QuotaUserUsages"]
    assert [
        (row["Username"], row["Resources"]["Used"]["GPU"], row["Resources"]["Submitted"]["GPU"]) for row in rows
    ] == [
        ("bob", "144", "144"),
        ("alice", "0", "136"),
    ]


@pytest.mark.parametrize(
    ("changes", "status_code", "words"),
    [
        ({"WorkspaceId": "345678"}, 400, "Workspace 345678 is DISABLED."),
        ({"ResourceId": "quota3vision0003"}, 400, "ResourceId quota3vision0003 is not bound to workspace 123456."),
        ({"ResourceId": "quota9"}, 404, "Quota quota9 not found."),
    ],
)
def test_a_place_out_of_reach_is_refused(create: Create, changes: dict[str, str], status_code: int, words: str) -> None:
    spec = NODE if "ResourceId" in changes else {}
    with pytest.raises(ClientException) as caught:
        create(spec, **changes)
    assert (caught.value.status_code, caught.value.data["Message"]) == (status_code, words)


def test_what_is_held_never_exceeds_a_node(emulator: Emulator, create: Create, studio: Studio) -> None:
    for number in range(12):
        create({**gpus(1 + number % 8), "PodCount": 1 + number % 3}, ResourceId=QUOTA)
    for _ in range(6):
        emulator.clock.advance(700)
        studio("GetQuota", f"/api/v1/quotas/{QUOTA}")
        for quota in emulator.account.quotas:
            rest = ledger.free_nodes(emulator.account, quota, emulator.account.now())
            assert all(min(each.cpu, each.gpu, each.memory) >= 0 for each in rest.values())
