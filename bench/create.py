"""Does a lost answer ever make two jobs? 200 creates with random faults, each repeated as its answer says."""

import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import anyio
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault, Kind
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings
from pai_dlc_mcp.server.workflows import create_once

CREATES = 200
FATES: tuple[Kind, ...] = ("lost_response", "early_close", "unavailable", "html_502", "throttling")
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"


async def run(emulator: Emulator) -> None:
    settings = Settings(region="cn-hangzhou", endpoint=emulator.endpoint, protocol="http", emulator=True)
    server = app.build(settings, tools.TOOLSETS, StaticKey(emulator.access_key_id, emulator.access_key_secret))
    dice, fates, told = random.Random(), Counter[str](), Counter[str]()
    async with Client(server, cache=None) as client:
        for number in range(CREATES):
            fate = dice.choice(FATES)
            fates[fate] += 1
            emulator.faults.add(Fault("CreateJob", fate))
            job: dict[str, Any] = {
                "workspace_id": "123456",
                "display_name": f"job-{number}",
                "job_type": "PyTorchJob",
                "job_specs": [{"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}],
                "user_command": "python train.py",
                "client_request_id": f"bench-request-{number}",
            }
            for _ in range(2):  # an agent that tries again whatever it was told
                facts = (await client.call_tool("create_job", job)).structured_content
                told[facts["status"] if facts else "error"] += 1
            emulator.faults.clear()
    made = Counter(job.body["DisplayName"] for job in emulator.account.jobs.values() if "bench" in str(job.body))
    print(f"{CREATES} creates, each called twice; faults {dict(fates)}; answers {dict(told)}")
    print(f"jobs made: {sum(made.values())}; requests with two jobs: {sum(count > 1 for count in made.values())}")


if __name__ == "__main__":
    create_once._LOOKS = (0.0,) * 3  # pyright: ignore[reportPrivateUsage] - the waits are for a real service
    with embedded.start(clock=Clock(datetime.now(UTC), speed=0)) as emulator:
        anyio.run(run, emulator)
