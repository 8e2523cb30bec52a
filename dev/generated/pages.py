"""The documentation's pages of tools: parameters, and results of some calls on the emulator."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.types import CallToolResult, TextContent
from pydantic import SecretStr

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.clock import Clock as ServerClock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.protocol.toolset import Tool
from pai_dlc_mcp.server.settings import Settings

_README = Path(__file__).parents[2] / "README.md"
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
# Calls with results to show, on jobs of a new emulator.
_SHOWN: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("list_jobs", {"workspace_id": "123456", "limit": 4}),
    ("get_job", {"job_id": "dlc2outofmemory2"}),
    ("diagnose_job", {"job_id": "dlc2outofmemory2"}),
    ("get_pod_logs", {"job_id": "dlc2outofmemory2"}),
    ("wait_for_jobs", {"job_ids": ["dlc1succeeded001", "dlc4stillrunning"]}),
    ("get_queue_position", {"job_id": "dlc5waitinginq05"}),
    ("stop_job", {"job_id": "dlc4stillrunning"}),
    ("list_ecs_specs", {"gpus": 8, "limit": 3}),
    ("get_job", {"job_id": "dlc0000000000000"}),
)


def pages(every: Sequence[Tool]) -> dict[str, str]:
    """Text by path in the repository."""
    toolsets = {toolset.name: [tool for tool in every if tool.toolset == toolset.name] for toolset in tools.TOOLSETS}
    shown = {f"docs/tools/{name}.md": _toolset(name, members) for name, members in toolsets.items()}
    of_readme = {f"docs/{heading.lower()}.md": _section(heading) for heading in ("Configuration", "Troubleshooting")}
    answers = {"docs/tools/index.md": _index(toolsets), "docs/tools/answers.md": anyio.run(_answers)}
    return {**shown, **of_readme, **answers}


def _section(heading: str) -> str:
    """A section of the README as a page; without links to files."""
    _, _, rest = _README.read_text("utf-8").partition(f"\n## {heading}\n")
    return f"# {heading}\n{rest.partition(chr(10) + '## ')[0].rstrip()}\n"


def _index(toolsets: Mapping[str, Sequence[Tool]]) -> str:
    rows = [
        f"| [`{tool.name}`]({name}.md#{tool.name}) | {name} | {_kind(tool)} | {tool.title} |"
        for name, members in toolsets.items()
        for tool in members
    ]
    return "\n".join(
        [
            "# Tools",
            "",
            "`core` is always on; `--toolsets quotas,runs` or `all` adds others, `--read-only` keeps the reads only.",
            "",
            "| tool | toolset | kind | what for |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _toolset(name: str, members: Sequence[Tool]) -> str:
    parts = [f"# Toolset {name}", ""]
    for tool in members:
        parts += [f"## {tool.name}", "", f"*{tool.title}* · {_kind(tool)}", "", str(tool.listed.description), ""]
        parts += _parameters(tool.listed.input_schema)
    return "\n".join(parts)


def _kind(tool: Tool) -> str:
    hints = tool.listed.annotations
    assert hints
    return "read" if hints.read_only_hint else "write, asks first" if hints.destructive_hint else "write"


def _parameters(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {_type(one)} | {_default(name, one, required)} | {_cell(str(one.get('description', '')))} |"
        for name, one in schema.get("properties", {}).items()
    ]
    return ["| parameter | type | default | |", "|---|---|---|---|", *rows, ""] if rows else []


def _default(name: str, one: Mapping[str, Any], required: Sequence[str]) -> str:
    if name in required:
        return "required"
    return f"`{one['default']}`" if one.get("default") not in (None, "") else ""


def _type(one: Mapping[str, Any]) -> str:
    if values := one.get("enum"):
        return " ".join(f"`{value}`" for value in values)
    if one.get("type") == "array":
        return f"list of {_type(one.get('items', {}))}"
    return str(one.get("type", "any"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


async def _answers() -> str:
    parts = [
        "# What tools answer",
        "",
        "Each answer as the model gets it, from a new emulator. Written by `make docs`.",
        "",
    ]
    with embedded.start(clock=Clock(_NOON, speed=0)) as emulator:
        settings = Settings(
            region="cn-hangzhou", endpoint=emulator.endpoint, protocol="http", emulator=True, state="memory",
            toolsets=("all",), confirm_keys=(SecretStr("0" * 32),), audit_file=Path(os.devnull),
        )  # fmt: skip
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        clock = ServerClock(lambda: emulator.clock.now().timestamp())
        server = app.build(settings, tools.TOOLSETS, key, now=lambda: _NOON.timestamp(), clock=clock)
        async with Client(server, cache=None) as client:
            for name, arguments in _SHOWN:
                result = await client.call_tool(name, dict(arguments))
                called = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
                parts += [f"## {name}({called})", "", "```text", _steady(result), "```", ""]
    return "\n".join(parts)


def _steady(result: CallToolResult) -> str:
    """The text, without parts that change in each run."""
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    text = re.sub(r'(?<=untrusted-data id=")[0-9a-f]+|(?<=untrusted-data id=)[0-9a-f]+', "5598ff51", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "pai-dlc.cn-hangzhou.aliyuncs.com", text)
    text = re.sub(r"(?<=request_id: )\S+", "7F3C5A2E-5113-85C8-141871BF7635", text)
    return re.sub(r"(?<=(?:_token|cursor): )\S+", "…", text)
