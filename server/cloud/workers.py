"""Worker threads for the synchronous SDK: a limited number, and none keeps the process alive.

The SDK's async client opens a session and an SSL context for each call (68 ms, 44 of them on the event loop; a sync
call takes 0.9 ms). A sync call cannot be cancelled: when its caller gives up, the thread stays until the socket times
out. With anyio's own threads such calls are no longer counted, and the interpreter waits for them at exit.
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

THREADS = 64  # an abandoned call occupies its thread until its socket times out
_IDLE = 10.0  # seconds after which an idle thread ends


class Workers:
    """Runs calls in its own threads, at most `most` at a time, abandoned calls included."""

    def __init__(self, most: int) -> None:
        self._slots = anyio.CapacityLimiter(most)
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0  # threads waiting for work

    @property
    def busy(self) -> int:
        """Number of threads with work, abandoned calls included."""
        return self._slots.statistics().borrowed_tokens

    async def run(self, call: Callable[..., T], *args: Any, started: Callable[[], None] = lambda: None) -> T:
        """Run `call(*args)` in a thread; returns or raises what it does.

        Waits for a free slot, then calls `started`. If the caller is cancelled, this returns at once.
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
            with suppress(anyio.RunFinishedError):  # the caller's event loop has ended
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
        """Loop of a thread. Threads are reused, because starting one takes longer than passing work to it."""
        while True:
            try:
                self._work.get(timeout=_IDLE)()
            except Empty:
                with self._lock:
                    if self._idle:  # else work for this thread is on its way
                        self._idle -= 1
                        return
            else:
                with self._lock:
                    self._idle += 1
