"""Tags of jobs, through a real client."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator

JOBS = ["dlc1succeeded001", "dlc2outofmemory2"]


@pytest.fixture
def tags(connect: Any) -> Any:
    return connect(toolsets="dashboards")


def tags_of(emulator: Emulator, job_id: str) -> dict[str, str]:
    return emulator.account.jobs[job_id].body["Settings"]["Tags"]


async def test_tags_are_put_on_jobs_and_taken_off_by_key(tags: Any, emulator: Emulator) -> None:
    done = await tags.facts("tag_resources", job_ids=JOBS, tags={"cost": "42", "team": "vision"})
    assert (done["status"], done["job_ids"], done["keys"]) == ("tagged", JOBS, ["cost", "team"])
    assert [tags_of(emulator, job) for job in JOBS] == [{"team": "vision", "cost": "42"}] * 2
    gone = await tags.facts("untag_resources", job_ids=JOBS, tag_keys=["cost"])
    assert gone["status"] == "untagged"
    assert [tags_of(emulator, job) for job in JOBS] == [{"team": "vision"}] * 2


@pytest.mark.parametrize("key", ["aliyun-team", "acs:x", "http://x", "mcp-request-id", "mcp-arguments", "", "k" * 129])
async def test_a_reserved_key_is_refused_unsent(key: str, tags: Any, emulator: Emulator) -> None:
    for tool, arguments in (("tag_resources", {"tags": {key: "1"}}), ("untag_resources", {"tag_keys": [key]})):
        assert "cannot be a tag's key" in await tags.error(tool, job_ids=JOBS, **arguments)
    assert not emulator.requests


@pytest.mark.parametrize(
    ("tool", "arguments"), [("tag_resources", {"tags": {"cost": "42"}}), ("untag_resources", {"tag_keys": ["team"]})]
)
async def test_one_unknown_job_leaves_the_others_as_they_were(
    tool: str, arguments: dict[str, Any], tags: Any, emulator: Emulator
) -> None:
    said = await tags.error(tool, job_ids=[JOBS[0], "dlc0000000000000"], **arguments)
    assert "http_status: 404" in said
    assert tags_of(emulator, JOBS[0]) == {"team": "llm"}


async def test_more_jobs_than_the_service_takes_are_refused_unsent(tags: Any, emulator: Emulator) -> None:
    many = [f"dlc{n:013}" for n in range(51)]
    assert "job_ids" in await tags.error("tag_resources", job_ids=many, tags={"cost": "42"})
    assert not emulator.requests
