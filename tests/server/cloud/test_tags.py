"""Tag operations against the emulator."""

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.deps import CloudInRegion

JOBS = ["dlc1succeeded001", "dlc2outofmemory2"]


async def tags_of(cloud: CloudInRegion, job_id: str) -> dict[str, str]:
    return (await cloud.jobs.get(job_id)).settings.tags


async def test_tags_are_added_to_what_is_there_and_removed_by_key(cloud: CloudInRegion, emulator: Emulator) -> None:
    await cloud.send(cloud.tags.add(JOBS, {"cost": "42", "team": "vision"}))
    assert emulator.requests[-1].sent() == {
        "RegionId": "cn-hangzhou",
        "ResourceType": "Job",
        "ResourceId": JOBS,
        "Tag": [{"Key": "cost", "Value": "42"}, {"Key": "team", "Value": "vision"}],
    }
    assert [await tags_of(cloud, job) for job in JOBS] == [{"team": "vision", "cost": "42"}] * 2
    await cloud.send(cloud.tags.remove(JOBS, ["cost"]))
    assert "All" not in emulator.requests[-1].query
    assert [await tags_of(cloud, job) for job in JOBS] == [{"team": "vision"}] * 2


async def test_one_unknown_job_leaves_all_of_them_as_they_were(cloud: CloudInRegion) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.send(cloud.tags.add([JOBS[0], "dlc0000000000000"], {"cost": "42"}))
    assert caught.value.kind == "not_found"
    assert await tags_of(cloud, JOBS[0]) == {"team": "llm"}
