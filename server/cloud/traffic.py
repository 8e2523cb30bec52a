"""Limits the requests to an endpoint: a circuit breaker and a token bucket."""

import threading
from collections.abc import Callable

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError, circuit_open, rate_limited

FAILURES = 10
"""In a row. More than three reads of three tries: a single failing operation does not open the breaker."""
COOLDOWN = 10.0  # seconds
_FAULTS = ("unavailable", "timeout", "connection", "unreachable", "invalid_answer")  # the last: e.g. a proxy's page


class Breaker:
    """A circuit breaker. Opens after FAILURES failures in a row; after COOLDOWN seconds lets one request through as a
    probe. `now` in seconds. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0

    def wait(self, now: float) -> float:
        """0 if a request may be sent, else the seconds until then. A probe without an outcome blocks the next one for
        COOLDOWN seconds only."""
        with self._lock:
            if self._failures < FAILURES:
                return 0
            if now < self._next_try:
                return self._next_try - now
            self._next_try = now + COOLDOWN
            return 0

    def count(self, now: float, *, failed: bool) -> None:
        """Count the outcome of a request. Any outcome that is not the endpoint's fault closes the breaker."""
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            self._next_try = now + COOLDOWN


class Bucket:
    """A token bucket (GCRA): `rate` requests a second after `burst` at once. Times in seconds."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._taken_until = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until the next request may be sent."""
        return max(0.0, self._taken_until + (1 - self._burst) / self._rate - now)

    def take(self, now: float) -> None:
        """Take the token of the next request, also one that must still wait."""
        self._taken_until = max(self._taken_until, now) + 1 / self._rate


class Traffic:
    """All requests to one product in one region. `rate`: requests a second, twice as many at once; None for no limit.
    `clock`: seconds, for the breaker."""

    def __init__(self, host: str, rate: float | None, clock: Callable[[], float]) -> None:
        self._host, self._clock = host, clock
        self._breaker = Breaker()
        self._bucket = Bucket(rate, max(1, 2 * rate)) if rate else None

    async def admit(self, action: str, until: float) -> None:
        """Wait until a request may be sent. Raises CloudError at once if the breaker is open or the wait would end
        after `until` (in anyio.current_time())."""
        self._check(action)
        now = anyio.current_time()
        if self._bucket is None:
            return
        wait = self._bucket.wait(now)
        if now + wait > until:
            raise rate_limited(action, self._host, wait)
        self._bucket.take(now)
        if wait:
            await anyio.sleep(wait)
            self._check(action)  # it may have opened during the wait

    def _check(self, action: str) -> None:
        if wait := self._breaker.wait(self._clock()):
            raise circuit_open(action, self._host, FAILURES, wait)

    def failed(self, error: CloudError) -> None:
        """Count a failed request; one that was not sent is not counted."""
        if error.kind in _FAULTS or error.http_status:
            self._breaker.count(self._clock(), failed=error.kind in _FAULTS)

    def answered(self) -> None:
        """Count a request that got an answer."""
        self._breaker.count(self._clock(), failed=False)
