"""Dashboards of Ray jobs."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator


def test_a_running_ray_job_has_dashboards_without_a_request_id(
    call: Callable[..., dict[str, Any]], emulator: Emulator, create: Callable[..., str]
) -> None:
    job_id = create(JobType="RayJob")
    emulator.clock.advance(200)
    dashboard = call("2020-12-03", "GetDashboard", f"GET /api/v1/jobs/{job_id}/dashboard")
    ray = call("2020-12-03", "GetRayDashboard", f"GET /api/v1/jobs/{job_id}/rayDashboard")
    assert set(dashboard) == {"url"}
    assert (set(ray), ray["metricsEnabled"]) == ({"url", "metricsEnabled"}, "true")


def test_other_jobs_have_none(dlc: Client, call: Callable[..., Any]) -> None:
    with pytest.raises(ClientException) as caught:
        call("2020-12-03", "GetDashboard", "GET /api/v1/jobs/dlc4stillrunning/dashboard")
    assert caught.value.code == "BadRequest"
