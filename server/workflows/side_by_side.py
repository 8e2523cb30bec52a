"""Runs one call for each item of a sequence, all in parallel."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

S = TypeVar("S")
T = TypeVar("T")


async def side_by_side(call: Callable[[S], Awaitable[T]], of: Sequence[S]) -> list[T]:
    """The results, in the order of `of`. If calls raise, the others are cancelled and an ExceptionGroup is raised."""
    answers: dict[int, T] = {}

    async def one(number: int, given: S) -> None:
        answers[number] = await call(given)

    async with anyio.create_task_group() as group:
        for number, given in enumerate(of):
            group.start_soon(one, number, given)
    return [answers[number] for number in range(len(of))]
