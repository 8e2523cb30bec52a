"""Opt-in tools: stop several jobs, delete a job."""

from typing import Annotated

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import missing
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, Progress, Reporting
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.workflows.permit import Ended, Gated, Look, Permit, Plan, asking
from pai_dlc_mcp.server.workflows.side_by_side import side_by_side
from pai_dlc_mcp.tools.jobs.change import stop_and_watch
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Region

tools = Toolset("admin")


JobIds = Annotated[list[JobId], Field(min_length=1, max_length=10, description="From list_jobs.")]


class DeleteReply(Gated):
    job_id: str
    job_status: str


class JobOutcome(Row):
    """`outcome`: not_sent (no confirmation), stopped, stopping, stop_requested, skipped (not to be stopped), failed
    (not carried out), unanswered (sent, may have been carried out), sent_unseen (accepted, the job could not be
    read)."""

    job_id: str
    outcome: str
    why: str | None = None


class StopManyReply(Gated):
    jobs: list[JobOutcome]


async def _delete(job_id: str, cloud: Cloud) -> Look[None]:
    async def look() -> Plan[None]:
        job = await cloud.jobs.get(job_id)
        about = {"job_id": job_id, "job_status": job.status}
        if not job.terminal:
            reason = f"The job is {job.status}: only a finished job can be deleted."
            raise Ended(DeleteReply(**about, status="not_executed", reason=reason, next="stop_job stops it."))
        return Plan(questions.delete(job, cloud.region), (cloud.jobs.delete(job_id),), DeleteReply, about)

    return look


@tools.destroy("Delete a training job")
async def delete_job(
    job_id: JobId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_delete)],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> DeleteReply:
    """Delete a finished job's record, logs and events for good, after asking the user. A live job has to be stopped
    first, with stop_job."""
    await permit.send()
    gone = await missing(cloud.jobs.get(job_id))
    return DeleteReply(**permit.about, status="deleted" if gone else "delete_requested")


async def _stop_many(job_ids: list[str], cloud: Cloud) -> Look[None]:
    async def look() -> Plan[None]:
        jobs = await side_by_side(cloud.jobs.get, list(dict.fromkeys(job_ids)))
        live = [job for job in jobs if job.status in questions.STOPPABLE]
        rows = [_before(job) for job in jobs]
        if not live:
            raise Ended(StopManyReply(status="nothing_to_stop", jobs=rows))
        stops = tuple(cloud.jobs.stop(job.job_id) for job in live)
        return Plan(questions.stop_many(live, cloud.region), stops, StopManyReply, {"jobs": rows})

    return look


@tools.destroy("Stop several training jobs")
async def stop_jobs(
    job_ids: JobIds,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_stop_many)],
    progress: Reporting,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> StopManyReply:
    """Stop up to 10 running or queuing jobs with one question to the user. If any of them changes while the question is
    open, none is stopped. For one job use stop_job."""
    done = await side_by_side(lambda write: _stopped(cloud, permit, write, progress), permit.writes)
    whole = all(one.outcome in ("stopped", "stopping", "stop_requested") for one in done)
    skipped = [row for row in permit.about["jobs"] if row.outcome == "skipped"]
    return StopManyReply(status="done" if whole else "partly_done", jobs=[*done, *skipped])


async def _stopped(cloud: CloudInRegion, permit: Permit[None], write: Write[None], progress: Progress) -> JobOutcome:
    (job_id,) = write.path
    try:
        seen = await stop_and_watch(cloud, job_id, permit.send(write), progress, begun=True)
        return JobOutcome(job_id=job_id, outcome=seen.status)
    except Failure as failure:
        unanswered = next((error for sent, error in permit.sent.unanswered if sent == write), None)
        outcome = "sent_unseen" if write in permit.sent.accepted else "unanswered" if unanswered else "failed"
        return JobOutcome(job_id=job_id, outcome=outcome, why=(unanswered or failure).what)


def _before(job: Job) -> JobOutcome:
    outcome = "not_sent" if job.status in questions.STOPPABLE else "skipped"
    return JobOutcome(job_id=job.job_id, outcome=outcome, why=f"it is {job.status}")
