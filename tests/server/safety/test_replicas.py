"""Two servers on one folder, and one that was started again: one yes, one write; one no for both."""

import re
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.faults import Fault

JOB, OTHER = "dlc4stillrunning", "dlc9restarted009"
YES, NO = ElicitResult(action="accept", content={"confirm": True}), ElicitResult(action="decline")
MINT = {"target_id": JOB}
pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])  # 2026-07-28, and the handshake era


class Clock:
    def __init__(self) -> None:
        self.time = 1_767_578_400.0

    def __call__(self) -> float:
        return self.time


def minted(emulator: Any) -> int:
    return emulator.requests.actions().count("GetToken")


def answering(*answers: ElicitResult) -> Any:
    left = list(answers)

    async def answer(*_: Any) -> ElicitResult:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def without_form(agent: Any, mode: Any) -> Any:
    """The same server, seen by a client that leaves the form out."""
    return type(agent)(lambda: Client(agent.server, mode=mode, cache=None))


async def test_04_one_token_issues_once_on_two_replicas_and_after_a_restart(connect, emulator, mode) -> None:
    token = (await connect(mode=mode).facts("get_token", **MINT))["confirmation_token"]
    told = [await connect(mode=mode).facts("get_token", **MINT, confirmation_token=token) for _ in range(3)]
    assert [found["status"] for found in told] == ["issued", "confirmation_required", "confirmation_required"]
    assert told[1]["reason"] == "The confirmation token has been used already."
    assert minted(emulator) == 1


async def test_04_of_many_calls_at_once_with_one_token_one_acts(connect, emulator, mode) -> None:
    one, other = connect(mode=mode), connect(mode=mode)
    token = (await one.facts("get_token", **MINT))["confirmation_token"]
    told: list[str] = []

    async def call(agent: Any) -> None:
        told.append((await agent.facts("get_token", **MINT, confirmation_token=token))["status"])

    async with anyio.create_task_group() as group:
        for agent in (one, other) * 4:
            group.start_soon(call, agent)
    assert (told.count("issued"), minted(emulator)) == (1, 1)


async def test_04_a_failed_re_read_burns_no_token(connect, emulator, mode) -> None:
    agent = connect(mode=mode)
    token = (await agent.facts("get_token", **MINT))["confirmation_token"]
    emulator.faults.add(Fault("GetJob", "no_permission", skip=1))  # the look before the question passes
    await agent.error("get_token", **MINT, confirmation_token=token)
    assert minted(emulator) == 0
    assert (await agent.facts("get_token", **MINT, confirmation_token=token))["status"] == "issued"


async def test_04_a_clock_set_back_revives_no_token(connect, emulator, mode) -> None:
    clock = Clock()
    agent = connect(mode=mode, now=clock)
    token = (await agent.facts("get_token", **MINT))["confirmation_token"]
    for step in (400, -200, -200, -3600):
        clock.time += step
        found = await connect(mode=mode, now=clock).facts("get_token", **MINT, confirmation_token=token)
        assert found["status"] == "confirmation_required"
    assert minted(emulator) == 0


async def test_04_an_answered_form_is_answered_once_whichever_replica_hears_it(connect, emulator, mode) -> None:
    if mode == "legacy":
        return  # a live question has no state to send again
    agents = [connect(elicitation_callback=answering(YES)) for _ in range(2)]
    async with agents[0].open_client() as one, agents[1].open_client() as other:
        first = await one.session.call_tool("get_token", MINT, allow_input_required=True)
        answer = {
            "input_responses": dict.fromkeys(first.input_requests, YES),
            "request_state": first.request_state,
            "allow_input_required": True,
        }
        done = await other.session.call_tool("get_token", MINT, **answer)
        assert done.structured_content["status"] == "issued"
        for client in (one, other):
            with pytest.raises(MCPError):
                await client.session.call_tool("get_token", MINT, **answer)
    assert minted(emulator) == 1


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_01_a_no_bars_the_token_on_every_replica_and_after_a_restart(connect, emulator, mode, action) -> None:
    no = ElicitResult(action=action)
    found = await connect(mode=mode, elicitation_callback=answering(no)).facts("stop_job", job_id=JOB)
    assert "pai-dlc-mcp approve" in found["next"]
    assert "PAI_DLC_EFFECTS" in found["next"]
    agent = connect(mode=mode)
    for arguments in ({}, {"confirmation_token": "yes"}, {"confirmation_token": "confirm-" + "A" * 32}):
        found = await agent.facts("stop_job", job_id=JOB, **arguments)
        assert (found["status"], "confirmation_token" in found) == ("not_executed", False)
        assert re.search(r"pai-dlc-mcp approve [A-Z0-9]{4}-[A-Z0-9]{4}", found["next"])
    assert "StopJob" not in emulator.requests.actions()


async def test_01_a_token_from_before_the_no_opens_nothing(connect, emulator, mode) -> None:
    plain = connect(mode=mode)
    token = (await plain.facts("stop_job", job_id=JOB))["confirmation_token"]
    await connect(mode=mode, elicitation_callback=answering(NO)).facts("stop_job", job_id=JOB)
    found = await plain.facts("stop_job", job_id=JOB, confirmation_token=token)
    assert found["reason"].startswith("declined: ")
    assert "StopJob" not in emulator.requests.actions()


async def test_01_a_no_to_several_is_a_no_to_each(connect, emulator, mode) -> None:
    asked = connect(mode=mode, toolsets="admin", elicitation_callback=answering(NO))
    await asked.facts("stop_jobs", job_ids=[JOB, OTHER])
    agent = connect(mode=mode, toolsets="admin")
    for tool, arguments in (("stop_job", {"job_id": OTHER}), ("stop_jobs", {"job_ids": [JOB]})):
        assert (await agent.facts(tool, **arguments))["reason"].startswith("declined: ")
    assert (await agent.facts("get_token", target_id=JOB))["status"] == "confirmation_required"  # another effect


async def test_01_after_a_no_three_forms_an_hour_are_shown(connect, emulator, mode) -> None:
    shown: list[str] = []

    async def no(_: Any, asked: Any) -> ElicitResult:
        shown.append(asked.message)
        return NO

    agents = [connect(mode=mode, elicitation_callback=no) for _ in range(2)]
    told = [await agents[n % 2].facts("stop_job", job_id=JOB) for n in range(6)]
    assert len(shown) == 1 + 3
    assert "The user declined this before." in told[-1]["reason"]


async def test_01_a_yes_to_a_later_form_settles_it(connect, emulator, mode) -> None:
    agent = connect(mode=mode, elicitation_callback=answering(NO, YES))
    assert (await agent.facts("get_token", **MINT))["status"] == "not_executed"
    assert (await agent.facts("get_token", **MINT))["status"] == "issued"
    assert (await without_form(agent, mode).facts("get_token", **MINT))["status"] == "confirmation_required"


async def test_a_folder_that_cannot_be_used_any_more_stops_what_needs_it(connect, emulator, mode, tmp_path) -> None:
    folder = tmp_path / "state"
    agents = [connect(mode=mode, state=folder, elicitation_callback=answering(YES)), connect(mode=mode, state=folder)]
    folder.rename(tmp_path / "gone")
    folder.write_text("")
    for agent in agents:
        for tool, arguments in (("stop_job", {"job_id": JOB}), ("create_job", agent.JOB)):
            said = await agent.error(tool, **arguments)
            assert "code: StateUnusable" in said
            assert "without it nothing is sent" in said
    assert not {"StopJob", "CreateJob"} & set(emulator.requests.actions())
