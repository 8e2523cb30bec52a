"""Lets a request finish that has been sent: a cancelled call or an ending process waits a few seconds for it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from pai_dlc_mcp.server.errors import Failure

T = TypeVar("T")

_GRACE = 2.0  # seconds


async def finished(call: Callable[[], Awaitable[T]]) -> T:
    """The result of `call`, also if this task is cancelled during it and the result comes within `_GRACE` seconds. If
    the task was cancelled before, `call` does not run; if the result is late, the cancellation is raised."""
    await anyio.lowlevel.checkpoint_if_cancelled()
    answers, failures = list[T](), list[Failure]()
    shield, ended = anyio.CancelScope(shield=True), anyio.Event()

    async def run() -> None:
        with shield:
            try:
                answers.append(await call())
            except Failure as failure:
                failures.append(failure)
        ended.set()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            try:
                await ended.wait()
            finally:
                shield.deadline = anyio.current_time() + _GRACE
    except anyio.get_cancelled_exc_class():
        if not answers and not failures:
            raise
    if failures:
        raise failures[0]
    return answers[0]
