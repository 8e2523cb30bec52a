"""The deadline of a call, and the retries of a read within it."""

import random
from collections.abc import Callable
from typing import TypeVar

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError, busy, timed_out
from pai_dlc_mcp.server.cloud.workers import Workers

T = TypeVar("T")

READ_TRIES = 3  # a first try and two retries
_BACKOFF = 0.5  # seconds, doubled each time


async def tried(call: Callable[[], T], workers: Workers, *, tries: int, deadline: float, action: str, host: str) -> T:
    """Carry out `call` in a worker thread, up to `tries` times while its CloudError is a transient one.

    A wait that would pass the deadline (seconds, all tries together) is not begun. Raises CloudError.
    """
    begun: list[int] = []
    with anyio.move_on_after(deadline) as scope:
        for number in range(1, tries + 1):
            try:
                return await workers.run(call, started=lambda: begun.append(1))
            except CloudError as error:
                wait = error.retry_after or _BACKOFF * 2**number * random.uniform(0.5, 1)  # noqa: S311 - jitter
                if number == tries or not error.transient or wait > scope.deadline - anyio.current_time():
                    raise
                await anyio.sleep(wait)
    raise timed_out(action, host, deadline) if begun else busy(action, deadline)
