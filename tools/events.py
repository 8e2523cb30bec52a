"""Events of the scheduler, the image puller and the job controller, on one UTC timeline."""

from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from typing import Annotated

import anyio
import anyio.to_thread
from mcp.types import CallToolResult
from pydantic import Field

from pai_dlc_mcp.server.budget.events import events
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, FreshJob
from pai_dlc_mcp.server.protocol.reply import HEADER_TOKENS, STREAM_TOKENS, stream
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of
from pai_dlc_mcp.server.workflows.side_by_side import side_by_side
from pai_dlc_mcp.tools.params import JobId, MaxTokens, PodId, PodUid, Region

tools = Toolset("core")

JOB_EVENTS, POD_EVENTS = 50, 20  # limits from the skill
_PODS = 8  # pods whose events are merged, failed ones first
MaxEvents = Annotated[int, Field(ge=1, le=2000, description="The latest.")]


@tools.read("Read a job's events")
async def get_job_events(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    max_events_num: MaxEvents = JOB_EVENTS,
    with_pods: Annotated[bool, Field(description="Its pods' too.")] = False,
    max_tokens: MaxTokens = STREAM_TOKENS,
    region: Region = None,
) -> CallToolResult:
    """Read a job's events since its creation: scheduling, pods created, restarts, why it failed. Use it after get_job
    and before get_pod_logs. with_pods merges its pods' events in; for one pod use get_pod_events."""
    pods = by_importance(job)[: _PODS if with_pods else 0]
    found = {"job": await cloud.events.job(job_id, since=job.created, max_events=max_events_num)}

    def look(pod: Pod) -> Awaitable[Sequence[str]]:
        return cloud.events.pod(job_id, pod.pod_id, since=job.created, max_events=POD_EVENTS)

    found |= zip((pod.pod_id for pod in pods), await side_by_side(look, pods), strict=True)
    what = f"events of job {job_id} ({job.status})"
    if with_pods:
        what += f" and {len(pods)} of its {len(job.pods)} pods"
    return await _told(cloud, job, what, found if with_pods else {"": found["job"]}, max_events_num, max_tokens)


@tools.read("Read a pod's events")
async def get_pod_events(
    job_id: JobId,
    pod_id: PodId,
    job: FreshJob,
    cloud: Cloud,
    pod_uid: Annotated[PodUid | None, Field(description="An earlier incarnation.")] = None,
    max_events_num: MaxEvents = POD_EVENTS,
    max_tokens: MaxTokens = STREAM_TOKENS,
    region: Region = None,
) -> CallToolResult:
    """Read one pod's events: node, image pull, containers, evictions. Use it when a job hangs in EnvPreparing or a pod
    has no log."""
    pod = pod_of(job, pod_id)
    found = await cloud.events.pod(job_id, pod_id, since=job.created, max_events=max_events_num, pod_uid=pod_uid)
    return await _told(cloud, job, f"events of pod {pod_id} ({pod.status})", {"": found}, max_events_num, max_tokens)


async def _told(
    cloud: CloudInRegion, job: Job, what: str, found: Mapping[str, Sequence[str]], asked: int, max_tokens: int
) -> CallToolResult:
    room, source = max_tokens - HEADER_TOKENS, what.partition(" (")[0]
    cut = partial(events, found, max_tokens=room, redactor=of_call(), source=source)
    seen = await anyio.to_thread.run_sync(cut)
    meta = {"job_id": job.job_id, "events": seen.lines, "printed": seen.printed, "folded": seen.folded}
    if not seen.lines:
        return stream(cloud, f"{what}: none since its creation", "", meta, max_tokens)
    counted = f"{seen.printed:,} printed, {seen.folded:,} folded, {seen.left_out:,} left out"
    said = [what, f"{seen.lines:,} events: {counted}, times in UTC"]
    if seen.left_out:
        said.append("more: max_tokens")
    if seen.redacted:
        said.append(f"{seen.redacted:,} secrets hidden")
    if max(map(len, found.values())) >= asked:
        said.append(f"only the last {asked} were fetched (earlier: max_events_num)")
    return stream(cloud, " · ".join(said), seen.text, meta, max_tokens)
