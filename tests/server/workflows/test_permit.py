"""A permit sends what was planned, each request once; a sender sends what asks nobody."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.account import Identity
from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.deps import App
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.safety.gate import Gate
from pai_dlc_mcp.server.safety.risks import RISKS
from pai_dlc_mcp.server.safety.store import MemoryStore
from pai_dlc_mcp.server.workflows.permit import Gated, Permit, Plan, Sent, SentFailure, UnaskedSender

JOB = "dlc4stillrunning"


@pytest.fixture
def app(gateway_for: Any, settings_for: Any) -> App:
    store = MemoryStore(lambda: 0.0)
    gateway = gateway_for()
    return App(settings_for(), gateway, Gate(settings_for(), lambda: 0.0, store), b"k" * 32, store, Identity(gateway))


def permit(app: App, *writes: Any) -> Permit[Any]:
    return Permit(Plan(None, writes, Gated, {}), app, Caller("local"), True)


async def test_a_planned_write_is_sent_once(app, cloud, emulator) -> None:
    given = permit(app, cloud.jobs.stop(JOB))
    await given.send()
    with pytest.raises(RuntimeError, match="no longer"):
        await given.send()
    assert emulator.requests.actions() == ["StopJob"]


async def test_nothing_but_the_planned_writes_is_sent(app, cloud, emulator) -> None:
    given = permit(app, cloud.jobs.stop(JOB))
    for other in (cloud.jobs.stop("dlc9restarted009"), cloud.jobs.delete(JOB), cloud.jobs.update(JOB, {"Priority": 1})):
        with pytest.raises(RuntimeError, match="permitted"):
            await given.send(other)
    assert emulator.requests == []


@pytest.mark.parametrize("action", sorted({risk.action for risk in RISKS.values() if risk.certain}))
async def test_what_asks_is_not_sent_without_a_permit(app, cloud, emulator, action) -> None:
    with pytest.raises(RuntimeError, match="needs a permit"):
        await UnaskedSender(app, Caller("local")).send(cloud.jobs.api.write(action, JOB))
    assert emulator.requests == []


async def test_what_asks_nobody_is_sent(app, cloud, emulator) -> None:
    await UnaskedSender(app, Caller("local")).send(cloud.tags.add([JOB], {"team": "llm"}))
    assert emulator.requests.actions() == ["TagResources"]


LATER, REFUSED = Failure("It cannot be read.", fix="", code="X"), Failure("No answer came.", fix="", code="Y")


def write(action: str, *path: str, by: str = "get_job") -> Write[None]:
    return Write("pai-dlc", action, "cn-hangzhou", path, {}, by, lambda _: None)


STOP, UPDATE = write("StopJob", "dlc1"), write("UpdateJob", "dlc2", by="list_jobs")


@pytest.mark.parametrize(
    ("sent", "failure", "told"),
    [
        (Sent(), LATER, None),
        (Sent([STOP]), SentFailure("It says so.", fix="", code="Z"), None),
        (Sent([], [(STOP, REFUSED)]), REFUSED, None),  # it is the answer that did not come
        (Sent([STOP]), LATER, ("StopJob dlc1 was sent and accepted", "get_job")),
        (Sent([UPDATE, STOP]), LATER, ("UpdateJob dlc2, StopJob dlc1 were sent and accepted", "list_jobs")),
        (Sent([], [(UPDATE, REFUSED)]), LATER, ("UpdateJob dlc2 was sent and not answered", "list_jobs")),
        (
            Sent([STOP], [(UPDATE, REFUSED)]),
            REFUSED,
            ("StopJob dlc1 was sent and accepted; UpdateJob dlc2 was sent and not answered", "get_job"),
        ),
    ],
)
def test_what_was_sent_is_told_when_the_call_fails(sent: Sent, failure: Failure, told: tuple[str, str] | None) -> None:
    if told is None:
        assert sent.told(failure) is None
        return
    said, by = told
    assert sent.told(failure) == (
        f"{said}; what came of it could not be looked at: {failure.what}",
        f"Do not send it again: look with {by}.",
    )
