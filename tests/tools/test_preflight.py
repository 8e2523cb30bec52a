"""create_job(dry_run=true) looks ahead, through a real client: of what it says, what then happens."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

FREE, FULL = "quota1llmteam001", "quota2llmfull002"
PRICES = '[cn-hangzhou]\n"ecs.gn6i-c4g1.xlarge" = 10\n'


def on(quota_id: str, agent: Any, pods: int = 1, gpus: str = "8") -> dict[str, Any]:
    image = agent.JOB["job_specs"][0]["image"]
    spec = {"type": "Worker", "image": image, "pod_count": pods, "resource_config": {"gpu": gpus, "cpu": "8"}}
    return {**agent.JOB, "display_name": "ahead", "resource_id": quota_id, "job_specs": [spec]}


@pytest.mark.parametrize(
    ("quota_id", "pods", "gpus"), [(FREE, 1, "8"), (FREE, 4, "8"), (FREE, 5, "8"), (FREE, 32, "1"), (FULL, 1, "1")]
)
async def test_a_job_starts_or_queues_as_it_was_told(
    quota_id: str, pods: int, gpus: str, agent: Any, emulator: Emulator
) -> None:
    job = on(quota_id, agent, pods, gpus)
    told = await agent.facts("create_job", **job, dry_run=True)
    made = await agent.facts("create_job", **job)
    emulator.clock.advance(120)
    status = (await agent.facts("get_job", job_id=made["job_id"]))["status"]
    assert told["starts"] == ("queues" if status == "Queuing" else "now")


async def test_a_pay_as_you_go_job_is_told_stock_driver_hours_and_money(connect: Any, tmp_path: Any) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    agent = connect(prices=tmp_path / "prices.toml")
    told = await agent.facts("create_job", **agent.JOB, job_max_running_time_minutes=30, dry_run=True)
    expected = {
        "starts": "now",
        "why": ["ecs.gn6i-c4g1.xlarge: in stock now"],
        "effective_priority": "none: a pay-as-you-go job has no queue",
        "driver": "driver 535.161.08 runs the image's CUDA 12.4 (needs 525.60.13 or newer)",
        "most_gpu_hours": 0.5,
        "most_cost": "5.00 CNY (10.00 an hour for 0.5 h, operator's table)",
    }
    assert {key: told[key] for key in expected} == expected


async def test_what_a_dry_run_warned_of_is_not_said_again(agent: Any) -> None:
    told = await agent.facts("create_job", **agent.JOB, dry_run=True)
    assert "no job_max_running_time_minutes: nothing stops the job if it hangs" in told["warnings"]
    assert "warnings" not in await agent.facts("create_job", **agent.JOB)


async def test_without_a_dry_run_of_this_very_job_a_create_warns(agent: Any) -> None:
    await agent.facts("create_job", **agent.JOB, dry_run=True)
    made = await agent.facts("create_job", **{**agent.JOB, "priority": 3})
    assert "priority does nothing: a pay-as-you-go job has no queue" in made["warnings"]
    assert "starts" not in made


@pytest.mark.parametrize("kind", ["no_permission", "internal_error", "html_502"])
async def test_what_cannot_be_read_is_said_and_stops_no_dry_run(kind: Any, agent: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListNodes", kind, times=9))
    told = await agent.facts("create_job", **on(FREE, agent), dry_run=True)
    assert (told["status"], told["starts"]) == ("checked", "unknown")
    assert told["why"][0].startswith("not known: nodes, ")


async def test_a_setting_that_the_quota_makes_useless_is_warned_of(agent: Any) -> None:
    job = {**on(FREE, agent, gpus="4"), "settings": {"enable_sanity_check": True}}
    told = await agent.facts("create_job", **job, dry_run=True)
    assert "settings.enable_sanity_check does nothing: it checks whole nodes, and a node has 8 GPUs" in told["warnings"]


async def test_warnings_stand_one_a_line(agent: Any) -> None:
    text = await agent.text("create_job", **agent.JOB, dry_run=True)
    assert "\n- no job_max_running_time_minutes: nothing stops the job if it hangs\n" in text


@pytest.mark.parametrize(
    ("tool", "changes", "said"),
    [
        ("create_job", {"enable_gang_scheduling": True}, "CreateJob of SDK 1.11.6 has no gang scheduling switch"),
        ("create_job", {"settings": {"enable_gang_scheduling": True}}, "CreateJob of SDK 1.11.6 has no gang"),
        ("create_job", {"other": {"EnableGangScheduling": True}}, "CreateJob of SDK 1.11.6 has no gang"),
        ("list_ecs_specs", {"quota_id": FREE}, "ListEcsSpecs of SDK 1.11.6 does not take it"),
    ],
)
async def test_what_the_skill_names_and_the_api_lacks_is_answered_with_one_sentence(
    tool: str, changes: dict[str, Any], said: str, agent: Any
) -> None:
    given = {**agent.JOB, **changes} if tool == "create_job" else changes
    answer = await agent.error(tool, **given)
    assert said in answer
    assert "unknown field" not in answer
