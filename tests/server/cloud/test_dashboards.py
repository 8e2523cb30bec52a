"""Dashboard operations against the emulator."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.dashboards import Dashboard
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.deps import CloudInRegion

IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
RAY: dict[str, Any] = {
    "WorkspaceId": "123456",
    "DisplayName": "ray",
    "JobType": "RayJob",
    "UserCommand": "python tune.py",
    "JobSpecs": [
        {"Type": role, "Image": IMAGE, "PodCount": 1, "EcsSpec": "ecs.gn6i-c4g1.xlarge"} for role in ("Head", "Worker")
    ],
}


async def test_a_running_ray_job_has_dashboards(cloud: CloudInRegion, emulator: Emulator) -> None:
    job_id = await cloud.send(cloud.jobs.create(RAY))
    emulator.clock.advance(400)
    board = await cloud.dashboards.ray(job_id)
    assert (job_id in board.url, board.metrics) == (True, True)
    assert (await cloud.dashboards.get(job_id)).metrics is False


async def test_another_job_has_none(cloud: CloudInRegion) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.dashboards.get("dlc4stillrunning")
    assert caught.value.kind == "invalid"


def test_an_answer_without_an_address_is_an_empty_one() -> None:
    assert Dashboard.of({"url": None}) == ("", False)
