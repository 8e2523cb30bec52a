"""`pai-dlc-mcp tools`: what a client is shown, and the bytes of its context each tool costs."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.settings import Settings
from pai_dlc_mcp.server.toolset import Tool, offered

START, END = "<!-- tools: written by `pai-dlc-mcp tools --readme README.md` -->", "<!-- /tools -->"
_KIND = {(True, False): "read", (False, False): "write", (False, True): "destructive"}


def run(argv: Sequence[str]) -> int:
    """Print the table, or rewrite the README's."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp tools", description=__doc__)
    parser.add_argument("--readme", type=Path, metavar="FILE", help="rewrite the table between the markers of FILE")
    given = parser.parse_args(argv)
    if given.readme:
        given.readme.write_text(with_table(given.readme.read_text("utf-8")), "utf-8")
        return 0
    sizes = anyio.run(tool_bytes)
    for tool in _all():
        print(f"{sizes[tool.name]:6,}  {tool.toolset:12} {_kind(tool):12} {tool.name}")
    core = sum(sizes[tool.name] for tool in _all() if tool.toolset == "core")
    print(f"{core:6,}  core\n{sum(sizes.values()):6,}  all toolsets")
    return 0


async def tool_bytes() -> dict[str, int]:
    """Bytes of each tool in tools/list, as compact JSON, output schemas included."""
    server = app.build(Settings(toolsets=("all",)), tools.TOOLSETS, DefaultChain())
    async with Client(server, cache=None) as client:
        listed = (await client.list_tools()).tools
    return {tool.name: len(_compact(tool.model_dump(mode="json", by_alias=True, exclude_none=True))) for tool in listed}


def with_table(text: str) -> str:
    """The text with a fresh table between its markers."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return "\n".join([before + START, *_table(), END]) + after


def _table() -> Iterator[str]:
    yield "| toolset | tool | kind | |"
    yield "|---|---|---|---|"
    for tool in _all():
        yield f"| {tool.toolset} | `{tool.name}` | {_kind(tool)} | {tool.title} |"


def _all() -> list[Tool]:
    return offered(tools.TOOLSETS, Settings(toolsets=("all",)))


def _kind(tool: Tool) -> str:
    hints = tool.annotations
    return _KIND[bool(hints.read_only_hint), bool(hints.destructive_hint)]


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
