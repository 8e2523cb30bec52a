"""Which pod of a job is meant."""

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of


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
