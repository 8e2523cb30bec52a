"""Pod logs, cut to a budget with the error kept."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

import anyio.to_thread
from mcp.types import CallToolResult
from pydantic import Field

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.view import Mode, View, view
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.logs import MAX_LINES
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.reply import HEADER_TOKENS, STREAM_TOKENS, stream
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of
from pai_dlc_mcp.server.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, MaxTokens, Moment, PodId, Region

tools = Toolset("core")

_OTHERS = 8  # pods named besides the one that is read


@tools.read("Read a pod's log")
async def get_pod_logs(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    pod_id: PodId | None = None,
    show: Annotated[Mode, Field(description="tail keeps the first error and the end.")] = "tail",
    pattern: Annotated[str | None, Field(max_length=500, description="RE2 regex, with show=grep.")] = None,
    max_lines: Annotated[int, Field(ge=1, le=5000)] = 100,
    since: Moment | None = None,
    until: Moment | None = None,
    max_tokens: MaxTokens = STREAM_TOKENS,
    region: Region = None,
) -> CallToolResult:
    """Read a pod's log: cleaned, repeats folded, secrets redacted, cut to max_tokens with the first error and the end
    kept. Without pod_id: the pod that failed first, else the master. show=errors, summary or grep search all of it.
    For what happened before the container ran use get_job_events."""
    if (show == "grep") != (pattern is not None):
        raise Failure("show=grep and pattern go together.", fix="Pass both, or neither.", code="InvalidArgument")
    pod = _chosen(job, pod_id)
    log = await cloud.logs.pod(job_id, pod.pod_id, since=since or pod.created or job.created, until=until)
    if not log.records:
        return stream(cloud, _empty(job, pod, since), "", {"pod_id": pod.pod_id, "returned": 0, "available": 0})
    cut = partial(
        view,
        log.records,
        mode=show,
        pattern=pattern,
        max_tokens=max_tokens - HEADER_TOKENS,
        redactor=Redactor(job.secrets),
        source=f"log of pod {pod.pod_id}",
    )
    try:
        seen = await anyio.to_thread.run_sync(cut)  # 15 MB take half a second
    except ValueError as error:
        raise Failure(f"pattern: {error}.", fix="Correct the pattern (RE2 syntax).", code="InvalidPattern") from None
    meta = {"pod_id": pod.pod_id, "pod_uid": log.pod_uid, "returned": seen.returned, "available": seen.available}
    full = len(log.records) >= MAX_LINES
    return stream(cloud, "\n".join(_header(job, pod, seen, full)), seen.text, {**meta, "redacted": seen.redacted})


def _header(job: Job, pod: Pod, seen: View, full: bool) -> Sequence[str]:
    """What was read and what was not, and how to get that."""
    said = [f"log of {pod.pod_id} ({pod.status})", f"{seen.returned:,} of {seen.available:,} lines"]
    if seen.matched is not None:
        said.append(f"{seen.matched:,} match")
    if seen.left_out:
        said.append(f"{seen.left_out:,} left out (more: max_tokens, max_lines, show=errors, show=grep)")
    if full:
        said.append(f"only the last {MAX_LINES:,} records were fetched (earlier: until)")
    if seen.redacted:
        said.append(f"{seen.redacted:,} secrets redacted")
    lines = [" · ".join(said)]
    first = by_importance(job)[0]
    if first.status == "Failed" and first.pod_id != pod.pod_id:
        lines.append(f"{first.pod_id} failed first: its log is likelier to hold the cause.")
    elif seen.cause and seen.cause.victim:
        lines.append("The process was stopped from outside (eviction, a peer, a person): see get_job_events.")
    if others := [f"{other.pod_id} {other.status}" for other in by_importance(job) if other.pod_id != pod.pod_id]:
        more = f" and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
        lines.append(f"other pods: {', '.join(others[:_OTHERS])}{more}")
    return lines


def _empty(job: Job, pod: Pod, since: datetime | None) -> str:
    why = f"log of {pod.pod_id}: no lines. The pod is {pod.status}, the job {job.status}"
    if since:
        return f"{why}; nothing was written after {to_utc(since)}"
    return f"{why}. Before the container runs there is no log: get_job_events tells what it waits for"


def _chosen(job: Job, pod_id: str | None) -> Pod:
    """The pod asked for; else the one that failed first, else the master."""
    if not job.pods:
        raise Failure(
            f"Job {job.job_id} is {job.status} and has no pods yet, so there is no log.",
            fix="Look at get_job_events for what it waits for, and again when it is Running.",
            code="NoPods",
        )
    return pod_of(job, pod_id) if pod_id else by_importance(job)[0]
