"""Opt-in: several jobs at once, and deleting one."""

from typing import Annotated

from mcp.server.mcpserver import ElicitationResult, Resolve
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from pai_dlc_mcp.server.cloud.errors import CloudError, missing
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Cloud, FreshJob, GateDep
from pai_dlc_mcp.server.protocol.reply import facts
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.types import Preview, Refusal, Yes
from pai_dlc_mcp.server.workflows.permit import Gated, asking
from pai_dlc_mcp.tools.change import stop_and_watch
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Region

tools = Toolset("admin")

JobIds = Annotated[list[JobId], Field(min_length=1, max_length=10, description="From list_jobs.")]


class DeleteReply(Gated):
    job_id: str
    job_status: str


class JobOutcome(BaseModel):
    """`outcome`: stopped, stopping, stop_requested, skipped (was not to be stopped) or failed."""

    job_id: str
    outcome: str
    why: str | None = None


class StopManyReply(Gated):
    jobs: list[JobOutcome]


async def _delete_preview(job: FreshJob, cloud: Cloud) -> Preview | None:
    return questions.delete(job, cloud.region) if job.terminal else None


@tools.destroy("Delete a training job")
async def delete_job(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    gate: GateDep,
    preview: Annotated[Preview | None, Resolve(_delete_preview)],
    answer: Annotated[ElicitationResult[Yes], Resolve(asking(_delete_preview))],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> Annotated[CallToolResult, DeleteReply]:
    """Delete a finished job's record, logs and events for good, after asking the user. A live job has to be stopped
    first, with stop_job."""
    about = {"job_id": job_id, "job_status": job.status}
    if preview is None:
        reason = f"The job is {job.status}: only a finished job can be deleted."
        return facts(cloud, DeleteReply(**about, status="not_executed", reason=reason, next="stop_job stops it."))

    async def reread() -> Preview | None:
        return await _delete_preview(await cloud.jobs.get(job_id), cloud)

    async def act() -> DeleteReply:
        await cloud.send(cloud.jobs.delete(job_id))
        return DeleteReply(**about, status="deleted" if await missing(cloud.jobs.get(job_id)) else "delete_requested")

    done = await gate.pass_through(preview, answer, reread=reread, act=act)
    return facts(cloud, DeleteReply(**about, **dict(done)) if isinstance(done, Refusal) else done)


async def _jobs(job_ids: list[str], cloud: Cloud) -> list[Job]:
    """The jobs named, in the order given, each once."""
    return [await cloud.jobs.get(job_id) for job_id in dict.fromkeys(job_ids)]


FreshJobs = Annotated[list[Job], Resolve(_jobs)]


async def _stop_many_preview(jobs: FreshJobs, cloud: Cloud) -> Preview | None:
    live = [job for job in jobs if job.status in questions.STOPPABLE]
    return questions.stop_many(live, cloud.region) if live else None


@tools.destroy("Stop several training jobs")
async def stop_jobs(
    job_ids: JobIds,
    jobs: FreshJobs,
    cloud: Cloud,
    gate: GateDep,
    preview: Annotated[Preview | None, Resolve(_stop_many_preview)],
    answer: Annotated[ElicitationResult[Yes], Resolve(asking(_stop_many_preview))],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> Annotated[CallToolResult, StopManyReply]:
    """Stop up to 10 running or queuing jobs with one question to the user. If any of them changes while the question is
    open, none is stopped. For one job use stop_job."""
    skipped = [
        JobOutcome(job_id=job.job_id, outcome="skipped", why=f"it is {job.status}")
        for job in jobs
        if job.status not in questions.STOPPABLE
    ]
    if preview is None:
        return facts(cloud, StopManyReply(status="nothing_to_stop", jobs=skipped))

    async def reread() -> Preview | None:
        return await _stop_many_preview(await _jobs(job_ids, cloud), cloud)

    async def act() -> StopManyReply:
        done: list[JobOutcome] = []
        for job_id in preview.ids:
            try:
                done.append(JobOutcome(job_id=job_id, outcome=(await stop_and_watch(cloud, job_id)).status))
            except CloudError as error:
                done.append(JobOutcome(job_id=job_id, outcome="failed", why=error.what))
        failed = any(one.outcome == "failed" for one in done)
        return StopManyReply(status="partly_done" if failed else "done", jobs=[*done, *skipped])

    done = await gate.pass_through(preview, answer, reread=reread, act=act)
    return facts(cloud, StopManyReply(jobs=skipped, **dict(done)) if isinstance(done, Refusal) else done)
