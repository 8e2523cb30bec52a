"""Looking at a job again until something holds, within a bound."""

from collections.abc import Awaitable, Callable

import anyio

from pai_dlc_mcp.server.cloud.jobs import Job

_STEP = 0.5  # seconds; doubled after each look, up to 4


async def until(look: Callable[[], Awaitable[Job]], holds: Callable[[Job], bool], within: float) -> Job:
    """The job once `holds` does, or as last seen when `within` seconds have passed, the looks included."""
    step, end = _STEP, anyio.current_time() + within
    job = await look()
    while not holds(job) and (left := end - anyio.current_time()) > 0:
        await anyio.sleep(min(step, left))
        step = min(step * 2, 4)
        job = await look()
    return job
