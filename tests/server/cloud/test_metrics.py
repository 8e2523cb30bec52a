"""Metrics operations against the emulator, and what they make of answers it does not give."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.metrics import Series, by_place, by_pod, pages, points_of
from pai_dlc_mcp.server.deps import CloudInRegion

JOB = "dlc4stillrunning"
SINCE, UNTIL = datetime(2026, 1, 5, 1, 0, tzinfo=UTC), datetime(2026, 1, 5, 1, 10, tzinfo=UTC)
GPU = "JOB_GPU_ACCELERATOR_DUTTY_UTIL"


async def test_a_jobs_metrics_are_a_series_for_each_pod(cloud: CloudInRegion, emulator: Emulator) -> None:
    found = await cloud.metrics.job(JOB, "GpuCoreUsage", since=SINCE, until=UNTIL, time_step="5m")
    assert [series.of for series in found] == [f"{JOB}-master-0", f"{JOB}-worker-0"]
    assert [time for time, _ in found[0].points] == [1767574800000, 1767575100000, 1767575400000]
    (sent,) = emulator.requests
    assert sent.query == {
        "MetricType": "GpuCoreUsage",
        "StartTime": "2026-01-05T01:00:00Z",
        "EndTime": "2026-01-05T01:10:00Z",
        "TimeStep": "5m",
    }


def test_values_that_are_no_numbers_are_left_out() -> None:
    odd = [{"Time": 2, "Value": 1.5}, {"Time": 1, "Value": float("nan")}, {"Time": 3}, {"Value": 4}]
    body = {"PodMetrics": [{"PodId": "a", "Metrics": odd}, {"PodId": "b", "Metrics": None}]}
    assert by_pod(body) == [Series("a", [(2, 1.5)])]


async def test_cloud_monitors_points_are_read_out_of_their_string(cloud: CloudInRegion, emulator: Emulator) -> None:
    where = [{"jobId": JOB, "regionId": "cn-hangzhou"}]
    (found,) = await cloud.metrics.cloud_monitor(JOB, GPU, where, since=SINCE, until=UNTIL, period=60)
    assert found.of == "job"
    assert len(found.points) == 11
    (sent,) = emulator.requests
    assert sent.query["Dimensions"] == '[{"jobId":"dlc4stillrunning","regionId":"cn-hangzhou"}]'
    assert (sent.query["Namespace"], sent.query["Period"]) == ("acs_pai_dlc", "60")


async def test_a_200_that_says_it_failed_is_a_failure(cloud: CloudInRegion) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.metrics.cloud_monitor(JOB, "NO_SUCH", [], since=None, until=None, period=60)
    assert (caught.value.code, caught.value.http_status) == ("ResourceNotFound", 200)
    assert caught.value.request_id
    assert "NO_SUCH" in caught.value.what


def test_points_are_told_apart_by_what_they_were_measured_on() -> None:
    points = [
        {"timestamp": 60_000, "jobId": JOB, "pod": "p-0", "card": "1", "Value": 3},
        {"timestamp": 0, "jobId": JOB, "pod": "p-0", "card": "1", "Average": 2},
        {"timestamp": 0, "jobId": JOB, "pod": "p-0", "card": "0", "Value": None},
    ]
    assert by_place(points) == [Series("card=1, pod=p-0", [(0, 2.0), (60_000, 3.0)])]


async def test_pages_are_read_to_the_last_but_not_for_ever() -> None:
    tokens: list[str | None] = []

    async def three(token: str | None) -> dict[str, Any]:
        tokens.append(token)
        return {"NextToken": "more" if len(tokens) < 3 else ""}

    async def endless(_: str | None) -> dict[str, Any]:
        return {"NextToken": "more"}

    assert len(await pages(three)) == 3
    assert tokens == [None, "more", "more"]
    assert len(await pages(endless)) == 10


@pytest.mark.parametrize("points", ["<html>", 7])
def test_points_that_are_not_json_are_an_invalid_answer(points: object) -> None:
    with pytest.raises(CloudError) as caught:
        points_of({"Success": True, "DataPoints": points}, GPU)
    assert caught.value.kind == "invalid_answer"


def test_no_points_are_no_failure() -> None:
    assert points_of({"Success": True, "DataPoints": ""}, GPU) == []
