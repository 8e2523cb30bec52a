"""The path of a call through the server: files entered, calls between files, and how often a text is cleaned.

A warm-up call comes first, so that imports and built schemas do not count.
"""

import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
from mcp import Client
from mcp.types import CallToolResult

from pai_dlc_mcp import tools
from pai_dlc_mcp.cli.serve import ADDITIONS, EXTENSIONS
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings

ROOT = Path(__file__).parents[1]
ROOMS = tuple(f"{ROOT / room}/" for room in ("server", "tools"))
JOB: dict[str, Any] = {
    "workspace_id": "123456",
    "job_type": "PyTorchJob",
    "job_specs": [
        {
            "type": "Worker",
            "image": "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04",
            "ecs_spec": "ecs.gn6i-c4g1.xlarge",
        }
    ],
    "user_command": "python train.py",
}


class Walk:
    """Counts calls between files of the server, and the texts passed to clean.py."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.hops = 0
        self.cleaned = Counter[str]()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(ROOMS):
            return
        self.files.add(file)
        if frame.f_back and frame.f_back.f_code.co_filename != file:
            self.hops += 1
        if frame.f_code.co_name == "clean_text":
            self.cleaned[frame.f_locals["text"]] += 1


async def walk(client: Client, tool: str, arguments: dict[str, Any]) -> tuple[Walk, CallToolResult]:
    seen = Walk()
    threading.setprofile(seen)
    sys.setprofile(seen)
    try:
        result = await client.call_tool(tool, arguments)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return seen, result


async def main(emulator: embedded.Emulator) -> None:
    settings = Settings(region="cn-hangzhou", endpoint=emulator.endpoint, protocol="http", emulator=True)
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    server = app.build(settings, tools.TOOLSETS, key, additions=ADDITIONS, extensions=EXTENSIONS)
    async with Client(server, cache=None) as client:
        for name in ("warm-up", "measured"):
            token = (await client.call_tool("stop_job", {"job_id": "dlc4stillrunning"})).structured_content
            stop = {"job_id": "dlc4stillrunning", "confirmation_token": (token or {}).get("confirmation_token")}
            rows: list[str] = []
            for tool, arguments in (
                ("list_jobs", {}),
                ("create_job", {**JOB, "display_name": name}),
                ("get_pod_logs", {"job_id": "dlc2outofmemory2"}),
                ("stop_job", stop if name == "measured" else {"job_id": "dlc4stillrunning"}),
            ):
                seen, result = await walk(client, tool, arguments)
                assert not result.is_error, result
                each = seen.cleaned.total() / len(seen.cleaned)
                short = ", ".join(sorted(str(Path(file).relative_to(ROOT)) for file in seen.files))
                rows.append(f"{tool:14}{len(seen.files):6}{seen.hops:7}{each:9.2f}   {short}")
    print("tool           files   hops  cleaned   (times a text is), files")
    print("\n".join(rows))


if __name__ == "__main__":
    with embedded.start() as running:
        anyio.run(main, running)
