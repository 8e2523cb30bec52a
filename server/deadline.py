"""The deadline of one tool call, shared by all its requests. Time spent waiting for a user's answer is not counted."""

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
    """Start the deadline: `left()` counts down from `seconds` in every task that the call starts."""
    token = _current.set(_Deadline(time.monotonic() + seconds))
    try:
        yield
    finally:
        _current.reset(token)


def left() -> float:
    """Seconds until the deadline; infinite outside a tool call."""
    deadline = _current.get()
    return deadline.at - time.monotonic() if deadline else float("inf")


@contextmanager
def not_counted() -> Generator[None]:
    """Stop the deadline meanwhile: for a user's answer, or for a wait that the caller asked for."""
    started, deadline = time.monotonic(), _current.get()
    try:
        yield
    finally:
        if deadline:
            deadline.at += time.monotonic() - started
