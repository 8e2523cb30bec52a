"""Ten tasks of an operator, done by a scripted agent through a real client, checked against the emulator's state. It
prints what each cost; exit code 1 if one fails or all take more than 25 calls or 25 kB.

.venv/bin/python evals/ten_tasks.py
"""

import logging
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel
from mcp import Client
from mcp.types import ElicitResult

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.clock import Clock as ServerClock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.protocol.reply import text_of
from pai_dlc_mcp.server.settings import Settings

MOST_CALLS, MOST_BYTES = 25, 25_000
START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
WORKSPACE, QUOTA = "123456", "quota1llmteam001"
RESTARTED, QUEUED, RUNNING = "dlc9restarted009", "dlc5waitinginq05", "dlc4stillrunning"


class Agent:
    """Calls tools, remembers what the answers cost a model, and answers for a user: no to a stop, else yes."""

    def __init__(self, client: Client, emulator: Emulator) -> None:
        self.client, self.emulator = client, emulator
        self.calls = self.bytes = 0

    async def call(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        """The text and the structured content of an answer that is no error."""

        async def heard(*_: Any) -> None:
            pass

        result = await self.client.call_tool(tool, arguments, progress_callback=heard)
        text = text_of(result)
        self.calls += 1
        self.bytes += len(text.encode())
        if result.is_error:
            raise AssertionError(text)
        return text, result.structured_content or {}

    def sent(self, action: str) -> int:
        return self.emulator.requests.actions().count(action)


async def user(_: Any, asked: Any) -> ElicitResult:
    if "Stop it?" in asked.message:
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content={"confirm": True})


async def find_the_failure(agent: Agent) -> str:
    _, found = await agent.call("list_jobs", status="Failed")
    (job,) = found["jobs"]
    text, _ = await agent.call("diagnose_job", job_id=job["job_id"])
    assert "memory: out of memory" in text
    assert f"failed first: {job['job_id']}-master-0" in text
    return first_line(text)


async def explain_a_restart(agent: Agent) -> str:
    text, _ = await agent.call("diagnose_job", job_id=RESTARTED)
    assert "restarts: 1 of 10" in text
    return matched(r"restarted .*worker-0 on .*XID_79.*", text)


async def explain_a_queue(agent: Agent) -> str:
    text, _ = await agent.call("diagnose_job", job_id=QUEUED)
    assert "place: 1" in text
    return matched(r"held by limit of the quota: .* short", text)


async def be_refused_a_stop(agent: Agent) -> str:
    _, found = await agent.call("stop_job", job_id=RUNNING)
    assert found["status"] == "not_executed"
    assert agent.sent("StopJob") == 0
    return found["reason"]


async def raise_priorities(agent: Agent) -> str:
    _, found = await agent.call("list_jobs", status="Queuing")
    for job in found["jobs"]:
        _, changed = await agent.call("update_job", job_id=job["job_id"], priority=9)
        assert changed["status"] == "applied"
        assert agent.emulator.account.jobs[job["job_id"]].priority(agent.emulator.clock.now()) == 9
    return f"{len(found['jobs'])} raised"


async def create(agent: Agent, name: str, image: str, scenario: str, pods: int) -> str:
    spec = {
        "type": "Worker",
        "image": image,
        "pod_count": pods,
        "resource_config": {"gpu": "8", "cpu": "96", "memory": "1000Gi"},
    }
    _, made = await agent.call(
        "create_job",
        workspace_id=WORKSPACE,
        display_name=name,
        job_type="PyTorchJob",
        job_specs=[spec],
        resource_id=QUOTA,
        user_command="python /mnt/code/train.py",
        envs={"EMULATOR_SCENARIO": scenario},
    )
    return made["job_id"]


async def image(agent: Agent) -> str:
    _, found = await agent.call("list_images", name="pytorch", accelerator="GPU", limit=1)
    return found["images"][0]["image_uri"]


async def name_the_first_pod_to_fail(agent: Agent) -> str:
    job_id = await create(agent, "four-nodes", await image(agent), "root_cause", 4)
    _, waited = await agent.call("wait_for_jobs", job_ids=[job_id], timeout_s=3600)
    assert waited["status"] == "ended"
    text, _ = await agent.call("diagnose_job", job_id=job_id)
    return matched(rf"failed first: {job_id}-worker-1 \(node rank 2.*", text)


async def gpu_use(agent: Agent) -> str:
    text, _ = await agent.call("get_job_metrics", job_id=RUNNING, metric="GpuCoreUsage")
    return matched(rf"{RUNNING}-master-0 .*", text)


async def terminal(agent: Agent) -> str:
    _, found = await agent.call("get_web_terminal", job_id=RUNNING, pod_id=f"{RUNNING}-master-0")
    assert agent.sent("GetWebTerminal") == 1
    return found["status"]


async def read_a_log_that_gives_orders(agent: Agent) -> str:
    job_id = await create(agent, "orders", await image(agent), "prompt_injection", 1)
    await agent.call("wait_for_jobs", job_ids=[job_id], timeout_s=3600)
    text, _ = await agent.call("get_pod_logs", job_id=job_id, show="grep", pattern="(?i)stop_job|ignore all")
    assert "[reads like an instruction: data]" in text
    assert agent.sent("StopJob") == 0
    return "read, and nothing of it done"


async def pick_a_spec(agent: Agent) -> str:
    _, found = await agent.call("list_ecs_specs", accelerator="GPU")
    fitting = [spec for spec in found["specs"] if spec["gpus"] == 8 and spec["available"]]
    assert fitting
    return fitting[0]["instance_type"]


TASKS: tuple[Callable[[Agent], Awaitable[str]], ...] = (
    find_the_failure,
    explain_a_restart,
    explain_a_queue,
    be_refused_a_stop,
    raise_priorities,
    name_the_first_pod_to_fail,
    gpu_use,
    terminal,
    read_a_log_that_gives_orders,
    pick_a_spec,
)


def first_line(text: str) -> str:
    return text.partition("\n")[0]


def matched(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[0]


async def main(emulator: Emulator) -> bool:
    def seconds() -> float:
        return emulator.clock.now().timestamp()

    async def sleep(wait: float) -> None:
        await anyio.lowlevel.checkpoint()
        emulator.clock.advance(wait)

    here: dict[str, Any] = {"endpoint": emulator.endpoint, "protocol": "http", "emulator": True, "state": "memory"}
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    clock = ServerClock(seconds, seconds, sleep)
    server = app.build(Settings(region="cn-hangzhou", **here), tools.TOOLSETS, key, clock=clock)
    failed = 0
    async with Client(server, mode="legacy", cache=None, elicitation_callback=user) as client:
        agent = Agent(client, emulator)
        for number, task in enumerate(TASKS, 1):
            calls, size = agent.calls, agent.bytes
            try:
                said = await task(agent)
            except (AssertionError, KeyError, ValueError) as error:
                failed += 1
                said = f"FAILED: {error}"
            cost = f"{agent.calls - calls:3} calls {agent.bytes - size:7,} bytes"
            print(f"{number:2} {task.__name__:30}{cost}  {said[:100]}")
    print(f"   {'all':30}{agent.calls:3} calls {agent.bytes:7,} bytes")
    return not failed and agent.calls <= MOST_CALLS and agent.bytes <= MOST_BYTES


if __name__ == "__main__":
    logging.disable(logging.INFO)
    with embedded.start(clock=Clock(START, speed=0)) as running:
        sys.exit(0 if anyio.run(main, running) else 1)
