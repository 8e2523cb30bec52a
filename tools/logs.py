"""Pod logs, cut to a budget with the error kept."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

import anyio
import anyio.to_thread
from mcp.types import CallToolResult
from pydantic import Field

from pai_dlc_mcp.server.budget import cursor as cursors
from pai_dlc_mcp.server.budget.cursor import Page
from pai_dlc_mcp.server.budget.events import events
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.budget.pipeline import View, view
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.logs import MAX_LINES
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, FreshJob
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.insight.pods import Ending, grouped
from pai_dlc_mcp.server.protocol.reply import HEADER_TOKENS, STREAM_TOKENS, fenced, stream
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of
from pai_dlc_mcp.tools.events import POD_EVENTS
from pai_dlc_mcp.tools.params import JobId, MaxTokens, Moment, PodId, PodUid, Region

tools = Toolset("core")

_OTHERS = 8  # pods named besides the one that is read
_ROOMY = 1000  # tokens; an answer of fewer names no other pod, and leaves its cursor to _meta
_EACH_LINES = 300  # of each pod's log, where all are compared
_AT_ONCE = 8  # logs fetched side by side
_EACH_TOKENS = 400
_EVENT_TOKENS = 250

Show = Literal["tail", "errors", "grep", "summary", "all_pods"]


@tools.read("Read a pod's log")
async def get_pod_logs(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    pod_id: PodId | None = None,
    show: Annotated[
        Show, Field(description="tail keeps the first error too; all_pods groups how pods ended.")
    ] = "tail",
    pattern: Annotated[str | None, Field(max_length=500, description="RE2 regex, with show=grep.")] = None,
    max_lines: Annotated[int, Field(ge=1, le=5000)] = 100,
    since: Moment | None = None,
    until: Moment | None = None,
    cursor: Annotated[str | None, Field(max_length=300, description="Of an earlier read: only what is new.")] = None,
    pod_uid: Annotated[PodUid | None, Field(description="An incarnation before a restart.")] = None,
    max_tokens: MaxTokens = STREAM_TOKENS,
    region: Region = None,
) -> CallToolResult:
    """Read a pod's log: cleaned, repeats folded, secrets redacted, cut to max_tokens with the first error and the end
    kept. Without pod_id: the pod that failed first, else the master. errors, summary and grep search all of it.
    For what happened before the container ran use get_job_events."""
    if (show == "grep") != (pattern is not None):
        raise Failure("show=grep and pattern go together.", fix="Pass both, or neither.", code="InvalidArgument")
    redactor = Redactor(job.secrets)
    if show == "all_pods":
        return await _all_pods(cloud, job, redactor, max_tokens)
    pod = _incarnation(_chosen(job, pod_id), pod_uid)
    start = since or pod.created or job.created
    log = await cloud.logs.pod(job_id, pod.pod_id, since=start, until=until, pod_uid=pod_uid)
    read = cursors.read(log.records, log.pod_uid, to_utc(start) or "", _cursor(cursor), key=cloud.key)
    after = cursors.encode(read.cursor)
    meta: dict[str, Any] = {"pod_id": pod.pod_id, "pod_uid": log.pod_uid, "cursor": after}
    if not read.records:
        last = "" if cursor else await _last_event(cloud, job, pod, redactor)
        return stream(cloud, _empty(job, pod, since, cursor), last, meta, max_tokens)
    roomy = max_tokens >= _ROOMY
    notes = [*_notes(job, pod, read, _OTHERS if roomy else 0), *([f"cursor: {after}"] if roomy else [])]
    cut = partial(
        view,
        read.records,
        mode=show,
        pattern=pattern,
        max_lines=max_lines,
        max_tokens=max_tokens - HEADER_TOKENS - tokens("\n".join(notes)),
        redactor=redactor,
        source=f"log of pod {pod.pod_id}",
    )
    try:
        seen = await anyio.to_thread.run_sync(cut)  # 15 MB take half a second
    except ValueError as error:
        raise Failure(f"pattern: {error}.", fix="Correct the pattern (RE2 syntax).", code="InvalidPattern") from None
    meta |= {"returned": seen.returned, "available": seen.available, "redacted": seen.redacted}
    header = "\n".join([_header(pod, seen, full=len(log.records) >= MAX_LINES), *notes])
    return stream(cloud, header, seen.text, meta, max_tokens)


async def _all_pods(cloud: CloudInRegion, job: Job, redactor: Redactor, max_tokens: int) -> CallToolResult:
    """The end of every pod's log, those that ended alike in one line, causes before victims."""
    endings: list[Ending] = []
    limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def look(pod: Pod) -> None:
        async with limiter:
            since = pod.created or job.created
            log = await cloud.logs.pod(job.job_id, pod.pod_id, since=since, max_lines=_EACH_LINES)
            read = partial(view, log.records, mode="errors", max_tokens=_EACH_TOKENS, redactor=redactor, source="")
            seen = await anyio.to_thread.run_sync(read)
            endings.append(Ending(pod.pod_id, pod.status, pod.finished, seen.cause))

    async with anyio.create_task_group() as group:
        for pod in job.pods:
            group.start_soon(look, pod)
    lines = grouped(sorted(endings, key=lambda ending: ending.pod_id))
    header = f"all {len(job.pods)} pods of job {job.job_id} ({job.status}), by the last {_EACH_LINES} lines of each"
    text = fenced(lines, f"logs of job {job.job_id}", max_tokens - HEADER_TOKENS)
    return stream(cloud, header, text, {"job_id": job.job_id, "pods": len(job.pods)}, max_tokens)


def _header(pod: Pod, seen: View, *, full: bool) -> str:
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
    if seen.cause and seen.cause.victim:
        said.append("stopped from outside (a peer, an eviction, a person)")
    return " · ".join(said)


def _notes(job: Job, pod: Pod, read: Page, named: int) -> Sequence[str]:
    """What a reader of this log should know of the pod and of the others, of which some are named."""
    lines: list[str] = []
    if read.reset:
        lines.append("reset: the pod was restarted since the cursor; this is the log of its new incarnation.")
    if read.gap:
        lines.append("The cursor's place was not found: lines in between may be missing.")
    first = by_importance(job)[0]
    if first.status == "Failed" and first.pod_id != pod.pod_id:
        lines.append(f"{first.pod_id} failed first: its log is likelier to hold the cause.")
    others = [f"{other.pod_id} {other.status}" for other in by_importance(job) if other.pod_id != pod.pod_id]
    if others:
        rest = [f"{len(others) - named} more"] if len(others) > named else []
        lines.append(f"other pods: {', '.join([*others[:named], *rest])}")
    return lines


def _empty(job: Job, pod: Pod, since: datetime | None, cursor: str | None) -> str:
    why = f"log of {pod.pod_id}: no lines. The pod is {pod.status}, the job {job.status}"
    if cursor:
        return f"{why}; nothing new since the cursor"
    if since:
        return f"{why}; nothing was written after {to_utc(since)}"
    return f"{why}. Before the container runs there is no log: get_job_events tells what it waits for"


async def _last_event(cloud: CloudInRegion, job: Job, pod: Pod, redactor: Redactor) -> str:
    """What happened to a pod that has written nothing; the log's own answer stands without it."""
    try:
        found = await cloud.events.pod(job.job_id, pod.pod_id, since=job.created, max_events=POD_EVENTS)
    except CloudError as error:
        return f"its events could not be read: {error.what}"
    seen = events({"": found[-1:]}, max_tokens=_EVENT_TOKENS, redactor=redactor, source="its last event")
    return seen.text if found else ""


def _chosen(job: Job, pod_id: str | None) -> Pod:
    """The pod asked for; else the one that failed first, else the master."""
    if not job.pods:
        raise Failure(
            f"Job {job.job_id} is {job.status} and has no pods yet, so there is no log.",
            fix="Look at get_job_events for what it waits for, and again when it is Running.",
            code="NoPods",
        )
    return pod_of(job, pod_id) if pod_id else by_importance(job)[0]


def _incarnation(pod: Pod, pod_uid: str | None) -> Pod:
    """The pod as it was under this uid: its history keeps those before a restart."""
    known = (pod, *pod.history)
    if found := next((one for one in known if pod_uid in (None, one.uid)), None):
        return found
    raise Failure(
        f"Pod {pod.pod_id} has no incarnation {pod_uid}.",
        fix=f"Its uids, the newest first: {', '.join(one.uid for one in known)}.",
        code="NoSuchPod",
    )


def _cursor(text: str | None) -> cursors.Cursor | None:
    try:
        return cursors.decode(text) if text else None
    except ValueError as error:
        raise Failure(
            f"cursor: {error}.", fix="Pass a cursor as get_pod_logs returned it.", code="InvalidCursor"
        ) from None
