"""Which pod of a job is meant, and which leads."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.pods import by_importance, first_pod, node_rank, pod_of


def job_of(*pods: tuple[str, str, str | None]) -> Job:
    rows = [
        {"PodId": f"dlc1-{name}", "Type": name.partition("-")[0], "Status": status, "GmtFinishTime": finished}
        for name, status, finished in pods
    ]
    return Job.of({"JobId": "dlc1", "Pods": rows})


def names(job: Job) -> list[str]:
    return [pod.pod_id.removeprefix("dlc1-") for pod in by_importance(job)]


EARLY, LATE = "2026-01-05T02:00:00Z", "2026-01-05T02:00:09Z"


def test_failed_pods_stand_first_by_the_time_they_failed() -> None:
    job = job_of(("master-0", "Running", None), ("worker-0", "Failed", LATE), ("worker-1", "Failed", EARLY))
    assert names(job) == ["worker-1", "worker-0", "master-0"]
    assert names(job_of(("worker-0", "Failed", None), ("worker-1", "Failed", LATE))) == ["worker-1", "worker-0"]


@pytest.mark.parametrize("leader", ["master-0", "chief-0", "head-0", "launcher-0", "Master-0"])
def test_among_equals_a_leader_stands_before_workers(leader: str) -> None:
    assert names(job_of(("worker-0", "Failed", EARLY), (leader, "Failed", EARLY))) == [leader, "worker-0"]
    assert names(job_of(("worker-0", "Running", None), (leader, "Running", None))) == [leader, "worker-0"]
    assert names(job_of(("worker-0", "Succeeded", EARLY), (leader, "Succeeded", LATE))) == [leader, "worker-0"]


def test_an_earlier_failure_outweighs_a_leader() -> None:
    assert names(job_of(("master-0", "Failed", LATE), ("worker-0", "Failed", EARLY))) == ["worker-0", "master-0"]


def test_a_pod_of_no_such_id_is_refused_with_those_there_are() -> None:
    job = job_of(("worker-0", "Running", None), ("master-0", "Running", None))
    assert pod_of(job, "dlc1-worker-0").pod_id == "dlc1-worker-0"
    with pytest.raises(Failure, match="has no pod dlc1-worker-9") as refused:
        pod_of(job, "dlc1-worker-9")
    assert refused.value.fix == "Its pods: dlc1-master-0, dlc1-worker-0."


def job(*pods: tuple[str, str]) -> Job:
    found: list[dict[str, Any]] = [
        {"PodId": f"dlc1-{name}", "Type": name.split("-", maxsplit=1)[0], "Status": status} for name, status in pods
    ]
    return Job.of({"JobId": "dlc1", "Status": "Running", "Pods": found})


@pytest.mark.parametrize(
    ("pods", "leads"),
    [
        ([("worker-1", "Running"), ("worker-0", "Running"), ("master-0", "Running")], "dlc1-master-0"),
        ([("worker-10", "Running"), ("worker-2", "Running")], "dlc1-worker-2"),
        ([("master-0", "Failed"), ("worker-1", "Running")], "dlc1-worker-1"),
        ([("master-0", "Failed"), ("worker-0", "Failed")], "dlc1-master-0"),
        ([("head-0", "Running"), ("worker-a-0", "Running")], "dlc1-head-0"),
    ],
)
def test_a_running_master_leads_else_the_first_that_runs(pods: Any, leads: str) -> None:
    assert first_pod(job(*pods)).pod_id == leads


def test_a_job_without_pods_has_none_that_leads() -> None:
    with pytest.raises(Failure, match="has no pods yet"):
        first_pod(job())


def test_of_many_pods_ten_are_named_and_of_none_none() -> None:
    with pytest.raises(Failure) as refused:
        pod_of(job(*((f"worker-{n}", "Running") for n in range(12))), "no-such")
    assert refused.value.fix == f"Its pods: {', '.join(f'dlc1-worker-{n}' for n in range(10))}."
    with pytest.raises(Failure) as refused:
        pod_of(job(), "no-such")
    assert refused.value.fix == "Its pods: none yet."


def test_a_node_rank_counts_the_leaders_before_the_workers() -> None:
    four = job(*((name, "Running") for name in ("master-0", "worker-0", "worker-1", "worker-2")))
    assert [node_rank(four, pod) for pod in four.pods] == [0, 1, 2, 3]
    alone = job(("worker-0", "Running"), ("worker-1", "Running"))
    assert [node_rank(alone, pod) for pod in alone.pods] == [0, 1]
    others = job(("ps-0", "Running"), ("worker-x", "Running"))
    assert [node_rank(others, pod) for pod in others.pods] == [None, None]
