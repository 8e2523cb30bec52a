"""Values for the arguments of prompts and of resource templates. A completion never fails: it has values or none."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from pai_dlc_mcp.resources.guides import TITLES
from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.deps import App, CloudInRegion
from pai_dlc_mcp.server.door import Server
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_types import JOB_TYPES, STATUSES
from pai_dlc_mcp.server.workflows.team_jobs import EVER

_MOST = 100  # values; the protocol's limit

Given = Mapping[str, str]
"""The arguments that are filled in already."""


async def _jobs(cloud: CloudInRegion, _: Given) -> Sequence[str]:
    """One's own jobs, the newest first."""
    filters = {
        "ShowOwn": True,
        "FromAllWorkspaces": True,
        "StartTime": EVER,
        "SortBy": "GmtCreateTime",
        "Order": "desc",
    }
    return [job.job_id for job in (await cloud.jobs.list(filters, limit=_MOST)).items]


async def _pods(cloud: CloudInRegion, given: Given) -> Sequence[str]:
    job_id = given.get("job_id")
    return [pod.pod_id for pod in (await cloud.jobs.get(job_id)).pods] if job_id else []


async def _workspaces(cloud: CloudInRegion, _: Given) -> Sequence[str]:
    return [workspace.workspace_id for workspace in (await cloud.workspaces.list(limit=_MOST)).items]


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


def add(server: Server, app: App, _: Collection[str]) -> None:
    """Answers completion/complete by the name of the argument, whatever it is an argument of."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - registered
        _: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        given = (context.arguments if context else None) or {}
        values = await _values(app, argument.name, given)
        typed = argument.value.lower()
        found = [value for value in values if value.lower().startswith(typed)]
        found += [value for value in values if typed in value.lower() and value not in found]
        return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)


async def _values(app: App, name: str, given: Given) -> Sequence[str]:
    if name in _FIXED:
        return _FIXED[name]
    look = _LOOKED_UP.get(name)
    if look is None:
        return ()
    try:
        return await look(CloudInRegion(app, endpoints.resolve_region(given.get("region"), app.settings)), given)
    except Failure:  # no permission, no region, no such job: nothing to offer
        return ()
