"""The cost of large inputs: list_jobs among 10,000 jobs, all_pods and diagnose_job on 512 pods, each
compared with the SDK's own requests for the same. CPU time of this process, in which the emulator runs as well.

.venv/bin/python bench/scale.py
"""

import copy
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
from mcp import Client
from mcp.types import CallToolResult

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.clock import Clock as ServerClock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.protocol.reply import FACTS_TOKENS, STREAM_TOKENS, text_of
from pai_dlc_mcp.server.settings import Settings

JOBS, PODS, FEW, ROUNDS = 10_000, 512, 8, 3
LIST_TIMES, PODS_TIMES, DIAGNOSE_REQUESTS = 1.3, 1.0, 1.25
REGION, START = "cn-hangzhou", datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
Row = tuple[str, float, str]


def job(pods: int) -> dict[str, Any]:
    spec = {"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge", "pod_count": pods}
    return {
        "workspace_id": "123456",
        "display_name": f"of-{pods}",
        "job_type": "PyTorchJob",
        "job_specs": [spec],
        "user_command": "python train.py",
        "envs": {"EMULATOR_SCENARIO": "root_cause"},
    }


async def cpu(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """The lowest CPU seconds of several rounds, and the last result."""
    taken, answer = list[float](), None
    for _ in range(ROUNDS):
        began = time.process_time()
        answer = await work()
        taken.append(time.process_time() - began)
    return min(taken), answer


class Bench:
    def __init__(self, emulator: Emulator, client: Client, gateway: Gateway) -> None:
        self.emulator, self.client, self.gateway = emulator, client, gateway

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, text_of(result)
        return result

    async def requests(self, work: Awaitable[Any]) -> int:
        self.emulator.requests.clear()
        await work
        return len(self.emulator.requests)

    async def failed(self, pods: int) -> str:
        made = (await self.call("create_job", **job(pods), allow_same_name=True)).structured_content
        assert made
        self.emulator.clock.advance(7200)
        return made["job_id"]

    async def listing(self) -> list[Row]:
        jobs = self.emulator.account.jobs
        one = next(iter(jobs.values()))
        for number in range(JOBS - len(jobs)):
            name = f"dlcscale{number:08d}"
            made = START - timedelta(seconds=number)
            jobs[name] = replace(copy.deepcopy(one), job_id=name, created=made)
        ask = {"limit": 20, "workspace_id": "123456"}
        ours, answer = await cpu(lambda: self.call("list_jobs", **ask))
        params = {"WorkspaceId": "123456", "PageSize": 20, "PageNumber": 1, "ShowOwn": True}
        raw, body = await cpu(lambda: self.gateway.read("pai-dlc", "ListJobs", REGION, params=params))
        assert body["TotalCount"] > JOBS * 0.9, body["TotalCount"]
        return [
            (f"list_jobs among {JOBS:,} jobs, CPU, times ListJobs", ours / raw, f"<= {LIST_TIMES}"),
            ("  requests", await self.requests(self.call("list_jobs", **ask)), "<= 1"),
            (f"  tokens, of {FACTS_TOKENS:,}", tokens(text_of(answer)) / FACTS_TOKENS, "<= 1"),
        ]

    async def logs(self, job_id: str) -> list[Row]:
        pods = [pod["PodId"] for pod in (await self.gateway.read("pai-dlc", "GetJob", REGION, job_id))["Pods"]]

        async def look(pod: str) -> None:
            await self.gateway.read("pai-dlc", "GetPodLogs", REGION, job_id, pod, params={"MaxLines": 100})

        async def every() -> None:
            async with anyio.create_task_group() as group:
                for pod in pods:
                    group.start_soon(look, pod)

        ours, answer = await cpu(lambda: self.call("get_pod_logs", job_id=job_id, show="all_pods"))
        raw, _ = await cpu(every)
        return [
            (f"all_pods of {PODS} pods, CPU, times a GetPodLogs of each", ours / raw, f"<= {PODS_TIMES}"),
            (f"  tokens, of {STREAM_TOKENS:,}", tokens(text_of(answer)) / STREAM_TOKENS, "<= 1"),
        ]

    async def diagnosis(self, few: str, many: str) -> list[Row]:
        least = await self.requests(self.call("diagnose_job", job_id=few))
        most = await self.requests(self.call("diagnose_job", job_id=many))
        words = text_of(await self.call("diagnose_job", job_id=many))
        named = f"diagnose_job on {PODS} pods, requests, times on {FEW}"
        return [
            (named, most / least, f"<= {DIAGNOSE_REQUESTS}"),
            (f"  tokens, of {STREAM_TOKENS:,}", tokens(words) / STREAM_TOKENS, "<= 1"),
        ]


async def measured(emulator: Emulator) -> list[Row]:
    settings = Settings(region=REGION, endpoint=emulator.endpoint, protocol="http", emulator=True, state="memory")
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    clock = ServerClock(epoch=lambda: emulator.clock.now().timestamp())
    async with Client(app.build(settings, tools.TOOLSETS, key, clock=clock), cache=None) as client:
        bench = Bench(emulator, client, Gateway(settings, key))
        few, many = await bench.failed(FEW), await bench.failed(PODS)
        return [*await bench.logs(many), *await bench.diagnosis(few, many), *await bench.listing()]


def rows() -> list[Row]:
    logging.disable(logging.INFO)
    with embedded.start(clock=Clock(START, speed=0)) as running:
        return anyio.run(measured, running)


if __name__ == "__main__":
    for name, value, threshold in rows():
        print(f"{name:60}{value:8.2f}  {threshold}")
