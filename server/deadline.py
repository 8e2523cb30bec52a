"""The time one tool call has for all its requests, whoever makes them; a human's answer is not counted."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class _Deadline:
    at: float  # seconds of the monotonic clock


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def whole_call(seconds: float) -> Generator[None]:
    """From here on `left()` counts down from `seconds`, in every task that the call starts."""
    token = _current.set(_Deadline(time.monotonic() + seconds))
    try:
        yield
    finally:
        _current.reset(token)


def left() -> float:
    """Seconds; endless outside a call."""
    deadline = _current.get()
    return deadline.at - time.monotonic() if deadline else float("inf")


@contextmanager
def not_counted() -> Generator[None]:
    """What happens here takes nothing of the call's time: a human's answer, or a wait that the caller asked for."""
    started, deadline = time.monotonic(), _current.get()
    try:
        yield
    finally:
        if deadline:
            deadline.at += time.monotonic() - started
