"""Pod logs, cut to a budget with the error kept."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import anyio.to_thread
from mcp.types import CallToolResult
from pydantic import Field

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.view import Mode, View, view
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.logs import MAX_LINES
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.reply import STREAM_TOKENS, stream
from pai_dlc_mcp.server.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, MaxTokens, Moment, PodId, Region

tools = Toolset("core")

_HEADER_TOKENS = 150  # kept back for the line above the fence
_OTHERS = 8  # pods named besides the one that is read
_LEADERS = ("master", "chief", "head", "launcher")


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
    start, end = _moment(since) or pod.created or job.created, _moment(until)
    log = await cloud.logs.pod(job_id, pod.pod_id, since=start, until=end)
    if not log.records:
        return stream(cloud, _empty(job, pod, since), "", {"pod_id": pod.pod_id, "returned": 0, "available": 0})
    cut = partial(
        view,
        log.records,
        mode=show,
        pattern=pattern,
        max_tokens=max_tokens - _HEADER_TOKENS,
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
    if seen.cause and seen.cause.victim:
        lines.append("This pod was stopped by a peer's failure: look for the pod that failed first.")
    if others := [f"{other.pod_id} {other.status}" for other in _by_failure(job) if other.pod_id != pod.pod_id]:
        more = f" and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
        lines.append(f"other pods: {', '.join(others[:_OTHERS])}{more}")
    return lines


def _empty(job: Job, pod: Pod, since: str | None) -> str:
    why = f"log of {pod.pod_id}: no lines. The pod is {pod.status}, the job {job.status}"
    if since:
        return f"{why}; nothing was written after {since}"
    return f"{why}. Before the container runs there is no log: get_job_events tells what it waits for"


def _chosen(job: Job, pod_id: str | None) -> Pod:
    """The pod asked for; else the one that failed first, else the master."""
    if not job.pods:
        raise Failure(
            f"Job {job.job_id} is {job.status} and has no pods yet, so there is no log.",
            fix="Look at get_job_events for what it waits for, and again when it is Running.",
            code="NoPods",
        )
    if not pod_id:
        return _by_failure(job)[0]
    if pod := next((pod for pod in job.pods if pod.pod_id == pod_id), None):
        return pod
    raise Failure(
        f"Job {job.job_id} has no pod {pod_id}.",
        fix=f"Its pods: {', '.join(pod.pod_id for pod in _by_failure(job)[:_OTHERS])}.",
        code="NoSuchPod",
    )


def _by_failure(job: Job) -> Sequence[Pod]:
    """Failed pods by when they ended, then the master, then the others."""
    late = datetime.max.replace(tzinfo=UTC)

    def order(pod: Pod) -> tuple[bool, datetime, bool]:
        failed = pod.status == "Failed"
        return (not failed, (pod.finished or late) if failed else late, pod.role.lower() not in _LEADERS)

    return sorted(job.pods, key=order)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
