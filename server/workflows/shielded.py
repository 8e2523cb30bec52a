"""Lets a request that was sent finish: a cancelled call, or a process told to end, waits for it a few seconds."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from pai_dlc_mcp.server.errors import Failure

T = TypeVar("T")

_GRACE = 2.0  # seconds


async def finished(call: Callable[[], Awaitable[T]]) -> T:
    """The answer of `call`, also when this task is cancelled while it runs and the answer comes within `_GRACE`
    seconds. Cancelled before it began, it is not called; without an answer in time the cancellation goes on."""
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
