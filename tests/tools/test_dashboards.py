"""Dashboards, through a real client: of jobs that have one, while they run."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator


@pytest.fixture
def dashboards(connect: Any) -> Any:
    return connect(toolsets="dashboards")


async def ray(agent: Any) -> str:
    spec = agent.JOB["job_specs"][0]
    return await agent.job(job_type="RayJob", job_specs=[{**spec, "type": "Head"}, spec])


async def test_dashboard_tools_are_off_by_default(agent: Any) -> None:
    assert not [tool.name for tool in await agent.tools() if "dashboard" in tool.name]


@pytest.mark.parametrize(("tool", "metrics"), [("get_dashboard", None), ("get_ray_dashboard", True)])
async def test_a_running_ray_jobs_dashboard_has_an_address(
    tool: str, metrics: bool | None, dashboards: Any, emulator: Emulator
) -> None:
    job_id = await ray(dashboards)
    emulator.clock.advance(400)
    found = await dashboards.facts(tool, job_id=job_id)
    assert (found["job_id"], found["job_status"], found.get("metrics_enabled")) == (job_id, "Running", metrics)
    assert found["url"].startswith("https://")
    assert "isShared" not in emulator.requests[-1].query


async def test_another_job_has_no_ray_dashboard_and_is_not_asked_for_one(dashboards: Any, emulator: Emulator) -> None:
    said = await dashboards.error("get_ray_dashboard", job_id="dlc4stillrunning")
    assert "is a PyTorchJob: only a RayJob has a Ray dashboard" in said
    assert "GetRayDashboard" not in emulator.requests.actions()


async def test_the_services_refusal_is_passed_on(dashboards: Any) -> None:
    assert "it has no dashboard" in await dashboards.error("get_dashboard", job_id="dlc4stillrunning")


async def test_a_ray_job_that_does_not_run_yet_has_none(dashboards: Any) -> None:
    job_id = await ray(dashboards)
    assert "is not running" in await dashboards.error("get_ray_dashboard", job_id=job_id)
