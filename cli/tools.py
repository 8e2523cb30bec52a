"""`pai-dlc-mcp tools`: what a client is shown, and the bytes of a model's context each tool costs."""

import argparse
import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

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
    print("given: name, description and input schema, what a model reads; whole: hints and output schema too\n")
    print(" given  whole  tokens" if _tokenizer() else " given  whole")
    for tool in _all():
        print(f"{_columns([listed[tool.name]])}  {tool.toolset:13}{_kind(tool):13}{tool.name}")
    for toolset in dict.fromkeys(tool.toolset for tool in _all()):
        print(f"{_columns([listed[tool.name] for tool in _all() if tool.toolset == toolset])}  {toolset}")
    print(f"{_columns(list(listed.values()))}  all")
    return 0


class Cost(NamedTuple):
    """Bytes of a tool in tools/list as compact JSON: what a model is `given`, and `whole`. `tokens` of the first."""

    given: int
    whole: int
    tokens: int


def _columns(costs: Sequence[Cost]) -> str:
    tokens = sum(cost.tokens for cost in costs)
    return f"{sum(cost.given for cost in costs):6,} {sum(cost.whole for cost in costs):6,}" + (
        f" {tokens:7,}" if tokens else ""
    )


@cache
def _tokenizer() -> Callable[[bytes], int] | None:
    """o200k tokens, where tiktoken is installed and has its ranks."""
    try:
        encoding = importlib.import_module("tiktoken").get_encoding("o200k_base")
    except (ImportError, OSError):
        return None
    return lambda text: len(encoding.encode(text.decode()))


async def listed_tools() -> dict[str, Cost]:
    """What each tool of tools/list costs."""
    server = app.build(Settings(toolsets=("all",)), tools.TOOLSETS, DefaultChain())
    async with Client(server, cache=None) as client:
        listed = (await client.list_tools()).tools
    return {tool.name: _cost(tool.model_dump(mode="json", by_alias=True, exclude_none=True)) for tool in listed}


def _cost(tool: dict[str, Any]) -> Cost:
    given = _compact({name: tool[name] for name in ("name", "description", "inputSchema")})
    count = _tokenizer()
    return Cost(len(given), len(_compact(tool)), count(given) if count else 0)


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
