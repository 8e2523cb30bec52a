"""GetJobMetrics and GetMetrics."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator


def metrics(dlc: Client, job_id: str, **query: Any) -> dict[str, list[tuple[int, float]]]:
    request = models.GetJobMetricsRequest(**{"metric_type": "GpuCoreUsage", **query})
    found = dlc.get_job_metrics(job_id, request).body.pod_metrics
    return {pod.pod_id: [(point.time, point.value) for point in pod.metrics] for pod in found}


def test_the_last_hour_in_steps_of_five_minutes(dlc: Client) -> None:
    found = metrics(dlc, "dlc4stillrunning")
    assert list(found) == ["dlc4stillrunning-master-0", "dlc4stillrunning-worker-0"]
    times = [time for time, _ in found["dlc4stillrunning-master-0"]]
    assert (len(times), times[1] - times[0], times[-1]) == (13, 300_000, 1767600000000)
    assert all(90 < value <= 100 for _, value in found["dlc4stillrunning-master-0"])


def test_a_step_may_be_a_minute(dlc: Client) -> None:
    assert len(metrics(dlc, "dlc4stillrunning", time_step="1m")["dlc4stillrunning-master-0"]) == 61


def test_a_job_that_hangs_computes_nothing_and_holds_its_memory(
    dlc: Client, emulator: Emulator, create: Callable[..., str]
) -> None:
    job_id = create(DisplayName="nccl-hang")
    emulator.clock.advance(7200)
    assert {value for _, value in metrics(dlc, job_id)[f"{job_id}-master-0"]} == {0.0}
    memory = metrics(dlc, job_id, metric_type="GpuMemoryUsage")[f"{job_id}-master-0"]
    assert min(value for _, value in memory) > 70


def test_a_queued_job_has_no_metrics(dlc: Client) -> None:
    assert metrics(dlc, "dlc5waitinginq05") == {}


@pytest.mark.parametrize("query", [{"metric_type": "Heat"}, {"time_step": "soon"}], ids=str)
def test_an_unknown_metric_or_step_is_an_invalid_parameter(dlc: Client, query: dict[str, str]) -> None:
    with pytest.raises(ClientException) as caught:
        metrics(dlc, "dlc4stillrunning", **query)
    assert caught.value.code == "InvalidParameter"


def test_cloud_monitor_answers_with_a_json_string(dlc: Client) -> None:
    request = models.GetMetricsRequest(
        job_id="dlc4stillrunning",
        namespace="acs_pai_dlc",
        metric_name="JOB_GPU_ACCELERATOR_DUTTY_UTIL",
        period="900",
    )
    body = dlc.get_metrics(request).body
    points = json.loads(body.data_points)
    assert (body.success, len(points)) == (True, 5)
    assert {"timestamp", "jobId", "workspaceId", "Value"} <= set(points[0])


def test_cloud_monitor_fails_with_http_200(dlc: Client) -> None:
    response = dlc.get_metrics(models.GetMetricsRequest(job_id="dlc4stillrunning", metric_name="NONE"))
    assert (response.status_code, response.body.success) == (200, False)
