"""Polls several jobs until one of them meets the condition or a number of seconds has passed."""

import base64
import binascii
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.deps import CloudInRegion, Progress
from pai_dlc_mcp.server.workflows import polling
from pai_dlc_mcp.server.workflows.watched import watch

Until = Literal["running", "finished", "any_change"]

_earlier: ContextVar[float | None] = ContextVar("earlier", default=None)
_STEP, _MOST = 2.0, 15.0  # seconds between two polls: at first, and at most
_MARK_BYTES = 6
_EVER = "1970-01-01T00:00:00Z"  # without it ListJobs shows the last 7 days
_HAS_RUN = frozenset({"Running", "SucceededReserving", "FailedReserving"})


@dataclass(frozen=True)
class Sight:
    """A job as last read. Without a job: `gone` (permanent) or `error` (temporary) says why."""

    job_id: str
    job: JobSummary | None = None
    gone: str | None = None
    error: CloudError | None = None

    @property
    def status(self) -> str:
        return self.job.status if self.job else "gone" if self.gone else "unread"

    @property
    def over(self) -> bool:
        return bool(self.gone) or bool(self.job and self.job.terminal)

    @property
    def state(self) -> str:
        """Two sights of a job differ if this differs."""
        return f"{self.status} {self.job.restarts if self.job else self.gone}"


@dataclass(frozen=True)
class Waited:
    """How a wait ended. `news`: ids of jobs that met the condition and were not reported before."""

    sights: Sequence[Sight]
    news: frozenset[str]
    seconds: float
    failed_reads: int
    cursor: str

    @property
    def all_over(self) -> bool:
        return all(sight.over for sight in self.sights)


@contextmanager
def one_look(waited: float) -> Generator[None]:
    """In this context `wait` polls once, as the end of a wait of which `waited` seconds passed in earlier calls."""
    token = _earlier.set(waited)
    try:
        yield
    finally:
        _earlier.reset(token)


async def wait(
    cloud: CloudInRegion,
    job_ids: Sequence[str],
    until: Until,
    seconds: float,
    told: frozenset[bytes] | None,
    progress: Progress,
) -> Waited:
    """Poll until a job meets `until` that is not among `told` (states reported before, from a cursor), or `seconds`
    have passed.

    Raises CloudError if no job can be read at all.
    """
    looks = Looks(cloud, list(dict.fromkeys(job_ids)))
    clock, start, step = cloud.clock, cloud.clock.monotonic(), _STEP
    earlier = _earlier.get()
    seconds = polling.bound(seconds, progress) if earlier is None else 0
    await looks.look()
    looks.raise_if_none_can_be_read()
    await watch(cloud, (sight.job_id for sight in looks.sights if not sight.over))
    if until == "any_change" and told is None:
        told = _marks(looks.sights, cloud.key)
    while True:
        sights, passed = looks.sights, clock.monotonic() - start
        news = _news(sights, until, told or frozenset(), cloud.key)
        if news or passed >= seconds or all(sight.over for sight in sights):
            return Waited(sights, news, passed + (earlier or 0), looks.failed, encode(_marks(sights, cloud.key)))
        pause = min(step, seconds - passed)
        await polling.pause(pause, clock, progress, done=passed, total=seconds, message=_said(sights))
        step = min(step * 1.5, _MOST)
        await looks.look()


def _news(sights: Iterable[Sight], until: Until, told: frozenset[bytes], key: bytes) -> frozenset[str]:
    """Jobs that meet the condition in a state that was not reported before."""
    return frozenset(
        sight.job_id
        for sight in sights
        if sight.status != "unread"
        and (until == "any_change" or sight.over or (until == "running" and sight.status in _HAS_RUN))
        and _mark(sight, key) not in told
    )


def _said(sights: Sequence[Sight]) -> str:
    """`2 Running, 1 Queuing`."""
    counts: dict[str, int] = {}
    for sight in sights:
        counts[sight.status] = counts.get(sight.status, 0) + 1
    return ", ".join(f"{count} {status}" for status, count in counts.items())


@dataclass
class Looks:
    """Reads jobs with few requests: one ListJobs for each workspace, GetJob for jobs that it does not return."""

    cloud: CloudInRegion
    job_ids: Sequence[str]
    failed: int = 0  # failed reads that were retried with success, or will be retried
    _found: dict[str, Sight] = field(default_factory=dict[str, Sight])
    _unlisted: set[str] = field(default_factory=set[str])

    @property
    def sights(self) -> Sequence[Sight]:
        return [self._found[job_id] for job_id in self.job_ids]

    async def look(self) -> None:
        """Read the jobs that are not over. A job that cannot be read at present keeps its last state."""
        live = [job_id for job_id in self.job_ids if not (job_id in self._found and self._found[job_id].over)]
        async with anyio.create_task_group() as group:
            for workspace_id, members in self._workspaces(live).items():
                group.start_soon(self._list, workspace_id, members)
            for job_id in live:
                if self._alone(job_id, live):
                    group.start_soon(self._get, job_id)

    def raise_if_none_can_be_read(self) -> None:
        refused = [sight.error for sight in self.sights if sight.error and not sight.error.transient]
        if len(refused) == len(self.job_ids):
            raise refused[0]

    def _alone(self, job_id: str, live: Sequence[str]) -> bool:
        return len(live) == 1 or job_id in self._unlisted or self._workspace(job_id) is None

    def _workspace(self, job_id: str) -> str | None:
        sight = self._found.get(job_id)
        return sight.job.workspace_id if sight and sight.job else None

    def _workspaces(self, live: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for job_id in live:
            if not self._alone(job_id, live):
                found.setdefault(self._workspace(job_id) or "", []).append(job_id)
        return found

    async def _list(self, workspace_id: str, members: Sequence[str]) -> None:
        filters = {"WorkspaceId": workspace_id, "JobIds": ",".join(members), "ShowOwn": False, "StartTime": _EVER}
        try:
            page = await self.cloud.jobs.list(filters, 0, len(members))
        except CloudError as error:
            self.failed += 1
            if not error.transient:  # without permission to list, reading one job may be permitted
                self._unlisted.update(members)
            return
        listed = {job.job_id: job for job in page.items}
        async with anyio.create_task_group() as group:
            for job_id in members:
                if job := listed.get(job_id):
                    self._found[job_id] = Sight(job_id, job)
                else:
                    self._unlisted.add(job_id)
                    group.start_soon(self._get, job_id)

    async def _get(self, job_id: str) -> None:
        try:
            self._found[job_id] = Sight(job_id, await self.cloud.jobs.get(job_id))
        except CloudError as error:
            if error.kind == "not_found":
                self._found[job_id] = Sight(job_id, gone="not found")
            elif error.transient:
                self.failed += 1
                self._found.setdefault(job_id, Sight(job_id, error=error))
            else:
                self._found[job_id] = Sight(job_id, gone=error.what, error=error)


def _marks(sights: Iterable[Sight], key: bytes) -> frozenset[bytes]:
    return frozenset(_mark(sight, key) for sight in sights)


def _mark(sight: Sight, key: bytes) -> bytes:
    """A keyed digest of a job's state, so that a cursor reveals nothing about the job."""
    said = f"{sight.job_id} {sight.state}".encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=_MARK_BYTES, key=key[:64]).digest()


def encode(marks: Iterable[bytes]) -> str:
    return base64.urlsafe_b64encode(b"".join(sorted(marks))).decode()


def decode(text: str) -> frozenset[bytes]:
    """Raises ValueError for text that `encode` did not produce. Digests of another server match nothing, so its ends
    are reported again."""
    try:
        data = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b"?"
    if len(data) % _MARK_BYTES:
        raise ValueError("not a cursor of wait_for_jobs")
    return frozenset(data[place : place + _MARK_BYTES] for place in range(0, len(data), _MARK_BYTES))
