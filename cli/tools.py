"""`pai-dlc-mcp tools`: what a client is shown, and the bytes of its context each tool costs."""

import argparse
import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.protocol.toolset import Tool, offered
from pai_dlc_mcp.server.settings import Settings

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
    listed = anyio.run(listed_tools)
    count = _tokenizer()
    print(" bytes  " + ("tokens  " if count else ""))
    costs = {name: (len(text), count(text) if count else None) for name, text in listed.items()}
    for tool in _all():
        print(f"{_columns(costs[tool.name])}{tool.toolset:13}{_kind(tool):13}{tool.name}")
    for word, names in (("core", [tool.name for tool in _all() if tool.toolset == "core"]), ("all", list(costs))):
        tokens = sum(costs[name][1] or 0 for name in names) if count else None
        print(f"{_columns((sum(costs[name][0] for name in names), tokens))}{word}")
    return 0


def _columns(cost: tuple[int, int | None]) -> str:
    return f"{cost[0]:6,}  " + (f"{cost[1]:6,}  " if cost[1] is not None else "")


def _tokenizer() -> Callable[[bytes], int] | None:
    """o200k tokens, where tiktoken is installed and has its ranks."""
    try:
        encoding = importlib.import_module("tiktoken").get_encoding("o200k_base")
    except (ImportError, OSError):
        return None
    return lambda text: len(encoding.encode(text.decode()))


async def listed_tools() -> dict[str, bytes]:
    """Each tool as it stands in tools/list: compact JSON, output schema included."""
    server = app.build(Settings(toolsets=("all",)), tools.TOOLSETS, DefaultChain())
    async with Client(server, cache=None) as client:
        listed = (await client.list_tools()).tools
    return {tool.name: _compact(tool.model_dump(mode="json", by_alias=True, exclude_none=True)) for tool in listed}


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
