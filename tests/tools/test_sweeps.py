"""create_sweep, through a real client: one yes, a few at once, no twin."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.workflows.sweep import points

KILLED = """
import json, sys
import anyio
from mcp import Client
from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings

async def main(endpoint, key, secret, state, arguments):
    settings = Settings(
        region="cn-hangzhou", endpoint=endpoint, protocol="http", emulator=True, state=state, confirm="token",
        toolsets="runs", allow_tools="create_sweep",
    )
    server = app.build(settings, tools.TOOLSETS, StaticKey(key, secret))
    async with Client(server, cache=None) as client:
        await client.call_tool("create_sweep", json.loads(arguments))

anyio.run(main, *sys.argv[1:])
"""
GRID = {"envs.LR": [0.1, 0.01, 0.001], "envs.SEED": [1, 2], "job_specs.Worker.pod_count": [1, 2]}
TOOLS = {"allow_tools": ("create_job", "create_sweep"), "toolsets": "runs"}


def bodies(emulator: Any) -> list[dict[str, Any]]:
    return [request.sent() for request in emulator.requests if request.action == "CreateJob"][1:]


@pytest.fixture
def agent(connect: Any, tmp_path: Path) -> Any:
    return connect(**TOOLS, confirm="token", state=tmp_path / "state")


async def test_twelve_points_three_at_once_go_on_after_a_restart_with_one_yes(
    agent, connect, emulator, tmp_path
) -> None:
    first = await agent.job(envs={"API_KEY": "sk-very-secret-value"}, job_max_running_time_minutes=60)
    asked = await agent.facts("create_sweep", job_id=first, grid=GRID)
    assert asked["status"] == "confirmation_required"
    assert "A sweep of 12 jobs" in asked["question"]
    assert "18 pods and 18 GPUs in all; most GPU-hours: 18;" in asked["question"]
    assert bodies(emulator) == []
    told = await agent.facts("create_sweep", job_id=first, grid=GRID, confirmation_token=asked["confirmation_token"])
    assert (told["status"], told["created_now"], told["running"]) == ("going_on", 3, 3)
    again = connect(**TOOLS, confirm="token", state=tmp_path / "state")
    assert (await again.facts("create_sweep", job_id=first, grid=GRID))["created_now"] == 0
    calls = 0
    while told["status"] != "done":
        emulator.clock.advance(4000)
        told = await again.facts("create_sweep", job_id=first, grid=GRID, metric="loss")
        assert told["running"] <= 3
        calls += 1
    assert calls == 4
    made = bodies(emulator)
    assert len(made) == len({body["DisplayName"] for body in made}) == 12
    assert {body["Envs"]["API_KEY"] for body in made} == {"sk-very-secret-value"}
    assert told["best_job_id"] in emulator.account.jobs
    assert "loss" in told["best_line"]
    assert "sk-very-secret-value" not in str(told)
    for file in (tmp_path / "state").rglob("*.json"):
        assert "sk-very-secret" not in file.read_text("utf-8")
    assert told["points"][0]["differs"] == "envs.LR=0.1, envs.SEED=1, job_specs.Worker.pod_count=1"


async def test_a_create_that_nobody_answered_is_looked_for_and_not_sent_again(agent, emulator) -> None:
    first = await agent.job()
    points = [{"envs": {"LR": str(number)}} for number in range(3)]
    asked = await agent.facts("create_sweep", job_id=first, points=points)
    emulator.faults.add(Fault("CreateJob", "late_visibility", seconds=300, lose_response=True))
    token = asked["confirmation_token"]
    told = await agent.facts("create_sweep", job_id=first, points=points, confirmation_token=token)
    assert told["running"] == 3
    assert told["points"][0]["status"] == "sent, not seen yet"
    emulator.clock.advance(301)
    told = await agent.facts("create_sweep", job_id=first, points=points)
    assert len(bodies(emulator)) == 3
    assert all("job_id" in row for row in told["points"])


async def test_points_that_nobody_answered_are_sent_again_on_the_users_word_alone(agent, emulator) -> None:
    first = await agent.job()
    call = {"job_id": first, "points": [{"envs": {"LR": str(number)}} for number in range(3)]}
    asked = await agent.facts("create_sweep", **call)
    assert (await agent.facts("create_sweep", **call, send_again=True))["question"].startswith("A sweep of 3 jobs")
    emulator.faults.add(Fault("CreateJob", "early_close", times=2))
    told = await agent.facts("create_sweep", **call, confirmation_token=asked["confirmation_token"])
    assert [row["status"] for row in told["points"][:2]] == ["sent, not seen yet"] * 2
    assert told["next"].endswith("only then send_again=true.")
    asked = await agent.facts("create_sweep", **call, send_again=True)
    assert (asked["status"], asked["question"].count("was sent at")) == ("confirmation_required", 2)
    assert emulator.requests.actions().count("CreateJob") == 4  # the template and three points
    token = asked["confirmation_token"]
    told = await agent.facts("create_sweep", **call, send_again=True, confirmation_token=token)
    names = [job.body["DisplayName"] for job in emulator.account.jobs.values()]
    assert (told["created_now"], sum(row["display_name"] in names for row in told["points"])) == (2, 3)
    told = await agent.facts("create_sweep", **call, send_again=True)
    assert (told["status"], told["created_now"], emulator.requests.actions().count("CreateJob")) == ("going_on", 0, 6)
    assert "sent_again" not in told


@pytest.mark.long
async def test_a_server_killed_in_the_middle_leaves_no_twin_and_needs_no_second_yes(agent, emulator, tmp_path) -> None:
    first = await agent.job(job_max_running_time_minutes=60)
    asked = await agent.facts("create_sweep", job_id=first, grid=GRID)
    emulator.faults.add(Fault("CreateJob", "delay", seconds=30, skip=1))
    call = {"job_id": first, "grid": GRID, "confirmation_token": asked["confirmation_token"]}
    key = (emulator.access_key_id, emulator.access_key_secret)
    command = [sys.executable, "-c", KILLED, emulator.endpoint, *key, str(tmp_path / "state"), json.dumps(call)]
    with subprocess.Popen(command, env={**os.environ}) as killed:
        until = time.monotonic() + 60
        while len(bodies(emulator)) < 2 and time.monotonic() < until:
            await anyio.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    emulator.faults.clear()
    told: dict[str, Any] = {"status": ""}
    for _ in range(8):
        told = await agent.facts("create_sweep", job_id=first, grid=GRID)
        if told["status"] != "going_on":
            break
        emulator.clock.advance(4000)
    assert told["status"] == "done"
    names = [body["DisplayName"] for body in bodies(emulator)]
    assert len(names) == len(set(names)) == 12
    jobs = [job.body["DisplayName"] for job in emulator.account.jobs.values()]
    assert sum(name in jobs for name in names) == 12


async def test_another_sweep_or_more_at_once_asks_again(agent, emulator) -> None:
    first = await agent.job()
    asked = await agent.facts("create_sweep", job_id=first, grid=GRID, at_once=2)
    token = asked["confirmation_token"]
    more = await agent.facts("create_sweep", job_id=first, grid=GRID, at_once=9, confirmation_token=token)
    assert more["status"] == "confirmation_required"
    other = await agent.facts("create_sweep", job_id=first, points=[{"envs": {"A": "b"}}], confirmation_token=token)
    assert other["status"] == "confirmation_required"
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "a grid or points"),
        ({"grid": {"envs.A": [1]}, "points": [{}]}, "a grid or points"),
        ({"grid": {"envs.A": list(range(51))}}, "51 points"),
        ({"grid": {"envs.A": []}}, "0 points"),
        ({"points": [{"envs": {"A": "1"}}, {"envs": {"A": 1}}]}, "Points 1 and 2 are the same job"),
        ({"points": [{"job_specs": {"Worker": {"image": "nope:1"}}}]}, "nope:1"),
    ],
)
async def test_a_sweep_that_cannot_be_is_refused_whole(agent, emulator, arguments, said) -> None:
    first = await agent.job()
    assert said in await agent.error("create_sweep", job_id=first, **arguments)
    assert bodies(emulator) == []


@pytest.mark.parametrize(
    ("goal", "best"),
    [
        ("lowest", (0, 1.3482, "2026-01-05 02:32:34,000 INFO eval: loss 1.3482, perplexity 3.85")),
        ("highest", (1, 1.3934, "Epoch 21/21 - batch 0/40 - loss: 1.3934 - accuracy: 0.4178")),
    ],
)
async def test_the_best_of_those_that_succeeded_is_named_with_its_line(agent, emulator, goal, best) -> None:
    first = await agent.job()
    scenarios = ["healthy", "healthy_epochs", "cuda_oom"]  # the last one's loss is the highest, and it failed
    call = {"job_id": first, "grid": {"envs.EMULATOR_SCENARIO": scenarios}, "metric": "loss", "goal": goal}
    asked = await agent.facts("create_sweep", **call)
    await agent.facts("create_sweep", **call, confirmation_token=asked["confirmation_token"])
    emulator.clock.advance(20_000)
    told = await agent.facts("create_sweep", **call)
    ids = [row["job_id"] for row in told["points"]]
    assert (ids.index(told["best_job_id"]), told["best_value"], told["best_line"]) == best


def test_points_of_a_grid_are_all_combinations_with_dotted_fields_nested() -> None:
    assert points({"envs.LR": [0.1, 0.01], "envs.SEED": 1, "priority": [3]}, None) == [
        {"envs": {"LR": 0.1, "SEED": 1}, "priority": 3},
        {"envs": {"LR": 0.01, "SEED": 1}, "priority": 3},
    ]
    assert points(None, [{"envs": {"LR": 0.1}}]) == [{"envs": {"LR": 0.1}}]
    assert len(points({"envs.A": list(range(50))}, None)) == 50
