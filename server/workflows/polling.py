"""Polls GetJob until a condition holds or a number of seconds has passed, and reports progress meanwhile."""

from collections.abc import Awaitable, Callable

from pai_dlc_mcp.server import deadline
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import Progress

_STEP = 0.5  # seconds; doubled after each look, up to 4
_UNHEARD_SECONDS = 45.0  # hosts that get no progress drop a call at 60 s, and a read may take its time
_TELL_SECONDS = 5.0  # between two notifications of progress


def bound(asked: float, progress: Progress) -> float:
    """Seconds that a call may take of those asked for: a host drops a call without progress after 60."""
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
    """Sleeps, with a notification of progress every few seconds; `done` of `total` seconds have passed before."""
    slept = 0.0
    while slept < seconds:
        await progress.tell(done + slept, total, message)
        part = min(_TELL_SECONDS, seconds - slept)
        with deadline.not_counted():
            await clock.sleep(part)
        slept += part
