"""Lists training jobs and reads one."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import anyio.to_thread
from pydantic import BeforeValidator, Field

from pai_dlc_mcp.server.budget.limits import shrink
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.ids import is_path_segment
from pai_dlc_mcp.server.cloud.jobs import Job, JobSummary, Pod, Spec
from pai_dlc_mcp.server.cloud.times import Time, to_utc
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, FreshJob
from pai_dlc_mcp.server.protocol.reply import STREAM_TOKENS, Facts, ForeignName, ForeignText, Listing, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.incarnations import earlier, exit_code, exits
from pai_dlc_mcp.server.rules.pods import by_importance
from pai_dlc_mcp.server.rules.redacted_view import project, showable
from pai_dlc_mcp.server.workflows import team_jobs
from pai_dlc_mcp.tools.params import (
    JobId,
    JobType,
    Limit,
    Moment,
    Offset,
    QuotaId,
    Region,
    Status,
    WorkspaceId,
)

tools = Toolset("core")

_PODS_SHOWN = 20
_INCARNATIONS_SHOWN = 12
_EVENTS = 2000  # events searched for exit codes
_LATE = datetime.max.replace(tzinfo=UTC)


def specs_of(value: object) -> str:
    """`Worker 4 x ecs.gn7e-c16g1.4xlarge`; on a quota `Worker 4 x 8 GPU 96 CPU 1000Gi`."""
    specs = cast("Iterable[Spec]", value)
    return ", ".join(f"{spec.type} {spec.pod_count} x {spec.compute}" for spec in specs)


Specs = Annotated[str, BeforeValidator(specs_of)]


class JobRow(Row):
    job_id: str
    display_name: ForeignName
    status: str
    job_type: str
    workspace_id: str
    resource_id: str | None = None
    specs: Specs
    created: Time | None = None
    finished: Time | None = None
    reason_code: str | None = None


class JobList(Listing):
    rows = "jobs"

    jobs: list[JobRow]


class PodRow(Row):
    pod_id: str
    status: str
    started: Time | None = None
    finished: Time | None = None
    node: str | None = None
    restarts: int | None = None


class IncarnationRow(Row):
    """A pod before a restart."""

    pod_id: str
    pod_uid: str
    node: str | None = None
    started: Time | None = None
    ended: Time | None = None
    status: str
    exit_code: int | None = None


class JobFacts(Facts):
    """With `fields` only the job's id and status, and `detail`."""

    job_id: str
    display_name: ForeignName | None = None
    status: str
    sub_status: str | None = None
    job_type: str | None = None
    workspace_id: str | None = None
    resource_id: str | None = None
    priority: int | None = None
    accessibility: str | None = None
    description: ForeignText | None = None
    reason_code: str | None = None
    reason: ForeignText | None = None
    created: Time | None = None
    running_since: Time | None = None
    finished: Time | None = None
    specs: Specs | None = None
    images: Verbatim | None = None
    command: Verbatim | None = None
    env_names: list[str] | None = None
    restarts: str | None = None
    pods_total: int | None = None
    pods: list[PodRow] | None = None
    earlier_incarnations: list[IncarnationRow] | None = None
    console: str | None = None
    detail: dict[str, object] | None = None


@tools.read("List training jobs")
async def list_jobs(
    cloud: Cloud,
    workspace_id: WorkspaceId | None = None,
    status: Annotated[Status | None, Field(description="Only jobs in it.")] = None,
    display_name: Annotated[str | None, Field(description="Part of the name.")] = None,
    job_type: JobType | None = None,
    resource_id: QuotaId | None = None,
    show_own: Annotated[bool, Field(description="false: the team's.")] = True,
    start_time: Annotated[Moment | None, Field(description="Created after; default 7 days ago.")] = None,
    end_time: Annotated[Moment | None, Field(description="Created before.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> JobList:
    """List training jobs, newest first. By default only your own, created in the last 7 days; start_time and
    show_own=false widen that. Use get_job for one job's pods, reason and command."""
    filters = {
        "WorkspaceId": workspace_id,
        "Status": status,
        "DisplayName": display_name,
        "JobType": job_type,
        "ResourceId": resource_id,
        "ShowOwn": show_own,
        "StartTime": to_utc(start_time),
        "EndTime": to_utc(end_time),
        "SortBy": "GmtCreateTime",
        "Order": "desc",
    }
    page = await team_jobs.list_jobs(cloud, filters, offset, limit)
    return JobList.of(page, note=team_jobs.scope(filters, page.total))


@tools.read("Get a training job")
async def get_job(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    detail: Annotated[bool, Field(description="Also every field the API returns.")] = False,
    fields: Annotated[list[str] | None, Field(description="Only these of the API's, e.g. Pods.PodId.")] = None,
    region: Region = None,
) -> JobFacts:
    """Get one job: status, reason, times, specs, pods, and pods before a restart. Env values are never shown. Why it
    failed or waits says diagnose_job."""
    shown: Any = None
    if detail or fields:
        shown = await anyio.to_thread.run_sync(showable, job.raw, of_call())  # may have megabytes
    if fields and shown:
        part = shrink(project(shown, fields), STREAM_TOKENS)[0]
        return JobFacts(job_id=job_id, status=job.status, detail=part)
    pods = by_importance(job)[:_PODS_SHOWN]
    before = await _incarnations(cloud, job_id, job)
    return JobFacts.model_validate(
        {
            **dict(job),
            "reason": job.reason,
            "images": ", ".join(dict.fromkeys(spec.image for spec in job.specs)),
            "env_names": sorted(job.envs),
            "pods_total": len(job.pods),
            "pods": [_pod_row(pod) for pod in pods],
            "earlier_incarnations": before[:_INCARNATIONS_SHOWN] or None,
            "console": console(cloud.region, job),
            "detail": shrink(shown, STREAM_TOKENS)[0] if shown else None,
            "note": "; ".join(_notes(job, len(pods), len(before))) or None,
        }
    )


def _notes(job: Job, pods: int, incarnations: int) -> Iterator[str]:
    if pods < len(job.pods):
        yield f"{pods} of {len(job.pods)} pods, failed ones first"
    if incarnations > _INCARNATIONS_SHOWN:
        yield f"{_INCARNATIONS_SHOWN} of {incarnations} earlier incarnations, the latest and their failed ones first"


async def _incarnations(cloud: CloudInRegion, job_id: str, job: Job) -> list[IncarnationRow]:
    """Earlier incarnations, latest first; of one restart the failed ones first. Exit codes are in the job's events
    only, which are read if there was a restart; without them the rows have no exit code."""
    lives = [(pod, one) for pod in job.pods for one in earlier(pod)]
    if not lives:
        return []
    try:
        codes = exits(await cloud.events.job(job_id, since=job.created, max_events=_EVENTS))
    except CloudError:
        codes = ()
    rows = [
        IncarnationRow(
            pod_id=pod.pod_id,
            pod_uid=one.uid,
            node=one.node,
            started=one.started,
            ended=one.finished,
            status=one.status,
            exit_code=exit_code(codes, pod.pod_id, one),
        )
        for pod, one in lives
    ]
    ages = {one.uid: age for pod in job.pods for age, one in enumerate(earlier(pod))}
    return sorted(rows, key=lambda row: (ages[row.pod_uid], row.status != "Failed", row.ended or _LATE))


def _pod_row(pod: Pod) -> PodRow:
    return PodRow(
        pod_id=pod.pod_id,
        status=pod.status if pod.sub_status in (None, "Normal") else f"{pod.status} ({pod.sub_status})",
        started=pod.started,
        finished=pod.finished,
        node=pod.node,
        restarts=len(pod.history) or None,
    )


def console(region: str, job: JobSummary) -> str:
    """URL of the job in the PAI console."""
    workspace_id, job_id = (found if is_path_segment(found) else "" for found in (job.workspace_id, job.job_id))
    return f"https://pai.console.aliyun.com/?regionId={region}&workspaceId={workspace_id}#/dlc/jobs/{job_id}/overview"
