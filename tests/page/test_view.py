"""What the page is told of a job: the diagnosis of diagnose_job, and beside it what that was made of."""

import json
from collections import Counter
from typing import Any

import pytest
from mcp import Client

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from pai_dlc_mcp.server.budget.limits import tokens
from tests.conftest import sampled

FULL = "quota2llmfull002"
SHOWN = (
    "healthy", "long_running", "nccl_timeout", "root_cause", "nccl_hang", "quota_full", "restarts", "nan_loss",
    "image_pull", "sanity_failure", "restart_budget", "no_stock", "stalled", "slow_down", "teardown",
)  # fmt: skip


async def made(
    connect: Any, emulator: Any, scenario: str, *, pods: int = 4, after: float = 2600, name: str = ""
) -> str:
    """A job that plays this, so many seconds ago."""
    agent = connect()
    spec: dict[str, Any] = {**agent.JOB["job_specs"][0], "pod_count": pods}
    more: dict[str, Any] = {}
    if scenario in ("quota_full", "sanity_failure"):
        spec |= {"ecs_spec": None, "resource_config": {"cpu": "96", "gpu": "8", "memory": "1000Gi"}}
        more = {"resource_id": FULL, "priority": 5} if scenario == "quota_full" else {"resource_id": "quota1llmteam001"}
    job_id = await agent.job(
        display_name=name or f"{scenario}-{pods}", job_specs=[spec], envs={"EMULATOR_SCENARIO": scenario}, **more
    )
    emulator.clock.advance(after)
    return job_id


async def view(client: Client, job_id: str) -> dict[str, Any]:
    result = await client.call_tool("get_job_page", {"job_id": job_id})
    assert not result.is_error, result.content
    seen = result.structured_content or {}
    seen["pods"]["rows"] = [{**seen["pods"]["common"], **row} for row in seen["pods"]["rows"]]  # as the page does
    return seen


@pytest.mark.parametrize("scenario", sampled(SHOWN, 3))
async def test_it_says_what_diagnose_job_says(scenario: str, connect: Any, host: Any, emulator: Any) -> None:
    job_id = await made(connect, emulator, scenario)
    async with host() as client:
        seen = await view(client, job_id)
        told = (await client.call_tool("diagnose_job", {"job_id": job_id})).meta["pai-dlc"]
    assert (seen["verdict"]["category"], seen["verdict"]["text"]) == (told["category"], told["verdict"])
    assert seen["job"]["status"] == told["status"]
    first = [row["pod"] for row in seen["pods"]["rows"] if row["first"]]
    assert all(told["pod_id"].endswith(f"-{pod}") for pod in first)
    assert seen["spans"][-1][0] == seen["job"]["status"]
    assert (seen["again_s"] is None) == seen["job"]["over"]
    if told.get("line") and seen["log"] and seen["log"]["cause"]:
        assert seen["log"]["cause"] == told["line"]
        assert told["line"] in [number for number, _ in seen["log"]["lines"]]


async def test_of_32_pods_that_failed_one_failed_first_and_its_log_is_shown_with_the_cause(
    connect: Any, host: Any, emulator: Any
) -> None:
    job_id = await made(connect, emulator, "root_cause", pods=32)
    async with host() as client:
        seen = await view(client, job_id)
    rows = seen["pods"]["rows"]
    assert len(rows) == seen["pods"]["total"] == 32
    assert [row["pod"] for row in rows] == ["master-0", *(f"worker-{number}" for number in range(31))]
    assert [row["pod"] for row in rows if row["first"]] == ["worker-1"] == [seen["log"]["pod"]]
    cause = dict(seen["log"]["lines"])[seen["log"]["cause"]]
    assert cause.startswith("_pickle.UnpicklingError")


async def test_a_hang_names_nobody_who_failed(connect: Any, host: Any, emulator: Any) -> None:
    job_id = await made(connect, emulator, "nccl_hang", after=5000)
    async with host() as client:
        seen = await view(client, job_id)
    assert seen["verdict"]["category"] == "hang"
    assert not any(row["first"] for row in seen["pods"]["rows"])
    assert [row["now"] for row in seen["pods"]["rows"]] == [0.0] * 4


async def test_a_job_of_many_pods_whose_logs_are_long_fits_into_a_result_uncut(
    connect: Any, host: Any, emulator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a user sees first must not depend on the ceiling of a result."""
    sizes = {}
    for pods, scenario in ((1, "long_log"), (32, "nccl_timeout"), (256, "long_running"), (256, "root_cause")):
        job_id = await made(connect, emulator, scenario, pods=pods, after=2000)
        async with host() as client:
            emulator.requests.clear()
            result = await client.call_tool("get_job_page", {"job_id": job_id})
        text = json.dumps(result.structured_content, separators=(",", ":"), ensure_ascii=False)
        assert "characters cut" not in text
        assert len(result.structured_content["pods"]["rows"]) == min(pods, 200)
        assert tokens(text) < 18_000
        sizes[pods, scenario] = (len(text.encode()), len(emulator.requests.actions()))
    with capsys.disabled():
        for (pods, scenario), (size, requests) in sizes.items():
            print(f"\na look at {scenario} of {pods}: {size:,} bytes, {requests} requests to the service", end="")  # noqa: T201


@pytest.mark.parametrize("job", ["root_cause", "sanity_failure", "dlc4stillrunning"])
async def test_a_look_costs_what_a_diagnosis_does_and_the_metrics(
    job: str, connect: Any, host: Any, emulator: Any
) -> None:
    job_id = job if job.startswith("dlc") else await made(connect, emulator, job)
    costs: list[Counter[str]] = []
    async with host() as client:
        for tool in ("get_job_page", "diagnose_job"):
            emulator.requests.clear()
            await client.call_tool(tool, {"job_id": job_id})
            costs.append(Counter(emulator.requests.actions()))
    assert costs[0] - costs[1] <= Counter({"GetJobMetrics": 1})
    assert costs[1] - costs[0] == Counter()


async def test_secrets_of_a_job_and_those_it_prints_are_not_on_the_page(connect: Any, host: Any, emulator: Any) -> None:
    secret, printed = "Zk4-pW9qLr7Tz0aVb3Kd8", "0123456789abcdef0123456789abcdef01234567"
    envs = {"EMULATOR_SCENARIO": "secrets", "WANDB_API_KEY": secret}
    job_id = await connect().job(display_name=f"run-{secret}", envs=envs)
    emulator.clock.advance(220)
    async with host() as client:
        text = json.dumps(await view(client, job_id))
    assert secret not in text
    assert printed not in text
    assert "wandb: logging in with key [redacted" in text


@pytest.mark.parametrize("action", ["GetJobMetrics", "GetPodLogs"])
async def test_what_may_not_be_read_is_named_and_the_rest_stands(
    action: str, connect: Any, host: Any, emulator: Any
) -> None:
    job_id = await made(connect, emulator, "long_running")
    emulator.faults.add(Fault(action, "no_permission", times=None))
    async with host() as client:
        seen = await view(client, job_id)
    assert seen["job"]["status"] == "Running"
    assert len(seen["pods"]["rows"]) == 4
    assert any("403" in line for line in seen["unseen"])


def test_the_scenarios_are_those_there_are() -> None:
    assert set(SHOWN) <= set(SCENARIOS)
