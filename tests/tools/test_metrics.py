"""Metrics, through a real client: small whatever the job's size, of the right window, and never silently empty."""

import base64
import json
import struct
import sys
from datetime import datetime
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.budget.limits import tokens

RUNNING, FAILED, QUEUED, COLLEAGUES = "dlc4stillrunning", "dlc2outofmemory2", "dlc5waitinginq05", "dlc7colleague007"
GPU, CARD = "JOB_GPU_ACCELERATOR_DUTTY_UTIL", "CARD_GPU_DRAM_ACTIVE_UTIL"
DAY = 86_400


@pytest.fixture
def monitor(connect: Any) -> Any:
    return connect(toolsets="dashboards")


def asked(emulator: Emulator, action: str = "GetJobMetrics") -> dict[str, str]:
    return next(request.query for request in reversed(emulator.requests) if request.action == action)


async def test_each_pod_is_a_row_with_its_extremes_and_means_over_time(agent: Any, emulator: Emulator) -> None:
    found = await agent.facts("get_job_metrics", job_id=RUNNING, metric="GpuCoreUsage")
    assert (found["unit"], found["step"], found["total"]) == ("%", "1m", 2)
    assert {row["of"] for row in found["series"]} == {f"{RUNNING}-master-0", f"{RUNNING}-worker-0"}
    for row in found["series"]:
        assert 90 < row["min"] < row["mean"] < row["max"] <= 100
        assert len(row["means"].split()) == 20
    assert [row["mean"] for row in found["series"]] == sorted(row["mean"] for row in found["series"])


async def test_by_default_a_live_job_is_looked_at_from_its_first_step_to_now(agent: Any, emulator: Emulator) -> None:
    await agent.facts("get_job_metrics", job_id=RUNNING, metric="GpuCoreUsage")
    assert asked(emulator) == {
        "MetricType": "GpuCoreUsage",
        "StartTime": "2026-01-05T00:38:02Z",
        "TimeStep": "1m",
    }


async def test_by_default_a_finished_job_is_looked_at_from_its_first_step_to_its_last(
    agent: Any, emulator: Emulator
) -> None:
    found = await agent.facts("get_job_metrics", job_id=FAILED, metric="MemoryUsage")
    job = await agent.facts("get_job", job_id=FAILED)
    sent = asked(emulator)
    assert (sent["StartTime"], sent["EndTime"]) == (job["running_since"], job["finished"])
    assert job["running_since"] <= found["start"] < found["end"] <= job["finished"]


async def test_of_a_long_run_the_last_day_is_looked_at_in_longer_steps(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(display_name="nccl-hang")
    emulator.clock.advance(3 * DAY)
    found = await agent.facts("get_job_metrics", job_id=job_id, metric="GpuCoreUsage")
    assert (found["start"], found["end"], found["step"]) == ("2026-01-07T02:00:00Z", "2026-01-08T02:00:00Z", "5m")


async def test_a_hang_shows_as_an_idle_gpu_that_still_holds_its_memory(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(display_name="nccl-hang")
    emulator.clock.advance(DAY)
    (gpu,) = (await agent.facts("get_job_metrics", job_id=job_id, metric="GpuCoreUsage"))["series"]
    (memory,) = (await agent.facts("get_job_metrics", job_id=job_id, metric="GpuMemoryUsage"))["series"]
    assert gpu["last"] == 0
    assert gpu["means"].endswith(" 0 0 0")
    assert memory["last"] > 70


async def test_a_window_and_a_step_of_the_callers_are_sent_as_given(agent: Any, emulator: Emulator) -> None:
    found = await agent.facts(
        "get_job_metrics",
        job_id=RUNNING,
        metric="CpuCoreUsage",
        start_time="2026-01-05T01:00:00",
        end_time="2026-01-05T09:30:00+08:00",
        time_step="15m",
    )
    assert asked(emulator)["StartTime"] == "2026-01-05T01:00:00Z"
    assert asked(emulator)["EndTime"] == "2026-01-05T01:30:00Z"
    assert [len(row["means"].split()) for row in found["series"]] == [3, 3]


async def test_rates_are_told_in_a_unit_that_keeps_them_short(agent: Any) -> None:
    found = await agent.facts("get_job_metrics", job_id=RUNNING, metric="NetworkInputRate")
    assert found["unit"] == "MB/s"
    assert 200 < found["series"][0]["mean"] < 220


@pytest.mark.parametrize("metric", ["GpuCoreUsage", "NetworkOutputRate"])
async def test_thirty_two_pods_fit_the_budget_with_a_series_each(metric: str, agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(job_specs=[{**agent.JOB["job_specs"][0], "pod_count": 32}])
    emulator.clock.advance(1800)
    result = await agent.call("get_job_metrics", job_id=job_id, metric=metric)
    found = result.structured_content
    assert (found["total"], len(found["series"])) == (32, 32)
    assert all(len(row["means"].split()) >= 3 for row in found["series"])
    assert tokens(result.content[0].text) <= 2000
    assert tokens(json.dumps(found, separators=(",", ":"))) <= 2000


async def test_of_more_pods_than_fit_the_lowest_are_shown(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(job_specs=[{**agent.JOB["job_specs"][0], "pod_count": 200}])
    emulator.clock.advance(1800)
    result = await agent.call("get_job_metrics", job_id=job_id, metric="GpuCoreUsage")
    shown = len(result.structured_content["series"])
    assert 20 < shown < 200
    assert f"the {shown} with the lowest mean, of 200" in result.content[0].text
    assert tokens(result.content[0].text) <= 2000


async def test_a_job_that_has_not_run_is_told_why_there_is_nothing(agent: Any) -> None:
    found = await agent.facts("get_job_metrics", job_id=QUEUED, metric="GpuCoreUsage")
    assert found["series"] == []
    assert "Queuing and has not run" in found["empty"]


async def test_a_job_without_gpus_is_told_which_metrics_it_has(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(job_specs=[{**agent.JOB["job_specs"][0], "ecs_spec": "ecs.g6.2xlarge"}])
    emulator.clock.advance(1800)
    found = await agent.facts("get_job_metrics", job_id=job_id, metric="GpuMemoryUsage")
    assert "asked for no GPU" in found["empty"]


async def test_an_empty_window_is_answered_with_when_the_job_ran(agent: Any) -> None:
    found = await agent.facts(
        "get_job_metrics",
        job_id=FAILED,
        metric="GpuCoreUsage",
        start_time="2026-01-01T00:00:00Z",
        end_time="2026-01-02T00:00:00Z",
    )
    assert "the job ran from 2026-01-04T06:" in found["empty"]


async def test_a_quota_job_without_values_is_sent_to_cloud_monitor(agent: Any, emulator: Emulator) -> None:
    spec = {
        **agent.JOB["job_specs"][0],
        "ecs_spec": None,
        "resource_config": {"cpu": "8", "gpu": "1", "memory": "64Gi"},
    }
    job_id = await agent.job(user_command="not-found", job_specs=[spec], resource_id="quota1llmteam001")
    emulator.clock.advance(1800)
    found = await agent.facts("get_job_metrics", job_id=job_id, metric="GpuCoreUsage")
    assert "use get_metrics (toolset dashboards)" in found["empty"]


async def test_a_window_that_ends_before_it_starts_is_refused_unsent(agent: Any, emulator: Emulator) -> None:
    said = await agent.error("get_job_metrics", job_id=FAILED, metric="GpuCoreUsage", start_time="2026-01-05T01:00:00Z")
    assert "Nothing lies between 2026-01-05T01:00:00Z and 2026-01-04T06:" in said
    assert "GetJobMetrics" not in emulator.requests.actions()


async def test_an_unknown_metric_is_answered_with_the_nearest(agent: Any, emulator: Emulator) -> None:
    said = await agent.error("get_job_metrics", job_id=RUNNING, metric="gpu_core_usage")
    assert "use 'GpuCoreUsage'" in said
    assert not emulator.requests


async def test_cloud_monitor_is_asked_for_the_job_it_is_about(monitor: Any, emulator: Emulator) -> None:
    found = await monitor.facts("get_metrics", job_id=RUNNING, metric_name=GPU)
    (row,) = found["series"]
    assert (row["of"], found["step"]) == ("job", "60s")
    assert 90 < row["mean"] <= 100
    sent = asked(emulator, "GetMetrics")
    assert (sent["Namespace"], sent["MetricName"], sent["Period"]) == ("acs_pai_dlc", GPU, "60")
    assert json.loads(sent["Dimensions"]) == [
        {"jobId": RUNNING, "regionId": "cn-hangzhou", "userId": "201234567890123456", "workspaceId": "123456"}
    ]


@pytest.mark.parametrize(
    ("arguments", "pods"),
    [
        ({"metric_name": CARD}, ["master-0", "worker-0"]),
        ({"metric_name": GPU, "pod_id": f"{RUNNING}-worker-0"}, ["worker-0"]),
    ],
)
async def test_cards_and_pods_are_asked_for_by_pod(
    arguments: dict[str, str], pods: list[str], monitor: Any, emulator: Emulator
) -> None:
    await monitor.facts("get_metrics", job_id=RUNNING, **arguments)
    dimensions = json.loads(asked(emulator, "GetMetrics")["Dimensions"])
    assert [dimension["pod"] for dimension in dimensions] == [f"{RUNNING}-{pod}" for pod in pods]


async def test_a_200_of_cloud_monitor_that_failed_is_an_error(monitor: Any) -> None:
    said = await monitor.error("get_metrics", job_id=RUNNING, metric_name="NO_SUCH_METRIC")
    assert "CloudMonitor refused NO_SUCH_METRIC" in said
    assert "code: ResourceNotFound" in said


async def test_a_pod_of_another_job_is_refused_unsent(monitor: Any, emulator: Emulator) -> None:
    said = await monitor.error("get_metrics", job_id=RUNNING, metric_name=GPU, pod_id=f"{FAILED}-master-0")
    assert f"Job {RUNNING} has no pod" in said
    assert "GetMetrics" not in emulator.requests.actions()


async def test_cloud_monitor_without_values_says_why(monitor: Any) -> None:
    found = await monitor.facts("get_metrics", job_id=QUEUED, metric_name=GPU)
    assert "has not run" in found["empty"]


async def test_several_metrics_are_told_side_by_side_with_their_units(agent: Any, emulator: Emulator) -> None:
    found = await agent.facts("get_job_metrics", job_id=RUNNING, metric=["GpuCoreUsage", "NetworkInputRate"])
    assert emulator.requests.actions().count("GetJobMetrics") == 2
    assert [row["metric"] for row in found["series"]] == ["GpuCoreUsage %"] * 2 + ["NetworkInputRate MB/s"] * 2
    assert (found["metric"], "unit" in found) == ("GpuCoreUsage, NetworkInputRate", False)


async def test_many_pods_of_several_metrics_share_the_budget_evenly(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(job_specs=[{**agent.JOB["job_specs"][0], "pod_count": 100}])
    emulator.clock.advance(1800)
    metrics = ["GpuCoreUsage", "GpuMemoryUsage", "CpuCoreUsage", "NetworkInputRate"]
    result = await agent.call("get_job_metrics", job_id=job_id, metric=metrics)
    kinds = [row["metric"].split()[0] for row in result.structured_content["series"]]
    counts = {kind: kinds.count(kind) for kind in metrics}
    assert max(counts.values()) - min(counts.values()) <= 1
    assert 3 < max(counts.values()) <= 8
    assert tokens(result.content[0].text) <= 2000


@pytest.mark.parametrize(
    ("last", "since"), [("1h", "2026-01-05T01:00:00Z"), ("30m", "2026-01-05T01:30:00Z"), ("2d", "2026-01-03T02:00:00Z")]
)
async def test_last_counts_back_on_the_jobs_own_clock(last: str, since: str, agent: Any, emulator: Emulator) -> None:
    await agent.facts("get_job_metrics", job_id=RUNNING, last=last)
    assert asked(emulator)["StartTime"] == since


async def test_of_a_finished_job_last_counts_back_from_its_end(agent: Any, emulator: Emulator) -> None:
    await agent.facts("get_job_metrics", job_id=FAILED, last="1m")
    sent = asked(emulator)
    begin, end = (datetime.fromisoformat(sent[name]) for name in ("StartTime", "EndTime"))
    assert (end - begin).total_seconds() == 60
    assert sent["EndTime"] == (await agent.facts("get_job", job_id=FAILED))["finished"]


async def test_last_and_a_start_exclude_each_other(agent: Any) -> None:
    said = await agent.error("get_job_metrics", job_id=RUNNING, last="1h", start_time="2026-01-05T01:00:00Z")
    assert "last and start_time exclude each other" in said


async def test_a_chart_is_a_png_of_800_pixels_beside_the_same_facts(agent: Any) -> None:
    plain = await agent.facts("get_job_metrics", job_id=RUNNING, last="1h")
    result = await agent.call("get_job_metrics", job_id=RUNNING, last="1h", chart="metric")
    text, image = result.content
    assert (image.type, image.mime_type) == ("image", "image/png")
    data = base64.b64decode(image.data)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20]) == (800,)
    assert result.structured_content == plain
    assert image.data[:40] not in text.text


async def test_the_loss_is_read_from_the_log_and_drawn(agent: Any, emulator: Emulator) -> None:
    result = await agent.call("get_job_metrics", job_id=RUNNING, chart="loss")
    assert result.content[-1].type == "image"
    assert result.structured_content["loss"].startswith("181 losses of dlc4stillrunning-master-0, step 1 to 181: first")
    assert "GetPodLogs" in emulator.requests.actions()


async def test_where_there_is_nothing_to_draw_that_is_said(agent: Any) -> None:
    result = await agent.call("get_job_metrics", job_id=QUEUED, chart="metric")
    assert [block.type for block in result.content] == ["text"]
    assert "no chart: there are no values" in result.structured_content["note"]
    assert "has no pods yet" in await agent.error("get_job_metrics", job_id=QUEUED, chart="loss")


async def test_without_matplotlib_the_answer_says_how_to_install_it(agent: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = await agent.call("get_job_metrics", job_id=RUNNING, last="1h", chart="metric")
    assert [block.type for block in result.content] == ["text"]
    assert "pip install 'pai-dlc-mcp[charts]'" in result.structured_content["note"]
