"""Changing a training job, behind the gate where it cannot be taken back."""

from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from mcp.types import CallToolResult

from pai_dlc_mcp.server import watch
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import App, Cloud, FreshJob, TheGate
from pai_dlc_mcp.server.reply import Facts, facts
from pai_dlc_mcp.server.safety import previews
from pai_dlc_mcp.server.safety.gate import Passed, Preview, Verdict, Yes
from pai_dlc_mcp.server.toolset import Toolset
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Region

tools = Toolset("core")

_STOP_SECONDS = 10  # how long a stop is watched before it is reported
_AFTER_STOP = {
    "stopping": "get_job shows when it is Stopped.",
    "stop_requested": "The service accepted the stop but the job does not show it yet: look again with get_job.",
}


class StopReply(Facts):
    """`status`: stopped, stopping or stop_requested, as observed; confirmation_required; not_executed; nothing_to_stop.
    `job_status` is the job's when last looked at."""

    job_id: str
    workspace_id: str
    status: str
    job_status: str
    reason: str | None = None
    question: str | None = None
    confirmation_token: str | None = None
    expires_at: str | None = None
    next: str | None = None


async def _ask_stop(
    job: FreshJob, cloud: Cloud, gate: TheGate, ctx: Context[App], confirmation_token: str | None = None
) -> Verdict | Elicit[Yes]:
    if job.status not in previews.STOPPABLE:
        return Verdict("not_possible")
    return await gate.ask(previews.stop(job, cloud.region), ctx, confirmation_token)


@tools.destroy("Stop a training job")
async def stop_job(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    gate: TheGate,
    answer: Annotated[ElicitationResult[Yes], Resolve(_ask_stop)],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> Annotated[CallToolResult, StopReply]:
    """Stop a running or queuing job; in-memory progress is lost. The user is asked first: when it answers
    confirmation_required, put its question to the user and call again with the token only on their yes. A finished
    job is left alone."""

    async def look() -> Job:
        return await cloud.jobs.get(job_id)

    async def reread() -> Preview:
        return previews.stop(await look(), cloud.region)

    async def act() -> Passed:
        await cloud.jobs.stop(job_id)
        seen = await watch.until(look, lambda job: job.terminal or job.status == "Stopping", _STOP_SECONDS)
        after = {"Stopped": "stopped", "Stopping": "stopping"}.get(seen.status, "stop_requested")
        return Passed(status=after, observed=seen.status, next=_AFTER_STOP.get(after))

    if job.status not in previews.STOPPABLE:
        passed = _nothing_to_stop(job)
    else:
        preview = previews.stop(job, cloud.region)
        passed = await gate.pass_through(preview, answer, reread=reread, act=act)
    told = passed.model_dump(exclude={"observed"})
    now = passed.observed or job.status
    return facts(cloud, StopReply(job_id=job_id, workspace_id=job.workspace_id, job_status=now, **told))


def _nothing_to_stop(job: Job) -> Passed:
    if job.terminal:
        return Passed(status="nothing_to_stop", reason=f"The job is already {job.status}.")
    return Passed(
        status="nothing_to_stop" if job.status == "Stopping" else "not_executed",
        reason=f"The job is {job.status}; only a Running or Queuing job can be stopped.",
        next="Look again with get_job.",
    )
