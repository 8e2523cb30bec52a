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
    """Closed; open after FAILURES in a row; half-open once COOLDOWN is over, when one request is let through to see.
    Where others were refused, the action that was let through last leaves them the next turn: a broken operation that
    somebody polls bars no stop. Seconds are given. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0
        self._let_through = ""
        self._refused = set[str]()  # actions since then

    def wait(self, now: float, action: str = "", *, goes: bool = True) -> float:
        """0: send. Else for how many seconds nothing is sent. With `goes` a request goes at 0, which may be the probe;
        one that never comes back bars the next for COOLDOWN only."""
        with self._lock:
            if self._failures < FAILURES:
                return 0
            yields = action == self._let_through and self._refused - {action}
            left = self._next_try - now + (COOLDOWN if yields else 0)
            if left > 0:
                self._refused.add(action)
                return left
            if goes:
                self._next_try = now + COOLDOWN
                self._let_through = action
                self._refused.clear()
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
        """Return when a request may go. Raises CloudError, at once, where the circuit is open or the wait would pass
        `until`, a time of anyio.current_time()."""
        self._check(action, goes=self._bucket is None)
        now = anyio.current_time()
        if self._bucket is None:
            return
        wait = self._bucket.wait(now)
        if now + wait > until:
            raise rate_limited(action, self._host, wait)
        self._bucket.take(now)
        if wait:
            await anyio.sleep(wait)
        self._check(action, goes=True)  # it may have opened meanwhile

    def _check(self, action: str, *, goes: bool) -> None:
        if wait := self._breaker.wait(self._clock(), action, goes=goes):
            raise circuit_open(action, self._host, FAILURES, wait)

    def failed(self, error: CloudError) -> None:
        """Count a failed request; one that was not sent is not counted."""
        if error.kind in _FAULTS or error.http_status:
            self._breaker.count(self._clock(), failed=error.kind in _FAULTS)

    def answered(self) -> None:
        """Count a request that got an answer."""
        self._breaker.count(self._clock(), failed=False)
