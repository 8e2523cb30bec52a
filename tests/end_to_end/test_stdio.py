"""The server as a host runs it: a process, stdin and stdout."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import ElicitResult, TextContent

from pai_dlc_mcp import cli

ROOT = Path(__file__).parents[2]


def server(*arguments: str, **environment: str) -> StdioServerParameters:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return StdioServerParameters(
        command=sys.executable, args=["-m", "pai_dlc_mcp.cli", "serve", *arguments], env={**kept, **environment}
    )


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.long)])
async def test_a_job_is_created_and_stopped_over_stdio(mode: Any) -> None:
    questions: list[str] = []

    async def yes(_: Any, asked: Any) -> ElicitResult:
        questions.append(asked.message)
        return ElicitResult(action="accept", content={"confirm": True})

    transport = stdio_client(server("--emulator", "--speed", "2000"))
    async with Client(transport, mode=mode, cache=None, elicitation_callback=yes) as client:
        listed = (await client.call_tool("list_images", {"accelerator": "GPU"})).structured_content
        assert listed is not None
        spec = {"type": "Worker", "image": listed["images"][0]["image_uri"], "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
        job = {
            "workspace_id": "123456",
            "display_name": "over-stdio",
            "job_type": "PyTorchJob",
            "job_specs": [spec],
            "user_command": "python train.py",
            "envs": {"EMULATOR_SCENARIO": "nccl_hang"},
        }
        made = (await client.call_tool("create_job", job)).structured_content
        assert made is not None
        status = ""
        for _ in range(200):
            seen = (await client.call_tool("get_job", {"job_id": made["job_id"]})).structured_content
            assert seen is not None
            if (status := seen["status"]) == "Running":
                break
        assert status == "Running"
        stopped = (await client.call_tool("stop_job", {"job_id": made["job_id"]})).structured_content
    assert stopped is not None
    assert stopped["job_status"] in ("Stopping", "Stopped")
    assert len(questions) == 1


async def test_the_server_of_mcp_json_starts_and_lists_its_tools() -> None:
    (entry,) = json.loads((ROOT / "mcp.json").read_text("utf-8"))["mcpServers"].values()
    command = Path(sys.executable).with_name(entry["command"])
    assert command.exists(), f"{entry['command']} is not a console script of this project"
    async with Client(stdio_client(StdioServerParameters(command=str(command), args=entry["args"]))) as client:
        assert "create_job" in {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.long  # tests/server/cloud/test_credentials.py has the rule
async def test_without_credentials_or_network_the_server_starts_and_says_how_to_configure_them(tmp_path: Path) -> None:
    started = time.monotonic()
    away = server(HOME=str(tmp_path), PAI_DLC_REGION="cn-hangzhou")
    async with Client(stdio_client(away), cache=None) as client:
        assert (await client.list_tools()).tools
        answer = await client.call_tool("list_workspaces", {})
    block = answer.content[0]
    assert isinstance(block, TextContent)
    assert answer.is_error
    assert "credentials" in block.text
    assert "aliyun configure" in block.text
    assert time.monotonic() - started < 10  # 3 s on an idle machine; this only catches the SDK's silent probes


def test_a_misspelt_toolset_is_refused_at_start_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--toolsets", "templatez"]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert "did you mean 'templates'" in error


async def test_with_the_emulator_no_role_is_assumed() -> None:
    transport = stdio_client(server("--emulator", PAI_DLC_ROLE_ARN="acs:ram::1234567890123456:role/agents"))
    async with Client(transport, cache=None) as client:
        assert not (await client.call_tool("get_job", {"job_id": "dlc4stillrunning"})).is_error
