"""A request that was begun is answered or waited for a moment; one that was not is not begun."""

import anyio
import pytest

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.workflows import shielded


async def test_a_cancelled_caller_still_gets_an_answer_that_comes_in_time() -> None:
    heard: list[str] = []

    async def call() -> str:
        await anyio.sleep(0.2)
        return "done"

    with anyio.move_on_after(0.05) as scope:
        heard.append(await shielded.finished(call))
        await anyio.lowlevel.checkpoint()
    assert (heard, scope.cancelled_caught) == (["done"], True)


async def test_without_one_the_cancellation_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shielded, "_GRACE", 0.2)
    started = anyio.current_time()
    with anyio.move_on_after(0.05) as scope:
        await shielded.finished(anyio.sleep_forever)
    assert scope.cancelled_caught
    assert 0.2 < anyio.current_time() - started < 2


async def test_a_call_that_is_cancelled_already_sends_nothing() -> None:
    begun: list[int] = []

    async def call() -> None:
        begun.append(1)

    with anyio.CancelScope() as scope:
        scope.cancel()
        await shielded.finished(call)
    assert begun == []


async def test_a_failure_is_the_caller_s_cancelled_or_not() -> None:
    async def call() -> None:
        await anyio.sleep(0.1)
        raise Failure("no", fix="ask", code="No")

    with pytest.raises(Failure):
        await shielded.finished(call)
    with anyio.move_on_after(0.05), pytest.raises(Failure):
        await shielded.finished(call)
