"""When a request may go to an endpoint: a circuit breaker, and a token bucket for polite polling."""

import threading
from collections.abc import Callable

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError, circuit_open, rate_limited

FAILURES = 10
"""In a row. Three reads of three tries each do not open it: one broken operation is no broken endpoint."""
COOLDOWN = 10.0  # seconds
_FAULTS = ("unavailable", "timeout", "connection", "unreachable", "invalid_answer")  # a proxy's page is the last


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
        """The outcome of one request. Whatever is no fault of the endpoint closes it."""
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            self._next_try = now + COOLDOWN


class Bucket:
    """At most `rate` requests a second, after `burst` at once: a token bucket, kept as one number (GCRA). Seconds are
    given."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._taken_until = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until the next request may go."""
        return max(0.0, self._taken_until + (1 - self._burst) / self._rate - now)

    def take(self, now: float) -> None:
        """The next request takes its token, one that is still to come where it has to wait."""
        self._taken_until = max(self._taken_until, now) + 1 / self._rate


class Traffic:
    """All requests to one product in one region. `rate` is requests a second, and twice as many at once; None is
    without limit. `clock` gives seconds for the breaker."""

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
        """A request came back with this error. One that was never sent says nothing of the endpoint."""
        if error.kind in _FAULTS or error.http_status:
            self._breaker.count(self._clock(), failed=error.kind in _FAULTS)

    def answered(self) -> None:
        """A request was answered."""
        self._breaker.count(self._clock(), failed=False)
