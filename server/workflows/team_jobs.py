"""Lists jobs of several workspaces: ListJobs returns a team's jobs for one workspace only."""

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Any

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.cloud.paging import Page, whole
from pai_dlc_mcp.server.deps import CloudInRegion

_WORKSPACES = 20  # workspaces read, newest first
_AT_ONCE = 8
_PAGE = 100
EVER = "1970-01-01T00:00:00Z"
_NARROWS = {
    "WorkspaceId": "workspace_id",
    "Status": "status",
    "DisplayName": "display_name",
    "JobType": "job_type",
    "ResourceId": "resource_id",
    "EndTime": "end_time",
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def list_jobs(cloud: CloudInRegion, filters: Mapping[str, Any], offset: int, limit: int) -> Page[JobSummary]:
    """One page of jobs, newest first. Without a WorkspaceId: the caller's own jobs of all workspaces in one request, or
    the team's jobs of each workspace, merged. Raises CloudError; workspaces that the caller may not read are left
    out."""
    if filters["WorkspaceId"]:
        return await cloud.jobs.list(filters, offset, limit)
    if filters["ShowOwn"]:
        return await cloud.jobs.list({**filters, "FromAllWorkspaces": True}, offset, limit)
    workspaces = (await cloud.workspaces.list(limit=_WORKSPACES)).items
    found: list[JobSummary] = []
    totals: list[int] = []
    notes: list[str] = []
    limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def look(workspace_id: str) -> None:
        def ask(start: int, size: int) -> Awaitable[Page[JobSummary]]:
            return cloud.jobs.list({**filters, "WorkspaceId": workspace_id}, start, size)

        async with limiter:
            try:
                page = await whole(ask, -(-(offset + limit) // _PAGE))
            except CloudError as error:
                if error.kind != "permission":
                    raise
                return
        found.extend(page.items)
        totals.append(page.total)
        notes.extend([f"in workspace {workspace_id} {page.note}"] if page.note else [])

    async with anyio.create_task_group() as group:
        for workspace in workspaces:
            group.start_soon(look, workspace.workspace_id)
    found.sort(key=lambda job: job.created or _LONG_AGO, reverse=True)
    return Page(found[offset : offset + limit], offset, sum(totals), note=", ".join(notes) or None)


def scope(filters: Mapping[str, Any], total: int) -> str | None:
    """What the list covers and how to widen it; for an empty list also the filters."""
    said = ["your own jobs (show_own=false shows the team's)"] if filters["ShowOwn"] else []
    since = filters["StartTime"]
    if since != EVER:
        said.append(f"created {f'after {since}' if since else 'in the last 7 days'} (start_time={EVER} shows all)")
    if total:
        return ", ".join(said) or None
    said += [f"{name}={filters[key]} (leave it out)" for key, name in _NARROWS.items() if filters[key]]
    return f"nothing among: {', '.join(said) or 'all jobs of your workspaces in this region'}"
