"""The server's clocks, injected so that tests run on the emulator's: for its own waits, and for the service's time."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio


@dataclass(frozen=True)
class Clock:
    """`epoch`: the service's time, seconds since 1970. `monotonic` and `sleep`: how this server's waits pass."""

    epoch: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    def now(self) -> datetime:
        """The service's time, UTC."""
        return datetime.fromtimestamp(self.epoch(), UTC)
