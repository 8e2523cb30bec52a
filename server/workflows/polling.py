"""Polls GetJob until a condition holds or a number of seconds has passed, and reports progress meanwhile."""

from collections.abc import Awaitable, Callable

from pai_dlc_mcp.server import deadline
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Progress

_STEP = 0.5  # seconds; doubled after each request, at most 4
_UNHEARD_SECONDS = 45.0  # hosts drop a call without progress after 60 s, and a request takes time as well
_TELL_SECONDS = 5.0  # seconds between two progress notifications


def bound(asked: float, progress: Progress) -> float:
    """Seconds that a call may wait: less than 60 if the client takes no progress notifications, as hosts then drop the
    call."""
    return asked if progress.heard else min(asked, _UNHEARD_SECONDS)


async def until(
    look: Callable[[], Awaitable[Job]],
    holds: Callable[[Job], bool],
    within: float,
    clock: Clock,
    progress: Progress,
    waiting_for: str,
) -> Job:
    """Polls `look` until `holds(job)` or `within` seconds have passed, requests included. Returns the last job seen.
    Raises what `look` raises."""
    start, step = clock.monotonic(), _STEP
    within = bound(within, progress)
    job = await look()
    while not holds(job) and (left := within - (clock.monotonic() - start)) > 0:
        await progress.tell(within - left, within, f"{job.job_id} is {job.status}, waiting for {waiting_for}")
        with deadline.not_counted():
            await clock.sleep(min(step, left))
        step = min(step * 2, 4)
        job = await look()
    return job


async def pause(seconds: float, clock: Clock, progress: Progress, *, done: float, total: float, message: str) -> None:
    """Sleep; notify progress every few seconds. `done`: seconds of `total` that passed before this call."""
    slept = 0.0
    while slept < seconds:
        await progress.tell(done + slept, total, message)
        part = min(_TELL_SECONDS, seconds - slept)
        with deadline.not_counted():
            await clock.sleep(part)
        slept += part
