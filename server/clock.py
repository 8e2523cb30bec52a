"""The server's clocks: the service's time, and the time for this server's waits. Injected, so that tests run on the
emulator's clock."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio


@dataclass(frozen=True)
class Clock:
    """`epoch`: the service's time in seconds since 1970. `monotonic` and `sleep`: for the waits of this server."""

    epoch: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    def now(self) -> datetime:
        """The service's time, UTC."""
        return datetime.fromtimestamp(self.epoch(), UTC)
