"""How the pods of a job ended. Reads the log of each pod until its cause is known, up to MOST_PODS pods."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import anyio
import anyio.to_thread

from pai_dlc_mcp.server.budget.pipeline import view
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.logs import MAX_LINES, Logs
from pai_dlc_mcp.server.insight.errors import Cause
from pai_dlc_mcp.server.insight.pods import Ending
from pai_dlc_mcp.server.rules.pods import by_importance

MOST_PODS = 200  # pods read; in a larger job the others failed because of these
_AT_ONCE = 8  # parallel log requests
_GLANCE_LINES = 500  # lines read first
_WHOLE = 32  # pods whose log may be read up to MAX_LINES
_EACH_TOKENS = 400
_REFUSALS = 3  # permission errors after which no further log is requested


@dataclass
class Endings:
    """The causes found, and the pods that were not read."""

    found: list[Ending]
    lines: int
    unread: list[tuple[str, str]]  # pod id and why its log could not be read
    skipped: int  # pods whose log was not requested


async def read(logs: Logs, job: Job, redactor: Redactor) -> Endings:
    """Read the endings. Raises the first CloudError if no log at all could be read."""
    pods = by_importance(job)
    seen = Endings([], 0, [], max(0, len(pods) - MOST_PODS))
    failures: list[CloudError] = []
    limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def look(pod: Pod, lines: int) -> None:
        async with limiter:
            if sum(error.kind == "permission" for error in failures) >= _REFUSALS:
                seen.unread.append((pod.pod_id, "not tried after others were refused"))
                return
            try:
                cause, count = await _cause(logs, job, pod, redactor, lines)
            except CloudError as error:
                failures.append(error)
                seen.unread.append((pod.pod_id, error.what))
                return
        seen.lines += count
        seen.found.append(Ending(pod.pod_id, pod.status, pod.finished, cause))

    async with anyio.create_task_group() as group:
        for place, pod in enumerate(pods[:MOST_PODS]):
            group.start_soon(look, pod, MAX_LINES if place < _WHOLE else _GLANCE_LINES)
    if failures and not seen.found:
        raise failures[0]
    order = {pod.pod_id: place for place, pod in enumerate(pods)}
    seen.found.sort(key=lambda ending: order[ending.pod_id])
    return seen


async def _cause(logs: Logs, job: Job, pod: Pod, redactor: Redactor, lines: int) -> tuple[Cause | None, int]:
    """The cause and the number of lines read: the last `lines`, then all lines of one request if those show no cause,
    or only a victim's."""
    records: Sequence[str] = ()
    cause: Cause | None = None
    count = 0
    for most in dict.fromkeys((lines, MAX_LINES)):
        records = (await logs.pod(job.job_id, pod.pod_id, since=pod.created or job.created, max_lines=most)).records
        failed = pod.status == "Failed"
        look = partial(
            view, records, mode="errors", failed=failed, max_tokens=_EACH_TOKENS, redactor=redactor, source=""
        )
        seen = await anyio.to_thread.run_sync(look)
        cause, count = seen.cause, seen.lines
        if cause or not failed or len(records) < most:
            break
    return cause, count


async def excerpt(logs: Logs, job: Job, pod: Pod, redactor: Redactor, max_tokens: int) -> str:
    """The errors in one pod's log with the lines around them."""
    try:
        records = (await logs.pod(job.job_id, pod.pod_id, since=pod.created or job.created)).records
    except CloudError as error:
        return f"(its log could not be read again: {error.what})"
    look = partial(
        view,
        records,
        mode="errors",
        failed=pod.status == "Failed",
        max_tokens=max_tokens,
        redactor=redactor,
        source=f"log of pod {pod.pod_id}",
    )
    return (await anyio.to_thread.run_sync(look)).text
