"""Quotas: the resources of a team, and a job's place in the queue for them."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.quotas import Diagnosis, Quota, Workload
from pai_dlc_mcp.server.cloud.times import Time
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.queueing import blocked_by, demand, strategy
from pai_dlc_mcp.server.rules.resources import gib, number
from pai_dlc_mcp.server.workflows.capacity import refused
from pai_dlc_mcp.tools.params import JobId, Offset, Region, WorkspaceId

tools = Toolset("quotas")


class QuotaRow(Row):
    """`gpu`, `cpu` and `memory` are `32 used, 32 free, 64 total`; memory in GiB."""

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
    """`status`: queued, not_queued, no_queue (pay-as-you-go), or unknown if the service does not say. `blocked_by`: the
    quota's diagnosis; short = asked - (limit - used)."""

    job_id: str | None = None
    job_status: str | None = None
    status: Literal["queued", "not_queued", "no_queue", "unknown"]
    said: str | None = None
    quota_id: str | None = None
    asks: str | None = None
    waits_since: Time | None = None
    position: int | None = None
    priority: int | None = None
    queue_strategy: str | None = None
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
    """List resource quotas with what is used, free and there in all. The quota_id goes into create_job's resource_id.
    Whether a pod fits on a node, and who holds what, is in get_capacity."""
    found = await cloud.quotas.list({"WorkspaceIds": workspace_id, "QuotaName": name}, resource_type)
    page = found._replace(items=found.items[offset:], offset=offset)
    return QuotaList.of(page, quotas=[_quota_row(quota) for quota in page.items])


@tools.read("Get a job's place in the queue")
async def get_queue_position(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> QueueReply:
    """Get a Queuing job's place in its quota's queue and what holds it: limits with the gap, jobs ahead, nodes, and
    what the queue's strategy does. A pay-as-you-go job has no queue: see get_job_events."""
    if not job.resource_id:
        said = "Pay-as-you-go: only jobs on a quota have a place in a queue. What it waits for is in get_job_events."
        return QueueReply(job_id=job_id, job_status=job.status, status="no_queue", said=said)
    if job.terminal:
        return _not_queued(job)
    try:
        place = await cloud.quotas.workload(job.resource_id, job_id)
    except CloudError as error:
        return _unknown(job, error)
    if place is None or not place.waiting:
        return _not_queued(job)
    try:
        return _queued(job, place, await cloud.quotas.diagnosis(job.resource_id, job_id))
    except CloudError as error:
        return _queued(job, place, error)


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
        memory=_of(taken.memory, total.memory, gib),
        workspaces=", ".join(workspace.workspace_id for workspace in quota.workspaces) or None,
    )


def _of(taken: str | None, total: str | None, read: Callable[[str | None], float] = number) -> str | None:
    """`32 used, 32 free, 64 total`. The service omits the used amount if nothing is used."""
    used, whole = read(taken), read(total)
    return f"{used:g} used, {max(0, whole - used):g} free, {whole:g} total" if total else None


def _not_queued(job: Job) -> QueueReply:
    said = f"The job is {job.status} and not in the queue of its quota."
    return QueueReply(
        job_id=job.job_id, job_status=job.status, status="not_queued", quota_id=job.resource_id, said=said
    )


def _unknown(job: Job, error: CloudError) -> QueueReply:
    """The job's own fields, if the queue cannot be read."""
    return QueueReply(
        job_id=job.job_id,
        job_status=job.status,
        status="unknown",
        said=f"The queue could not be read: {refused(error)}.",
        quota_id=job.resource_id,
        asks=_asks(job),
        waits_since=job.created,
        priority=job.priority,
    )


def _queued(job: Job, place: Workload, diagnosis: Diagnosis | CloudError) -> QueueReply:
    known = None if isinstance(diagnosis, CloudError) else diagnosis
    return QueueReply(
        job_id=job.job_id,
        job_status=job.status,
        status="queued",
        said=None if known else f"The quota's diagnosis could not be read: {refused(diagnosis)}.",
        quota_id=job.resource_id,
        asks=_asks(job),
        waits_since=place.enqueued or job.created,
        position=place.position,
        priority=place.priority,
        queue_strategy=strategy(place.strategy),
        position_since=place.moved if place.moved != place.enqueued else None,
        code=place.code,
        reason=place.reason,
        blocked_by=list(blocked_by(known, demand(job))) if known else None,
    )


def _asks(job: Job) -> str:
    """`16 x 8 GPU 96 CPU 1000Gi`."""
    return ", ".join(f"{spec.pod_count} x {spec.compute}" for spec in job.specs)
