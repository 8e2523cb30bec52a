"""One call for each of several things, all at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

S = TypeVar("S")
T = TypeVar("T")


async def side_by_side(call: Callable[[S], Awaitable[T]], of: Sequence[S]) -> list[T]:
    """The answers, in the order of what was asked. Raises ExceptionGroup of what a call raised; the others are then
    cancelled."""
    answers: dict[int, T] = {}

    async def one(number: int, given: S) -> None:
        answers[number] = await call(given)

    async with anyio.create_task_group() as group:
        for number, given in enumerate(of):
            group.start_soon(one, number, given)
    return [answers[number] for number in range(len(of))]
