"""Tokens in a model's context: the tools by toolset, and diagnose_job on a failure of 32 pods, compared with the CLI's
calls for the same question, as the published skill makes them. The CLI prints a call's whole answer as indented JSON.
`pai-dlc-mcp tools` shows the tools one by one.

.venv/bin/python bench/tokens.py
"""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import anyio
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.cli.tools import allowance, listed_tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.clock import Clock as ServerClock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.protocol.reply import text_of
from pai_dlc_mcp.server.settings import Settings

DIAGNOSIS = 0.1  # most of the tokens of the CLI's answers
PODS, LINES, JOB_EVENTS, POD_EVENTS = 32, 100, 50, 20  # the skill's own limits
REGION, START = "cn-hangzhou", datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
JOB: dict[str, Any] = {
    "workspace_id": "123456",
    "display_name": "one-of-many",
    "job_type": "PyTorchJob",
    "job_specs": [{"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge", "pod_count": PODS}],
    "user_command": "python train.py",
    "envs": {"EMULATOR_SCENARIO": "root_cause"},
}


async def cli(gateway: Gateway, job_id: str, pods: Sequence[str] | None) -> list[str]:
    """The job, its events, and the log and events of `pods` (None: all), each as the CLI prints it."""

    async def call(action: str, *path: str, **params: Any) -> dict[str, Any]:
        body = await gateway.read("pai-dlc", action, REGION, *path, params=params)
        printed.append(json.dumps(body, indent="\t", ensure_ascii=False))
        return body

    printed: list[str] = []
    job = await call("GetJob", job_id)
    await call("GetJobEvents", job_id, MaxEventsNum=JOB_EVENTS)
    for pod_id in pods or [pod["PodId"] for pod in job["Pods"]]:
        await call("GetPodLogs", job_id, pod_id, MaxLines=LINES)
        await call("GetPodEvents", job_id, pod_id, MaxEventsNum=POD_EVENTS)
    return printed


def row(name: str, calls: int, texts: Sequence[str], beside: int) -> int:
    cost, size = sum(map(tokens, texts)), sum(len(text.encode()) for text in texts)
    share = f"{cost / beside:8.2%}" if beside else ""
    print(f"{name:44}{calls:6}{size:10,}{cost:9,}{share}")
    return cost


async def main(emulator: Emulator) -> float:
    """Prints the tokens of each way. Returns diagnose_job's share of the CLI calls for the one relevant pod."""
    settings = Settings(region=REGION, endpoint=emulator.endpoint, protocol="http", emulator=True, state="memory")
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    clock = ServerClock(epoch=lambda: emulator.clock.now().timestamp())
    async with Client(app.build(settings, tools.TOOLSETS, key, clock=clock), cache=None) as client:
        made = (await client.call_tool("create_job", JOB)).structured_content
        assert made
        emulator.clock.advance(7200)
        emulator.requests.clear()
        answer = text_of(await client.call_tool("diagnose_job", {"job_id": made["job_id"]}))
        calls = len(emulator.requests)
    job_id, gateway = made["job_id"], Gateway(settings, key)
    knows = await cli(gateway, job_id, [f"{job_id}-worker-1"])
    every = await cli(gateway, job_id, None)
    print(f"{'a failure of 32 pods':44}{'calls':>6}{'bytes':>10}{'tokens':>9}")
    row("CLI, every pod", len(every), every, 0)
    beside = row("CLI, told beforehand which pod failed first", len(knows), knows, 0)
    return row("diagnose_job, of the line above", calls, [answer], beside) / beside


def rows() -> list[tuple[str, float, str]]:
    logging.disable(logging.INFO)
    with embedded.start(clock=Clock(START, speed=0)) as running:
        share = anyio.run(main, running)
    listed = anyio.run(listed_tools, Settings(toolsets=("all",), state="memory"))
    shares = [
        (
            f"bytes of {toolset.name} in tools/list, of {allowance(toolset.name):,}",
            given / allowance(toolset.name),
            "<= 1",
        )
        for toolset in tools.TOOLSETS
        if (given := sum(listed[tool.name].given for tool in toolset.tools))
    ]
    return [*shares, ("tokens of diagnose_job, of the CLI calls told where to look", share, f"<= {DIAGNOSIS}")]


if __name__ == "__main__":
    for name, value, threshold in rows():
        print(f"{name:60}{value:8.2f}  {threshold}")
