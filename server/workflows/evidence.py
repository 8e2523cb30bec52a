"""The requests of a diagnosis, each sent once for a job. A read that fails is named in the report; the others are
used."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread

from pai_dlc_mcp.server.budget import cause
from pai_dlc_mcp.server.budget.cause import Found, PodLog
from pai_dlc_mcp.server.budget.events import Event, timeline
from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.logs import MAX_LINES
from pai_dlc_mcp.server.cloud.sanity import Phase
from pai_dlc_mcp.server.deps import CloudInRegion

T = TypeVar("T")

_EVENTS = 100
_END = 3  # last lines of a log


@dataclass
class Report:
    """A diagnosis. `facts` are this server's words; `quoted` are texts of the job or the service and must be fenced.
    `meta` goes into _meta."""

    category: str
    verdict: str
    facts: list[str] = field(default_factory=list[str])
    quoted: list[str] = field(default_factory=list[str])
    meta: dict[str, Any] = field(default_factory=dict[str, Any])


class Evidence:
    """The reads of one job. A read that failed returns None and is listed in `unseen`."""

    def __init__(self, cloud: CloudInRegion, job: Job) -> None:
        self.cloud, self.job = cloud, job
        self.now = cloud.clock.now()
        self.redactor = of_call()
        self.unseen: list[str] = []
        self.pods_read = set[str]()

    async def attempt(self, what: str, read: Awaitable[T]) -> T | None:
        try:
            return await read
        except CloudError as error:
            status = f" (HTTP {error.http_status})" if error.http_status else ""
            self.unseen.append(f"{what}: {error.code or error.kind}{status}")
            return None

    async def log(self, pod: Pod, *, failed: bool) -> PodLog | None:
        """The whole log, as far as the service gives it."""
        since = pod.created or self.job.created
        read = self.cloud.logs.pod(self.job.job_id, pod.pod_id, since=since)
        found = await self.attempt(f"log of {short(pod.pod_id)}", read)
        if found is None:
            return None
        self.pods_read.add(pod.pod_id)
        if len(found.records) >= MAX_LINES:
            self.unseen.append(f"log of {short(pod.pod_id)} before its last {MAX_LINES:,} records")
        return await anyio.to_thread.run_sync(partial(cause.read, found.records, self.redactor, failed=failed))

    async def events(self, pod: Pod | None) -> list[Event]:
        """Events of a pod, or with None of the job."""
        events, job_id, since = self.cloud.events, self.job.job_id, self.job.created
        if pod is None:
            what, read = "events of the job", events.job(job_id, since=since, max_events=_EVENTS)
        else:
            what, read = (
                f"events of {short(pod.pod_id)}",
                events.pod(job_id, pod.pod_id, since=since, max_events=_EVENTS),
            )
        return timeline({"": await self.attempt(what, read) or []}, self.redactor)[0]

    async def silence(self, pod: Pod, minutes: Sequence[int]) -> float:
        """Seconds without log lines, at least: the longest of the given windows (minutes) that is empty."""
        silent = 0.0
        started = pod.started or self.now
        for window in minutes:
            since = self.now - timedelta(minutes=window)
            if since < started:
                break
            read = self.cloud.logs.pod(self.job.job_id, pod.pod_id, since=since, max_lines=1)
            found = await self.attempt(f"the last {window} min of {short(pod.pod_id)}'s log", read)
            if found is None or found.records:
                break
            silent = window * 60.0
        return silent

    async def gpu_percent(self, since: datetime) -> float | None:
        """Mean GPU use of all pods in percent since `since`; None without values."""
        read = self.cloud.metrics.job(self.job.job_id, "GpuCoreUsage", since=since, until=None, time_step="1m")
        series = await self.attempt("GPU use", read) or []
        values = [value for one in series for _, value in one.points]
        return sum(values) / len(values) if values else None

    async def sanity(self) -> Sequence[Sequence[Phase]]:
        """The job's sanity checks, newest first; empty if it has none."""
        if not self.job.settings.sanity_check:
            return []
        return await self.attempt("sanity checks", self.cloud.sanity.checks(self.job.job_id)) or []


def quote(pod: Pod, found: Found) -> list[str]:
    """The line that shows the error, then those around it: the order in which they are kept if space is short."""
    around = [f"  {line}" for line in found.shown]
    return [f"{short(pod.pod_id)}, log line {found.line:,}: {found.text}", *(["around it:", *around] if around else [])]


def quote_end(pod: Pod, lines: Sequence[bytes]) -> list[str]:
    """The last lines of a log in which no error was found."""
    told = [line for line in lines if line.strip()][-_END:]
    shown = [f"  {inert(line.decode(errors='replace')[:240])}" for line in told]
    return [f"end of {short(pod.pod_id)}'s log, {len(lines):,} lines:", *shown]


def short(pod_id: str) -> str:
    """`worker-1`: the job's id stands above."""
    return pod_id.partition("-")[2]
