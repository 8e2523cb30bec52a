"""Jobs over workspaces, against the emulator: nothing twice, nothing lost, and an empty list says how to widen it."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.workflows.team_jobs import EVER, scope


def ids(found: dict[str, Any]) -> list[str]:
    return [job["job_id"] for job in found["jobs"]]


async def one_by_one(agent: Any) -> set[str]:
    listed = await agent.facts("list_workspaces")
    found: set[str] = set()
    for workspace in listed["workspaces"]:
        of_it = {"workspace_id": workspace["workspace_id"], "show_own": False, "start_time": EVER, "limit": 100}
        found |= set(ids(await agent.facts("list_jobs", **of_it)))
    return found


async def test_the_teams_jobs_of_all_workspaces_come_newest_first_and_page_by_page(agent: Any) -> None:
    await agent.job(workspace_id="234567", display_name="elsewhere")
    everywhere = await agent.facts("list_jobs", show_own=False, start_time=EVER, limit=100)
    assert set(ids(everywhere)) == await one_by_one(agent)
    created = [job["created"] for job in everywhere["jobs"]]
    assert created == sorted(created, reverse=True)
    assert len({job["workspace_id"] for job in everywhere["jobs"]}) > 1
    paged: list[str] = []
    while len(paged) < everywhere["total"]:
        paged += ids(await agent.facts("list_jobs", show_own=False, start_time=EVER, limit=3, offset=len(paged)))
    assert paged == ids(everywhere)


async def test_ones_own_jobs_of_all_workspaces_are_one_call(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(workspace_id="234567", display_name="elsewhere")
    assert job_id in ids(await agent.facts("list_jobs"))
    (sent,) = [request.query for request in emulator.requests if request.action == "ListJobs"][-1:]
    assert (sent["FromAllWorkspaces"], sent["ShowOwn"]) == ("True", "True")


async def test_a_workspace_that_may_not_be_read_is_left_out(agent: Any, emulator: Emulator) -> None:
    for workspace in emulator.account.workspaces:  # any may be asked first: that is the one that may not be read
        job = emulator.account.jobs[await agent.job(display_name=workspace["WorkspaceId"])]
        job.body["WorkspaceId"] = workspace["WorkspaceId"]  # one of them takes no new jobs
    before = await agent.facts("list_jobs", show_own=False, start_time=EVER)
    emulator.faults.add(Fault("ListJobs", "no_permission"))
    after = await agent.facts("list_jobs", show_own=False, start_time=EVER)
    assert after["total"] < before["total"]
    assert set(ids(after)) < set(ids(before))


async def test_an_empty_list_names_what_would_widen_it(agent: Any) -> None:
    found = await agent.facts("list_jobs", workspace_id="234567", status="Failed", display_name="nothing-like-it")
    assert found["note"] == (
        "nothing among: your own jobs (show_own=false shows the team's), "
        "created in the last 7 days (start_time=1970-01-01T00:00:00Z shows all), workspace_id=234567 (leave it out), "
        "status=Failed (leave it out), display_name=nothing-like-it (leave it out)"
    )


@pytest.mark.parametrize(
    ("changes", "total", "said"),
    [
        ({"ShowOwn": False, "StartTime": EVER}, 3, None),
        ({"ShowOwn": True, "StartTime": EVER}, 3, "your own jobs (show_own=false shows the team's)"),
        ({"ShowOwn": False}, 3, f"created in the last 7 days (start_time={EVER} shows all)"),
        (
            {"ShowOwn": False, "StartTime": "2026-01-01T00:00:00Z"},
            3,
            f"created after 2026-01-01T00:00:00Z (start_time={EVER} shows all)",
        ),
        ({"ShowOwn": False, "StartTime": EVER}, 0, "nothing among: all jobs of your workspaces in this region"),
    ],
)
def test_the_scope_of_a_list_is_said(changes: dict[str, Any], total: int, said: str | None) -> None:
    names = ("WorkspaceId", "Status", "DisplayName", "JobType", "ResourceId", "ShowOwn", "StartTime", "EndTime")
    assert scope({**dict.fromkeys(names), **changes}, total) == said
