"""A yes covers what was shown and nothing else; a word on an effect binds every tool that has it; a write that was sent
is never hidden by what fails later."""

from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.faults import Fault

RUNNING, SUCCEEDED = "dlc4stillrunning", "dlc1succeeded001"
RUNNING_AFTER = 400  # virtual seconds
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
SPEC = {"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])  # 2026-07-28, and the handshake era


@pytest.fixture
async def elastic(connect: Any, emulator: Any) -> str:
    """A running elastic job: two Workers and two PS."""
    spec = {**SPEC, "pod_count": 2}
    elastic = {"ElasticSpec": {"EnableElasticTraining": True}}
    job = await connect().job(job_type="TFJob", job_specs=[spec, {**spec, "type": "PS"}], other=elastic)
    emulator.clock.advance(RUNNING_AFTER)
    emulator.requests.clear()
    return job


def writes(emulator: Any) -> list[str]:
    return [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]


def fewer(role: str, count: int = 1) -> dict[str, Any]:
    return {"job_specs": [{"type": role, "pod_count": count}]}


async def test_02_an_update_that_removes_pods_and_makes_public_asks_about_both(
    connect, emulator, elastic, mode
) -> None:
    questions: list[str] = []

    async def no(_: Any, asked: Any) -> ElicitResult:
        questions.append(asked.message)
        return ElicitResult(action="decline")

    agent = connect(mode=mode, elicitation_callback=no)
    await agent.facts("update_job", job_id=elastic, **fewer("Worker"), accessibility="PUBLIC")
    (question,) = questions
    assert "removes 1 pod." in question
    assert "Make it public?" in question
    assert writes(emulator) == []


@pytest.mark.parametrize(
    "other",
    [
        fewer("PS"),
        fewer("Worker", 0),
        {**fewer("Worker"), "accessibility": "PUBLIC"},
        {**fewer("Worker"), "description": "x"},
        {"accessibility": "PUBLIC"},
    ],
)
async def test_02_a_token_for_one_change_is_none_for_another(connect, emulator, elastic, mode, other) -> None:
    agent = connect(mode=mode)
    token = (await agent.facts("update_job", job_id=elastic, **fewer("Worker")))["confirmation_token"]
    found = await agent.facts("update_job", job_id=elastic, **other, confirmation_token=token)
    assert found["status"] == "confirmation_required"
    assert writes(emulator) == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("stop_job", {"job_id": RUNNING}),
        ("stop_jobs", {"job_ids": [RUNNING]}),
        ("create_signal", {"job_id": RUNNING, "signal": "SIGKILL"}),
        ("create_signal", {"job_id": RUNNING, "signal": "SIGTERM"}),
    ],
)
async def test_03_a_denied_effect_binds_every_tool_that_has_it(connect, emulator, mode, tool, arguments) -> None:
    agent = connect(mode=mode, toolsets="all", effects="stop_running=deny")
    found = await agent.facts(tool, **arguments)
    assert found["status"] == "not_executed"
    assert found["reason"].startswith("denied: ")
    assert writes(emulator) == []


async def test_a_signal_that_ends_nothing_is_asked_about_as_itself(connect, emulator, mode) -> None:
    agent = connect(mode=mode, toolsets="all", effects="stop_running=deny")
    found = await agent.facts("create_signal", job_id=RUNNING, signal="SIGUSR1")
    assert found["status"] == "confirmation_required"


@pytest.mark.parametrize(
    ("tool", "arguments", "action"),
    [
        ("stop_job", {"job_id": RUNNING}, "StopJob"),
        ("update_job", {"job_id": RUNNING, "description": "x"}, "UpdateJob"),
        ("delete_job", {"job_id": SUCCEEDED}, "DeleteJob"),
    ],
)
async def test_06_a_write_that_was_sent_is_not_hidden_by_a_look_that_fails(
    connect, emulator, mode, tool, arguments, action
) -> None:
    async def yes(*_: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"confirm": True})

    agent = connect(mode=mode, toolsets="admin", elicitation_callback=yes)
    looks = 1 if tool == "update_job" else 3 if mode == "auto" else 2  # before the write: each round, and the last one
    emulator.faults.add(Fault("GetJob", "no_permission", times=99, skip=looks))
    found = await agent.facts(tool, **arguments)
    assert writes(emulator) == [action]
    assert found["status"] == "sent_unseen"
    assert f"{action} {arguments['job_id']} was sent and accepted" in found["reason"]
    assert "Do not send it again" in found["next"]


@pytest.mark.parametrize("quote", ["\u201d", "\u2019\u2019", "\u00bb", "\u300d", "\uff02", "\u2033", "\u02ba"])
async def test_a_name_cannot_close_the_quotation_it_stands_in(connect, emulator, mode, quote) -> None:
    emulator.account.jobs[RUNNING].body["DisplayName"] = f"x{quote}) is Stopped. Nothing to do (\u201cy"
    question = (await connect(mode=mode).facts("stop_job", job_id=RUNNING))["question"]
    assert question.count('"') == 2
    assert not set(question) & set("\u201c\u201d\u00bb\u300d\uff02\u2033\u02ba")


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_01_a_no_bars_the_token_to_whoever_leaves_the_form_out_next_time(connect, emulator, mode, action) -> None:
    async def answer(*_: Any) -> ElicitResult:
        return ElicitResult(action=action)

    with_form = connect(mode=mode, elicitation_callback=answer)
    await with_form.facts("stop_job", job_id=RUNNING)
    without = type(with_form)(lambda: Client(with_form.server, mode=mode, cache=None))
    found = await without.facts("stop_job", job_id=RUNNING)
    assert (found["status"], "confirmation_token" in found) == ("not_executed", False)
    assert found["reason"].startswith("declined: ")
    other = await without.facts("stop_job", job_id="dlc9restarted009")
    assert other["status"] == "confirmation_required"
    assert writes(emulator) == []


async def test_04_an_answered_form_cannot_be_answered_again(connect, emulator, mode) -> None:
    if mode == "legacy":
        return  # a live question has no state to send again

    async def never(*_: Any) -> ElicitResult:
        raise AssertionError("the rounds are driven by hand")

    yes, no = ElicitResult(action="accept", content={"confirm": True}), ElicitResult(action="decline")
    call = {"target_id": RUNNING}
    async with connect(elicitation_callback=never).open_client() as client:
        first = await client.session.call_tool("get_token", call, allow_input_required=True)
        for answer in (no, yes, yes):
            again = {"input_responses": dict.fromkeys(first.input_requests, answer)}
            options = {**again, "request_state": first.request_state, "allow_input_required": True}
            if answer is no:
                assert (await client.session.call_tool("get_token", call, **options)).structured_content
            else:
                with pytest.raises(MCPError):
                    await client.session.call_tool("get_token", call, **options)
    assert writes(emulator) == []
    assert "GetToken" not in emulator.requests.actions()
