"""Logs of pods, cut to a number of tokens; errors are kept."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

import anyio.to_thread
from mcp.types import CallToolResult
from pydantic import Field

from pai_dlc_mcp.server.budget import cursor as cursors
from pai_dlc_mcp.server.budget.events import events
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.budget.pipeline import saved, view
from pai_dlc_mcp.server.budget.redact import Redactor, of_call
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, FreshJob
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.insight.pods import grouped, leader
from pai_dlc_mcp.server.protocol import log_header
from pai_dlc_mcp.server.protocol.reply import HEADER_TOKENS, STREAM_TOKENS, fenced, stream
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import incarnations
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of
from pai_dlc_mcp.server.workflows import downloads, endings, log_pages
from pai_dlc_mcp.tools.events import POD_EVENTS
from pai_dlc_mcp.tools.params import JobId, MaxTokens, Moment, PodId, PodUid, Region

tools = Toolset("core")

_OTHERS = 8  # other pods that are named, one for each 400 tokens
_ROOMY = 1000  # tokens; a smaller result names no other pod and has its cursor in _meta only
_LINES = 100  # lines of a tail or a grep
_EVENT_TOKENS = 250
_EXCERPT_TOKENS = 300  # least number of tokens for an excerpt
_LABEL = 40  # tokens of the line above an excerpt
_SAVED_PAGES = 20  # pages of 5,000 records

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
    max_lines: Annotated[
        int | None, Field(ge=1, le=5000, description="Default 100 for tail and grep; else as many as fit.")
    ] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    cursor: Annotated[str | None, Field(max_length=300, description="Of an earlier read: only what is new.")] = None,
    previous: Annotated[bool, Field(description="The incarnation before the last restart.")] = False,
    pod_uid: Annotated[PodUid | None, Field(description="An earlier incarnation that get_job lists.")] = None,
    fold: Annotated[
        bool | None, Field(description="false: repeats line by line; true: grep's matches folded too.")
    ] = None,
    save: Annotated[
        bool, Field(description="Write the whole log to the operator's folder; returns its path and a summary.")
    ] = False,
    max_tokens: MaxTokens = STREAM_TOKENS,
    region: Region = None,
) -> CallToolResult:
    """Read a pod's log: cleaned, repeats folded, secrets redacted, cut to max_tokens with the first error and the end
    kept. Without pod_id: the pod that failed first, else the master. errors, summary and grep search all of it.
    For what happened before the container ran use get_job_events."""
    if (show == "grep") != (pattern is not None):
        raise Failure("show=grep and pattern go together.", fix="Pass both, or neither.", code="InvalidArgument")
    redactor = of_call()
    if show == "all_pods":
        return await _all_pods(cloud, job, redactor, max_tokens)
    present, pod = _chosen(job, pod_id, pod_uid, previous)
    start = since or pod.created or job.created
    uid = pod.uid if previous else pod_uid
    source = log_pages.Source(cloud.logs, job_id, pod.pod_id, uid, start, until)
    if save:
        return await _saved(cloud, pod, source, redactor, max_tokens)
    read, extent = await log_pages.read_on(source, _cursor(cursor), key=cloud.key)
    after = cursors.encode(read.cursor)
    meta: dict[str, Any] = {"pod_id": pod.pod_id, "pod_uid": extent.pod_uid, "cursor": after}
    if not read.records:
        last = "" if cursor else await _last_event(cloud, job, pod, redactor)
        return stream(cloud, _empty(job, pod, since, cursor), last, meta, max_tokens)
    roomy = max_tokens >= _ROOMY
    notes = [
        *log_header.notes(job, present, pod, read, min(_OTHERS, max_tokens // 400) if roomy else 0),
        *([f"cursor: {after}"] if roomy else []),
    ]
    if extent.cut and not cursor:
        notes.insert(0, f"Only the last {len(extent.records):,} records were fetched (earlier: until, save).")
    cut = partial(
        view,
        read.records,
        mode=show,
        pattern=pattern,
        folding=fold,
        failed=pod.status == "Failed",
        max_lines=max_lines or (_LINES if show in ("tail", "grep") else None),
        max_tokens=max_tokens - HEADER_TOKENS - tokens("\n".join(notes)),
        redactor=redactor,
        source=f"log of pod {pod.pod_id}",
    )
    try:
        seen = await anyio.to_thread.run_sync(cut)  # 0.5 s for 15 MB
    except ValueError as error:
        raise Failure(f"pattern: {error}.", fix="Correct the pattern (RE2 syntax).", code="InvalidPattern") from None
    meta |= {"lines": seen.lines, "printed": seen.printed, "folded": seen.folded, "redacted": seen.redacted}
    return stream(cloud, "\n".join([*log_header.header(pod, seen, show), *notes]), seen.text, meta, max_tokens)


async def _all_pods(cloud: CloudInRegion, job: Job, redactor: Redactor, max_tokens: int) -> CallToolResult:
    """How each pod ended. Pods that ended alike share a line; causes come before victims."""
    seen = await endings.read(cloud.logs, job, redactor)
    lines = grouped(seen.found)
    what = f"all {len(job.pods)} pods of job {job.job_id} ({job.status})"
    header = [f"{what}: {len(seen.found)} logs read, {seen.lines:,} lines"]
    if seen.skipped:
        header.append(f"{seen.skipped} pods were not read: those that failed first were. get_pod_logs reads one")
    if seen.unread:
        pod_id, why = seen.unread[0]
        header.append(f"{len(seen.unread)} logs could not be read, e.g. of {pod_id}: {why}")
    left = max_tokens - HEADER_TOKENS - tokens("\n".join(header[1:]))
    text = fenced(lines, f"logs of job {job.job_id}", left)
    left -= tokens(text)
    first = leader(seen.found)
    if first and left >= _EXCERPT_TOKENS:
        pod = pod_of(job, first.pod_id)
        text += f"\nwhere {pod.pod_id} failed:\n" + await endings.excerpt(cloud.logs, job, pod, redactor, left - _LABEL)
    meta = {"job_id": job.job_id, "pods": len(job.pods), "read": len(seen.found), "lines": seen.lines}
    return stream(cloud, "\n".join(header), text, meta, max_tokens)


async def _saved(
    cloud: CloudInRegion, pod: Pod, source: log_pages.Source, redactor: Redactor, max_tokens: int
) -> CallToolResult:
    folder = downloads.folder_of(cloud.settings.downloads)
    extent = await log_pages.read(source, _SAVED_PAGES)
    text, redacted = await anyio.to_thread.run_sync(saved, extent.records, redactor)
    path = await anyio.to_thread.run_sync(downloads.save, folder, pod.pod_id, extent.pod_uid, text)
    count = text.count(b"\n")
    header = [f"log of {pod.pod_id} ({pod.status}) saved to {path}: {count:,} lines, {len(text):,} bytes, cleaned"]
    header += [f"{redacted:,} secrets hidden"] if redacted else []
    header += [f"earlier lines than the last {len(extent.records):,} records are not in it"] if extent.cut else []
    look = partial(
        view,
        extent.records,
        mode="summary",
        failed=pod.status == "Failed",
        max_tokens=max_tokens - HEADER_TOKENS - tokens(str(path)),
        redactor=redactor,
        source=f"log of pod {pod.pod_id}",
    )
    seen = await anyio.to_thread.run_sync(look)
    meta = {"pod_id": pod.pod_id, "pod_uid": extent.pod_uid, "path": str(path), "lines": count}
    return stream(cloud, " · ".join(header), seen.text, meta, max_tokens)


def _empty(job: Job, pod: Pod, since: datetime | None, cursor: str | None) -> str:
    why = f"log of {pod.pod_id}: no lines. The pod is {pod.status}, the job {job.status}"
    if cursor:
        return f"{why}; nothing new since the cursor"
    if since:
        return f"{why}; nothing was written after {to_utc(since)}"
    return f"{why}. Before the container runs there is no log: get_job_events tells what it waits for"


async def _last_event(cloud: CloudInRegion, job: Job, pod: Pod, redactor: Redactor) -> str:
    """The last event of a pod that has no log; None if the events cannot be read."""
    try:
        found = await cloud.events.pod(job.job_id, pod.pod_id, since=job.created, max_events=POD_EVENTS)
    except CloudError as error:
        return f"its events could not be read: {error.what}"
    seen = events({"": found[-1:]}, max_tokens=_EVENT_TOKENS, redactor=redactor, source="its last event")
    return seen.text if found else ""


def _chosen(job: Job, pod_id: str | None, pod_uid: str | None, previous: bool) -> tuple[Pod, Pod]:
    """The pod, and the incarnation to read. Without an id: the pod that failed first, else the master."""
    if previous and pod_uid:
        raise Failure("previous and pod_uid name two incarnations.", fix="Pass one.", code="InvalidArgument")
    if not job.pods:
        raise Failure(
            f"Job {job.job_id} is {job.status} and has no pods yet, so there is no log.",
            fix="Look at get_job_events for what it waits for, and again when it is Running.",
            code="NoPods",
        )
    fallen = incarnations.first_to_fall(job) if previous else None
    pod = pod_of(job, pod_id) if pod_id else fallen or by_importance(job)[0]
    if previous:
        return pod, incarnations.previous(pod)
    return pod, incarnations.of_uid(pod, pod_uid) if pod_uid else pod


def _cursor(text: str | None) -> cursors.Cursor | None:
    try:
        return cursors.decode(text) if text else None
    except ValueError as error:
        raise Failure(
            f"cursor: {error}.", fix="Pass a cursor as get_pod_logs returned it.", code="InvalidCursor"
        ) from None
