"""Worker threads for the sync SDK: a bounded number, and none that keeps the process alive.

The SDK's async client opens a session and an SSL context a call (68 ms, 44 of them on the event loop, against 0.9 ms).
A sync call cannot be cancelled: a caller that gives up leaves its thread behind until the socket times out. anyio's
own threads are then no longer counted, and the interpreter waits for them when it ends.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel

T = TypeVar("T")

THREADS = 64  # a call that was given up keeps its thread until its socket times out
_IDLE = 10.0  # seconds after which a thread without work ends


class Workers:
    """Runs calls in threads of their own, at most `most` at once, those left behind included."""

    def __init__(self, most: int) -> None:
        self._slots = anyio.CapacityLimiter(most)
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0  # threads that wait for work which nobody has put yet

    @property
    def busy(self) -> int:
        """Threads at work, those left behind included."""
        return self._slots.statistics().borrowed_tokens

    async def run(self, call: Callable[..., T], *args: Any, started: Callable[[], None] = lambda: None) -> T:
        """Call `call(*args)` in a thread and return its answer, or raise what it raised.

        Waits for a slot; `started` is called when there is one. A cancelled caller returns at once.
        """
        slot, token, ended = object(), anyio.lowlevel.current_token(), anyio.Event()
        await self._slots.acquire_on_behalf_of(slot)
        started()
        outcome: Future[T] = Future()
        context = copy_context()

        def end() -> None:
            self._slots.release_on_behalf_of(slot)
            ended.set()

        def work() -> None:
            try:
                outcome.set_result(context.run(call, *args))
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
                outcome.set_exception(error)
            with suppress(anyio.RunFinishedError):  # the caller's event loop has ended meanwhile
                anyio.from_thread.run_sync(end, token=token)

        self._put(work)
        await ended.wait()
        return outcome.result()

    def _put(self, work: Callable[[], None]) -> None:
        with self._lock:
            waits, self._idle = self._idle > 0, max(0, self._idle - 1)
        self._work.put(work)
        if not waits:
            threading.Thread(target=self._serve, name="Alibaba Cloud call", daemon=True).start()

    def _serve(self) -> None:
        """A thread's life: to start one a call takes longer than to hand it over."""
        while True:
            try:
                self._work.get(timeout=_IDLE)()
            except Empty:
                with self._lock:
                    if self._idle:  # else work is on its way to this one
                        self._idle -= 1
                        return
            else:
                with self._lock:
                    self._idle += 1
