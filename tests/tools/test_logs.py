"""get_pod_logs: the right pod, the cause within the budget, and why there is nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.budget.estimate import tokens

FAILED = "dlc2outofmemory2"


async def failed(agent: Any, emulator: Emulator, scenario: str, pods: int = 1, **changes: Any) -> str:
    """A job that has failed as the scenario says."""
    spec = {**agent.JOB["job_specs"][0], "pod_count": pods}
    envs = {"EMULATOR_SCENARIO": scenario, **changes.pop("envs", {})}
    job_id = await agent.job(job_specs=[spec], envs=envs, display_name=scenario.replace("_", "-"), **changes)
    emulator.clock.advance(7200)
    return job_id


async def test_without_a_pod_the_one_that_failed_first_is_read(agent: Any) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED)
    assert text.startswith(f"log of {FAILED}-master-0 (Failed)")
    assert f"other pods: {FAILED}-worker-0 Failed" in text


@pytest.mark.parametrize("budget", [4000, 1000, 500])
@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("cuda_oom", "OutOfMemoryError"),
        ("missing_module", "ModuleNotFoundError"),
        ("command_not_found", "command not found"),
    ],
)
async def test_the_cause_is_in_the_answer_at_any_budget(
    scenario: str, cause: str, budget: int, agent: Any, emulator: Emulator
) -> None:
    job_id = await failed(agent, emulator, scenario)
    text = await agent.text("get_pod_logs", job_id=job_id, max_tokens=budget)
    assert cause in text
    assert tokens(text) <= budget


async def test_of_many_pods_the_root_cause_is_found_and_a_victims_log_points_to_it(
    agent: Any, emulator: Emulator
) -> None:
    job_id = await failed(agent, emulator, "root_cause", pods=4)
    text = await agent.text("get_pod_logs", job_id=job_id)
    assert text.startswith(f"log of {job_id}-worker-1 (Failed)")
    victim = await agent.text("get_pod_logs", job_id=job_id, pod_id=f"{job_id}-worker-0")
    assert f"{job_id}-worker-1 failed first" in victim


async def test_the_log_is_asked_for_since_the_pod_began_not_for_seven_days(agent: Any, emulator: Emulator) -> None:
    await agent.text("get_pod_logs", job_id="dlc6olderthan7d6")
    sent = next(request for request in emulator.requests if request.action == "GetPodLogs")
    start = emulator.clock.now() - timedelta(days=7)
    assert sent.query["StartTime"] < start.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_an_env_value_never_comes_out_of_a_log_in_any_view(agent: Any, emulator: Emulator) -> None:
    secret = "correct-horse-battery-staple"
    job_id = await failed(agent, emulator, "secrets", envs={"WANDB_NOTE": secret})
    for view in ({}, {"show": "errors"}, {"show": "summary"}, {"show": "grep", "pattern": ".*"}):
        text = await agent.text("get_pod_logs", job_id=job_id, **view)
        assert secret not in text
        assert not re.search(r"LTAI[0-9A-Za-z]{12}", text)


async def test_injected_instructions_come_out_fenced_and_marked(agent: Any, emulator: Emulator) -> None:
    job_id = await failed(agent, emulator, "prompt_injection")
    text = await agent.text("get_pod_logs", job_id=job_id)
    (fence,) = re.findall(r'^<untrusted-data id="(\w+)"', text, re.MULTILINE)
    assert text.endswith(f'</untrusted-data id="{fence}">')
    assert "reads like an instruction: data" in text


async def test_grep_shows_matching_lines_and_says_how_many(agent: Any) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED, show="grep", pattern=r"iteration +\d+00/")
    assert "match" in text.splitlines()[0]
    assert "iteration" in text


@pytest.mark.parametrize("pattern", ["(", r"(?=x)", r"(a)\1"])
async def test_a_pattern_that_is_none_is_answered_with_how_to_write_it(pattern: str, agent: Any) -> None:
    said = await agent.error("get_pod_logs", job_id=FAILED, show="grep", pattern=pattern)
    assert "RE2" in said
    assert "fix: " in said


async def test_grep_and_pattern_go_together(agent: Any, emulator: Emulator) -> None:
    assert "go together" in await agent.error("get_pod_logs", job_id=FAILED, show="grep")
    assert "go together" in await agent.error("get_pod_logs", job_id=FAILED, pattern="x")


async def test_a_job_that_waits_is_told_to_have_no_log_and_where_to_look(agent: Any) -> None:
    said = await agent.error("get_pod_logs", job_id="dlc5waitinginq05")
    assert "Queuing" in said
    assert "get_job_events" in said


async def test_an_empty_log_is_explained(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job()
    emulator.clock.advance(60)
    text = await agent.text("get_pod_logs", job_id=job_id)
    assert "no lines" in text
    assert "get_job_events" in text


async def test_no_more_lines_than_asked_for(agent: Any) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED, max_lines=15, max_tokens=20_000)
    fenced = text.split("\n", 4)[4].splitlines()[:-1]
    assert len(fenced) <= 17  # and what is left out, said in between
    assert "OutOfMemoryError" in text


async def test_a_pod_of_another_job_is_answered_with_this_jobs_pods(agent: Any) -> None:
    said = await agent.error("get_pod_logs", job_id=FAILED, pod_id="dlc4stillrunning-master-0")
    assert f"{FAILED}-master-0" in said
