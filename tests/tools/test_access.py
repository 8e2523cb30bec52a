"""Ways into a job: behind the gate, into running pods only, shown once."""

from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator

JOB, POD = "dlc4stillrunning", "dlc4stillrunning-master-0"
CALLS = [("get_web_terminal", {"job_id": JOB, "pod_id": POD}), ("get_token", {"target_id": JOB})]
ACTIONS = {"get_web_terminal": "GetWebTerminal", "get_token": "GetToken"}
SECRETS = {"get_web_terminal": "web_terminal_url", "get_token": "token"}


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_nothing_is_issued_before_a_yes(tool: str, arguments: Any, agent: Any, emulator: Emulator) -> None:
    asked = await agent.facts(tool, **arguments)
    assert asked["status"] == "confirmation_required"
    assert SECRETS[tool] not in asked
    assert ACTIONS[tool] not in emulator.requests.actions()


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_token_of_the_question_issues_it_once(
    tool: str, arguments: Any, agent: Any, emulator: Emulator
) -> None:
    token = (await agent.facts(tool, **arguments))["confirmation_token"]
    issued = await agent.facts(tool, **arguments, confirmation_token=token)
    assert issued["status"] == "issued"
    assert issued[SECRETS[tool]]
    again = await agent.facts(tool, **arguments, confirmation_token=token)
    assert again["status"] == "confirmation_required"
    assert emulator.requests.actions().count(ACTIONS[tool]) == 1


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_declined_form_issues_nothing(
    tool: str, arguments: Any, mode: str, connect: Any, emulator: Emulator
) -> None:
    async def no(*_: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    answer = await connect(mode=mode, elicitation_callback=no).facts(tool, **arguments)
    assert answer["status"] == "not_executed"
    assert ACTIONS[tool] not in emulator.requests.actions()


async def test_a_web_terminal_needs_a_running_pod(agent: Any, emulator: Emulator) -> None:
    said = await agent.error("get_web_terminal", job_id="dlc2outofmemory2", pod_id="dlc2outofmemory2-master-0")
    assert "needs both Running" in said
    assert "GetWebTerminal" not in emulator.requests.actions()


async def test_a_pod_of_another_job_is_answered_with_this_jobs_pods(agent: Any) -> None:
    said = await agent.error("get_web_terminal", job_id=JOB, pod_id="dlc2outofmemory2-master-0")
    assert f"Its pods: {POD}" in said


async def test_what_was_issued_is_in_no_log(connect: Any, caplog: pytest.LogCaptureFixture, tmp_path: Any) -> None:
    file = tmp_path / "audit.jsonl"
    agent = connect(effects="share_token=allow", audit_file=file)
    with caplog.at_level("DEBUG"):
        issued = await agent.facts("get_token", target_id=JOB)
    assert issued["token"]
    assert issued["token"] not in caplog.text + file.read_text()


async def test_without_a_pod_the_terminal_is_of_the_one_that_leads_and_says_how_it_is_used(connect: Any) -> None:
    agent = connect(effects="share_terminal=allow")
    issued = await agent.facts("get_web_terminal", job_id=JOB)
    assert issued["pod_id"] == f"{JOB}-master-0"
    assert issued["web_terminal_url"].startswith("wss://")
    assert "not for a browser's address bar" in issued["next"]
    assert issued["console"].endswith(f"#/dlc/jobs/{JOB}/overview")


async def test_a_job_without_pods_has_no_terminal(agent: Any) -> None:
    assert "has no pods yet" in await agent.error("get_web_terminal", job_id="dlc5waitinginq05")
