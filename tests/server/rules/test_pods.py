"""Which pod leads, and which matters."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.pods import first_pod


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
