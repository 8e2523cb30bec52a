"""Quotas: the resources a team has, and a job's place in the queue for them."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.cloud import quotas
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.cloud.quotas import Diagnosis, Quota, Workload
from pai_dlc_mcp.server.cloud.times import Time
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, Offset, Region, WorkspaceId

tools = Toolset("quotas")

_JOBS_NAMED = 10  # of those ahead
_LIMITS = {
    "SelfQuotaLimit": "the quota is used up",
    "AncestorQuotaLimit": "a quota above it is used up",
    "UserLimit": "its user's limit is reached",
    "QueueStrategyLimit": "jobs ahead of it wait too",
}


class QuotaRow(Row):
    """`gpu`, `cpu` and `memory` are `32 of 64`: taken by placed jobs, and in all."""

    quota_id: str
    name: ForeignName
    status: str
    resource_type: str | None = None
    gpu_type: str | None = None
    gpu: str | None = None
    cpu: str | None = None
    memory: str | None = None
    workspaces: str | None = None


class QuotaList(Listing):
    rows = "quotas"

    quotas: list[QuotaRow]


class QueueReply(Facts):
    """`status`: queued, not_queued, or no_queue for a pay-as-you-go job. `blocked_by` is the quota's own diagnosis."""

    job_id: str | None = None
    job_status: str | None = None
    status: Literal["queued", "not_queued", "no_queue"]
    said: str | None = None
    quota_id: str | None = None
    position: int | None = None
    priority: int | None = None
    queue_strategy: str | None = None
    enqueued: Time | None = None
    position_since: Time | None = None
    code: str | None = None
    reason: ForeignText | None = None
    blocked_by: list[ForeignText] | None = None


@tools.read("List quotas")
async def list_quotas(
    cloud: Cloud,
    workspace_id: WorkspaceId | None = None,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    resource_type: Annotated[
        Literal["Lingjun", "ECS", "ACS"] | None, Field(description="Only quotas of these machines.")
    ] = None,
    offset: Offset = 0,
    region: Region = None,
) -> QuotaList:
    """List resource quotas with what is used of them. The quota_id goes into create_job's resource_id. Use it before
    creating a quota job, and to see whether a waiting one can start."""
    found = await cloud.quotas.list({"WorkspaceIds": workspace_id, "QuotaName": name}, resource_type)
    page = Page(found[offset:], offset, len(found))
    return QuotaList.of(page, quotas=[_quota_row(quota) for quota in page.items])


@tools.read("Get a job's place in the queue")
async def get_queue_position(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> QueueReply:
    """Get a Queuing job's place in its quota's queue and what it waits for: limits, jobs ahead, nodes. update_job can
    raise its priority. A pay-as-you-go job has no queue: see get_job_events."""
    if not job.resource_id:
        said = "Pay-as-you-go: only jobs on a quota have a place in a queue. What it waits for is in get_job_events."
        return QueueReply(job_id=job_id, job_status=job.status, status="no_queue", said=said)
    place = None if job.terminal else await cloud.quotas.workload(job.resource_id, job_id)
    if place is None or not place.waiting:
        return _not_queued(job)
    diagnosis = await cloud.quotas.diagnosis(job.resource_id, job_id)
    return _queued(job, place, diagnosis)


def _quota_row(quota: Quota) -> QuotaRow:
    total, taken = quota.details.total, quota.details.allocated
    return QuotaRow(
        quota_id=quota.quota_id,
        name=quota.name,
        status=quota.status,
        resource_type=quota.resource_type,
        gpu_type=quota.gpu_type,
        gpu=_of(taken.gpu, total.gpu),
        cpu=_of(taken.cpu, total.cpu),
        memory=_of(taken.memory, total.memory),
        workspaces=", ".join(workspace.workspace_id for workspace in quota.workspaces) or None,
    )


def _of(taken: str | None, total: str | None) -> str | None:
    return f"{taken or '?'} of {total}" if total else None


def _not_queued(job: Job) -> QueueReply:
    said = f"The job is {job.status} and not in the queue of its quota."
    return QueueReply(
        job_id=job.job_id, job_status=job.status, status="not_queued", quota_id=job.resource_id, said=said
    )


def _queued(job: Job, place: Workload, diagnosis: Diagnosis | None) -> QueueReply:
    blocked_by = list(_blocked_by(diagnosis)) if diagnosis else None
    return QueueReply(
        job_id=job.job_id,
        job_status=job.status,
        status="queued",
        said=None if diagnosis else "The quota gives no diagnosis: the job just left the queue, or you may not ask.",
        quota_id=job.resource_id,
        position=place.position,
        priority=place.priority,
        queue_strategy=place.strategy,
        enqueued=place.enqueued,
        position_since=place.moved,
        code=place.code,
        reason=place.reason,
        blocked_by=blocked_by,
    )


def _blocked_by(diagnosis: Diagnosis) -> Iterator[str]:
    """A sentence each for what holds the job back."""
    for name, limit in diagnosis.limits.items():
        if limit.status == "Failed":
            yield f"{_LIMITS.get(name, name)}{_figures(limit)}"
    placement = diagnosis.placement
    if placement and placement.status == "Failed":
        yield f"nodes for {placement.fitting} of {placement.pods} pods are free"
        for unfit in placement.unfit:
            yield f"{unfit.reason}: {len(unfit.nodes)} nodes"


def _figures(limit: quotas.Limit) -> str:
    figures = [f"{name} {limit.used.get(name, '?')} of {limit.limit.get(name, '?')}" for name in limit.exceeded]
    named = list(limit.jobs[:_JOBS_NAMED])
    more = [f"and {len(limit.jobs) - len(named)} more"] if len(limit.jobs) > len(named) else []
    said = ", ".join([*figures, *named, *more])
    return f": {said}" if said else ""
