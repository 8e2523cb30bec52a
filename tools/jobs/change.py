"""Changes of a training job. Those that cannot be undone need a confirmation."""

from collections.abc import Awaitable
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Cloud, Progress, Reporting
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import updates
from pai_dlc_mcp.server.rules.updates import PodsChange
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.workflows import polling
from pai_dlc_mcp.server.workflows.permit import Ended, Gated, Look, Permit, Plan, asking
from pai_dlc_mcp.tools.jobs.read import console
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Region

tools = Toolset("core")

_STOP_SECONDS, _UPDATE_SECONDS = 60, 60  # seconds to wait for a change before the reply
_BEGUN_SECONDS = 10  # seconds to wait for each of several stops
_AFTER_STOP = {
    "stopping": "get_job shows when it is Stopped.",
    "stop_requested": "The service accepted the stop but the job does not show it yet: look again with get_job.",
}


class UpdateReply(Gated):
    """`applied`: read back from the job. `pending`: accepted, not visible yet."""

    job_id: str
    workspace_id: str
    job_status: str
    applied: list[str] | None = None
    pending: list[str] | None = None


class StopReply(Gated):
    """`status`: stopped, stopping or stop_requested, as observed; confirmation_required; not_executed; nothing_to_stop.
    `job_status`: as last read. `console`: URL at which the user can stop the job."""

    job_id: str
    workspace_id: str
    job_status: str
    console: str | None = None


async def _update(
    job_id: str,
    cloud: Cloud,
    priority: int | None,
    accessibility: str | None,
    description: str | None,
    job_specs: list[PodsChange] | None,
    display_name: str | None,
) -> Look[None]:
    """Plans an update. Changes that the service would ignore are refused before the question."""

    async def look() -> Plan[None]:
        if display_name is not None:
            updates.name_never_changes()
        job = await cloud.jobs.get(job_id)
        changes = updates.changes(job, priority, accessibility, description, job_specs)
        removed = updates.removed_pods(job, changes["JobSpecs"]) if "JobSpecs" in changes else 0
        public = changes.get("Accessibility") == "PUBLIC"
        preview = questions.update(job, cloud.region, public=public, removed=removed)
        return Plan(preview, (cloud.jobs.update(job_id, changes),), UpdateReply, _about(job))

    return look


@tools.idempotent_write("Update a training job")
async def update_job(
    job_id: JobId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_update)],
    progress: Reporting,
    priority: Annotated[int | None, Field(ge=1, le=9, description="Quota jobs that do not run yet.")] = None,
    accessibility: Annotated[Literal["PUBLIC", "PRIVATE"] | None, Field(description="Can only widen.")] = None,
    description: Annotated[str | None, Field(description="New text.")] = None,
    job_specs: Annotated[list[PodsChange] | None, Field(description="Elastic jobs: new pod counts.")] = None,
    display_name: SkipJsonSchema[str | None] = None,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> UpdateReply:
    """Change a job's priority, visibility, description or, if elastic, pods. What the service would ignore is refused
    here with the reason. Making it PUBLIC and removing pods ask the user first. A job cannot be renamed."""
    (write,) = permit.writes
    unanswered = await _unanswered(permit.send())
    seen = await polling.until(
        lambda: cloud.jobs.get(job_id),
        lambda job: job.terminal or all(updates.shows(job, *change) for change in write.params.items()),
        _UPDATE_SECONDS,
        cloud.clock,
        progress,
        "the change to show",
    )
    applied = [name for name, value in write.params.items() if updates.shows(seen, name, value)]
    pending = [name for name in write.params if name not in applied]
    if unanswered and not applied:
        raise unanswered
    return UpdateReply(
        **_about(seen),
        status="pending" if pending else "applied",
        applied=applied,
        pending=pending or None,
        next="Accepted but not shown yet, which can take a minute: look again with get_job." if pending else None,
    )


async def _stop(job_id: str, cloud: Cloud) -> Look[None]:
    async def look() -> Plan[None]:
        job = await cloud.jobs.get(job_id)
        writes, about = (cloud.jobs.stop(job_id),), _about(job)
        if job.status in questions.HOLDING:
            about["console"] = console(cloud.region, job)
            return Plan(questions.stop_preparing(job, cloud.region), writes, StopReply, about)
        if job.status not in questions.STOPPABLE:
            raise Ended(_nothing_to_stop(job))
        return Plan(questions.stop(job, cloud.region), writes, StopReply, about)

    return look


@tools.destroy("Stop a training job")
async def stop_job(
    job_id: JobId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_stop)],
    progress: Reporting,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> StopReply:
    """Stop a running or queuing job; in-memory progress is lost. The user is asked first: when it answers
    confirmation_required, put its question to the user and call again with the token only on their yes. A finished
    job is left alone."""
    return await stop_and_watch(cloud, job_id, permit.send(), progress)


async def stop_and_watch(
    cloud: Cloud, job_id: str, stop: Awaitable[None], progress: Progress, *, begun: bool = False
) -> StopReply:
    """Send a StopJob, also if its answer is lost, and wait a bounded time for the job's end; with `begun` only until it
    is Stopping."""
    unanswered = await _unanswered(stop)
    seen = await polling.until(
        lambda: cloud.jobs.get(job_id),
        lambda job: job.terminal or (begun and job.status == "Stopping"),
        _BEGUN_SECONDS if begun else _STOP_SECONDS,
        cloud.clock,
        progress,
        "its end",
    )
    status = {"Stopped": "stopped", "Stopping": "stopping"}.get(seen.status, "stop_requested")
    if unanswered and status == "stop_requested":
        raise unanswered
    return StopReply(**_about(seen), status=status, next=_AFTER_STOP.get(status))


async def _unanswered(write: Awaitable[None]) -> CloudError | None:
    """The error of a write that may have been carried out; None if it was answered."""
    try:
        await write
    except CloudError as error:
        if error.maybe_done:
            return error
        raise
    return None


def _nothing_to_stop(job: Job) -> StopReply:
    if job.terminal or job.status == "Stopping":
        return StopReply(**_about(job), status="nothing_to_stop", reason=f"The job is already {job.status}.")
    return StopReply(
        **_about(job),
        status="not_executed",
        reason=f"The job is {job.status}; only a Running or Queuing job can be stopped.",
        next="Nothing was done. Look again with get_job, and stop it once it is Running or Queuing.",
    )


def _about(job: Job) -> dict[str, Any]:
    return {"job_id": job.job_id, "workspace_id": job.workspace_id, "job_status": job.status}
