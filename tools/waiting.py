"""wait_for_jobs: wait for training jobs in one call."""

from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.times import Time
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, Reporting
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.workflows import waiting
from pai_dlc_mcp.server.workflows.side_by_side import side_by_side
from pai_dlc_mcp.server.workflows.waiting import Sight, Until, Waited
from pai_dlc_mcp.server.workflows.why_waiting import WAITING, why_waiting
from pai_dlc_mcp.tools.params import JobId, Region

tools = Toolset("core")

_WHY_CHARS = 300
_DONE: dict[Until, Literal["running", "ended", "changed"]] = {
    "running": "running",
    "finished": "ended",
    "any_change": "changed",
}


class WaitRow(Row):
    """`news`: this job ended the wait. `since`: when it entered its status, if the service says so."""

    job_id: str
    display_name: ForeignName | None = None
    status: str
    news: bool
    since: Time | None = None
    restarts: str | None = None
    why: ForeignText | None = None


class WaitReply(Facts):
    status: Literal["running", "ended", "changed", "timeout", "nothing_left"]
    waited_s: int
    jobs: list[WaitRow]
    cursor: str
    next: str | None = None


@tools.read("Wait for training jobs")
async def wait_for_jobs(
    job_ids: Annotated[list[JobId], Field(min_length=1, max_length=10, description="Awaited.")],
    cloud: Cloud,
    progress: Reporting,
    until: Annotated[Until, Field(description="What one of them does.")] = "finished",
    timeout_s: Annotated[int, Field(ge=1, le=3600, description="Longest.")] = 45,
    cursor: Annotated[str | None, Field(max_length=120, description="Of the last call.")] = None,
    region: Region = None,
) -> WaitReply:
    """Wait until one of up to 10 jobs has ended (or runs, or changes) instead of polling get_job. Each end is told
    once: pass the cursor on for the rest. Says why a job is stuck. Waits 45 s at most over any transport; up to
    timeout_s where the client takes progress."""
    waited = await waiting.wait(cloud, job_ids, until, timeout_s, _told(cursor), progress)
    rows = await _rows(cloud, waited)
    done = _DONE[until] if waited.news else "nothing_left" if waited.all_over else "timeout"
    return WaitReply(
        status=done,
        waited_s=round(waited.seconds),
        jobs=rows,
        cursor=waited.cursor,
        next=None if waited.all_over else "Call wait_for_jobs again with this cursor.",
        note=_note(waited, timeout_s, heard=progress.heard),
    )


def _told(cursor: str | None) -> frozenset[bytes] | None:
    try:
        return waiting.decode(cursor) if cursor else None
    except ValueError as error:
        fix = "Pass the cursor of the last answer unchanged, or none."
        raise Failure(f"cursor: {error}.", fix=fix, code="InvalidCursor") from None


def _note(waited: Waited, asked: int, *, heard: bool) -> str | None:
    said: list[str] = []
    if not heard and waited.seconds < asked and not (waited.news or waited.all_over):
        said.append("Your client takes no progress notifications: a call waits 45 s at most.")
    if waited.failed_reads:
        said.append(f"{waited.failed_reads} reads failed meanwhile and were made again.")
    return " ".join(said) or None


async def _rows(cloud: CloudInRegion, waited: Waited) -> list[WaitRow]:
    """A row for each job, in the order of the argument. Jobs that ended the wait or seem stuck are read once more for
    the reason."""

    async def look(sight: Sight) -> WaitRow:
        news = sight.job_id in waited.news
        why = await _why(cloud, sight) if news or sight.status in WAITING else None
        return _row(sight, news=news, why=why)

    return await side_by_side(look, waited.sights)


async def _why(cloud: CloudInRegion, sight: Sight) -> str | None:
    if not sight.job or sight.status in ("Running", "Succeeded"):
        return None
    try:
        job = await cloud.jobs.get(sight.job_id)
        said = await why_waiting(cloud, job) if job.status in WAITING else job.reason
    except CloudError as error:
        return f"why could not be read: {error.what}"
    return of_call().text(said)[:_WHY_CHARS] if said else None


def _row(sight: Sight, *, news: bool, why: str | None) -> WaitRow:
    job = sight.job
    if job is None:
        return WaitRow(job_id=sight.job_id, status=sight.status, news=news, why=sight.gone or _unread(sight.error))
    return WaitRow(
        job_id=sight.job_id,
        display_name=job.display_name,
        status=job.status,
        news=news,
        since=job.finished or (job.running_since if job.status == "Running" else None) or job.created,
        restarts=job.restarts if job.restarts and not job.restarts.startswith("0") else None,
        why=why,
    )


def _unread(error: CloudError | None) -> str | None:
    return f"could not be read yet: {error.what}" if error else None
