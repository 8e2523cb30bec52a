"""The possible values of an argument of a prompt or resource template, by the argument's name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from pai_dlc_mcp.resources.guides import TITLES
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.ids import is_path_segment
from pai_dlc_mcp.server.deps import App, CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_types import JOB_TYPES, STATUSES
from pai_dlc_mcp.server.workflows.team_jobs import EVER

MOST = 100  # values in a completion; limit of the protocol

Given = Mapping[str, str]
"""The arguments that have values already."""


async def _jobs(cloud: CloudInRegion, _: Given) -> Sequence[str]:
    """The caller's own jobs, newest first."""
    filters = {
        "ShowOwn": True,
        "FromAllWorkspaces": True,
        "StartTime": EVER,
        "SortBy": "GmtCreateTime",
        "Order": "desc",
    }
    return [job.job_id for job in (await cloud.jobs.list(filters, limit=MOST)).items]


async def _pods(cloud: CloudInRegion, given: Given) -> Sequence[str]:
    job_id = given.get("job_id")
    return [pod.pod_id for pod in (await cloud.jobs.get(job_id)).pods] if job_id else []


async def _workspaces(cloud: CloudInRegion, _: Given) -> Sequence[str]:
    return [workspace.workspace_id for workspace in (await cloud.workspaces.list(limit=MOST)).items]


_FIXED: Mapping[str, Sequence[str]] = {
    "region": sorted(endpoints.REGIONS),
    "job_type": JOB_TYPES,
    "status": STATUSES,
    "name": tuple(TITLES),
}
_LOOKED_UP: Mapping[str, Callable[[CloudInRegion, Given], Awaitable[Sequence[str]]]] = {
    "job_id": _jobs,
    "other_job_id": _jobs,
    "pod_id": _pods,
    "workspace_id": _workspaces,
}


async def values(app: App, name: str, given: Given) -> Sequence[str]:
    """All values for an argument of this name. Values that do not have the form of an id, or are secret, are left out:
    a completion does not go through door.py and has no fence."""
    if name in _FIXED:
        return _FIXED[name]
    look = _LOOKED_UP.get(name)
    if look is None:
        return ()
    try:
        found = await look(CloudInRegion(app, endpoints.resolve_region(given.get("region"), app.settings)), given)
        return [value for value in found if is_path_segment(value) and of_call().text(value) == value]
    except Failure:  # no permission, no region or no such job
        return ()
