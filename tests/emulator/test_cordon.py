"""A fault of the hardware takes its node out of the quota for a while, and a job that restarts leaves it."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]
Studio = Callable[..., dict[str, Any]]
QUOTA = "quota1llmteam001"
NODE = {"EcsSpec": None, "ResourceConfig": {"CPU": "96", "GPU": "8", "Memory": "1000Gi"}}


def play(create: Create, emulator: Emulator, scenario: str, seconds: float, count: int = 2, **changes: Any) -> str:
    envs = {"EMULATOR_SCENARIO": scenario}
    job_id = create({**NODE, "PodCount": count}, ResourceId=QUOTA, Envs=envs, **changes)
    emulator.clock.advance(seconds)
    return job_id


def closed(studio: Studio) -> list[str]:
    found = studio("ListNodes", "/api/v1/nodes", QuotaId=QUOTA, NodeStatuses="SchedulingDisabled", PageSize="100")
    assert {node["ReasonCode"] for node in found["Nodes"]} <= {"Recovering"}
    return [node["NodeName"] for node in found["Nodes"]]


def node_of(dlc: Client, job_id: str, pod: str) -> tuple[str, list[str]]:
    """Now, and before each restart."""
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    (found,) = [each for each in job.pods if each.pod_id == f"{job_id}-{pod}"]
    return found.node_name, [each.node_name for each in found.history_pods]


@pytest.mark.parametrize("scenario", ["ecc", "nvlink"])
def test_a_node_fault_closes_the_node_until_it_has_recovered(
    dlc: Client, emulator: Emulator, studio: Studio, create: Create, scenario: str
) -> None:
    job_id = play(create, emulator, scenario, 500)
    assert closed(studio) == []
    emulator.clock.advance(500)
    assert closed(studio) == [node_of(dlc, job_id, "master-0")[0]]
    events = dlc.get_pod_events(job_id, f"{job_id}-master-0", models.GetPodEventsRequest()).body.events
    assert events[-1].endswith(f"Node {closed(studio)[0]} is cordoned: GPU has fallen off the bus")
    emulator.clock.advance(900)
    assert closed(studio) == []


@pytest.mark.parametrize("scenario", ["cuda_oom", "preempted", "healthy", "host_oom"])
def test_other_ends_close_nothing(emulator: Emulator, studio: Studio, create: Create, scenario: str) -> None:
    play(create, emulator, scenario, 1500)
    assert closed(studio) == []


def test_a_restarted_job_leaves_the_node(dlc: Client, emulator: Emulator, studio: Studio, create: Create) -> None:
    job_id = play(create, emulator, "restarts", 1200)
    now, (before,) = node_of(dlc, job_id, "worker-0")
    assert closed(studio) == [before]
    assert now != before
    record = dlc.get_job(job_id, models.GetJobRequest()).body.restart_record
    assert record[0].detail_error_info_list[0].node == before
    stays, (stayed,) = node_of(dlc, job_id, "master-0")
    assert stays == stayed
    names = [
        pod["PodName"]
        for pod in studio("ListNodePods", f"/api/v1/nodes/{now}/Pods", ResourceGroupId="rg1llmteam001abc")[
            "NodePodInfos"
        ]
    ]
    assert names == [f"{job_id}-worker-0"]


def test_each_restart_finds_another_node(dlc: Client, emulator: Emulator, studio: Studio, create: Create) -> None:
    job_id = play(create, emulator, "restart_budget", 6000)
    now, before = node_of(dlc, job_id, "worker-0")
    assert len({now, *before}) >= 3


def test_a_closed_node_takes_no_job_and_gives_it_back(
    dlc: Client, emulator: Emulator, studio: Studio, create: Create
) -> None:
    """Six nodes are free; with one closed a job of six waits, though as many GPUs are free as it asks for."""
    play(create, emulator, "ecc", 1000)
    job_id = play(create, emulator, "healthy", 30, count=6)
    assert dlc.get_job(job_id, models.GetJobRequest()).body.status == "Queuing"
    path = f"/api/v1/quotas/{QUOTA}/workloads/{job_id}/diagnosis"
    scheduling = studio("GetQuotaWorkloadDiagnosis", path)["Diagnosis"]["SchedulingDiagnosis"]
    reasons = {each["Reason"]: each["Nodes"] for each in scheduling["UnschedulableNodes"]}
    assert (scheduling["SchedulableNum"], reasons["NodeUnschedulable"]) == (5, closed(studio))
    emulator.clock.advance(900)
    assert dlc.get_job(job_id, models.GetJobRequest()).body.status in ("EnvPreparing", "Running")


def test_what_happened_is_the_same_however_rarely_one_looks(dlc: Client, emulator: Emulator, create: Create) -> None:
    """One look at the end tells the same story as one each minute."""

    def story(pace: int) -> Any:
        emulator.reset()
        job_id = play(create, emulator, "restart_budget", 0)
        waiting = play(create, emulator, "healthy", 0, count=4)
        for _ in range(6000 // pace):
            emulator.clock.advance(pace)
            dlc.get_job(job_id, models.GetJobRequest())
        last = dlc.get_job(waiting, models.GetJobRequest()).body
        return node_of(dlc, job_id, "worker-0"), last.gmt_running_time

    (at_once, ran), (often, also) = story(6000), story(60)
    assert (at_once, ran) == (often, also)


def test_a_failed_sanity_check_closes_the_node(emulator: Emulator, studio: Studio, create: Create) -> None:
    play(create, emulator, "sanity_failure", 1000, Settings={"EnableSanityCheck": True})
    assert len(closed(studio)) == 1


def test_a_deleted_job_leaves_its_node_closed(dlc: Client, emulator: Emulator, studio: Studio, create: Create) -> None:
    job_id = play(create, emulator, "ecc", 1000)
    dlc.delete_job(job_id)
    assert len(closed(studio)) == 1
