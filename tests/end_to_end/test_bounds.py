"""What a client cannot do, whatever it is given: loosen a policy, check a guess, hold up the server."""

import time
from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.faults import Fault

JOB = "dlc4stillrunning"
DENY = '{"enabled": true, "rules": [{"pattern": "pai-dlc:StopJob", "action": "deny"}]}'


async def yes(_: Any, question: Any) -> ElicitResult:
    return ElicitResult(action="accept", content=dict.fromkeys(question.requested_schema["properties"], True))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("trick", ["environment allows", "environment is off", "dangling link", "effect twice"])
async def test_07_no_trick_with_the_policy_loosens_it(mode, trick, connect, emulator, tmp_path, monkeypatch) -> None:
    file = tmp_path / ".aliyun" / "safety-policy.json"
    file.parent.mkdir()
    if trick == "dangling link":
        file.symlink_to(tmp_path / "nowhere")
    elif trick != "effect twice":
        file.write_text(DENY)
    if trick == "environment allows":
        monkeypatch.setenv("ALIBABA_CLOUD_SAFETY_POLICY_RULES", "*=allow")
    if trick == "environment is off":
        monkeypatch.setenv("ALIBABA_CLOUD_SAFETY_POLICY_ENABLED", "false")
    effects = "stop_running=deny,stop_running=allow" if trick == "effect twice" else ""
    agent = connect(mode=mode, elicitation_callback=yes, effects=effects)
    assert (await agent.facts("stop_job", job_id=JOB))["status"] == "not_executed"
    assert "StopJob" not in emulator.requests.actions()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_14_a_cursor_says_nothing_of_the_last_line_to_whoever_lacks_the_key(mode, connect) -> None:
    """A digest that anybody can make again tells whether a guess at a hidden PIN is right."""

    async def cursor(key: str) -> str:
        read = await connect(mode=mode, confirm_keys=(key * 40,)).call("get_pod_logs", job_id=JOB)
        return read.meta["pai-dlc"]["cursor"]

    assert await cursor("a") == await cursor("a")
    assert await cursor("a") != await cursor("b")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_16_a_log_is_read_although_the_jobs_environment_has_a_megabyte(mode, connect, emulator) -> None:
    emulator.account.jobs[JOB].body["Envs"] = {f"VALUE_{n}": f"{n:05}" * 20 for n in range(10_000)}
    read = await connect(mode=mode).text("get_pod_logs", job_id=JOB)
    assert f"log of {JOB}" in read


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("where", ["user_command", "envs"])
async def test_16_a_call_larger_than_the_service_takes_is_refused_before_it_costs_anything(
    where, mode, connect, emulator
) -> None:
    agent = connect(mode=mode)
    large = "x" * 60_000_000 if where == "user_command" else {f"K{n}": "v" * 40 for n in range(100_000)}
    started = time.thread_time()
    error = await agent.error("create_job", **{**agent.JOB, where: large})
    assert "a call may have 4,000,000" in error
    assert time.thread_time() - started < 5  # of this thread; each look through 60 MB costs seconds
    assert not emulator.requests


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_16_a_confirmed_stop_follows_no_redirect_to_another_job(mode, connect, emulator) -> None:
    other = f"http://{emulator.endpoint}/api/v1/jobs/dlc7colleague007/stop"
    emulator.faults.add(Fault("StopJob", "redirect", url=other))
    told = await connect(mode=mode, elicitation_callback=yes).call("stop_job", job_id=JOB)
    assert "redirects to another address" in told.content[0].text
    assert emulator.requests.actions().count("StopJob") == 1
    assert not any("dlc7colleague007" in request.path for request in emulator.requests)
