"""`pai-dlc-mcp tools`: the tools as a client sees them, and the bytes that each adds to a model's context."""

import argparse
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
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

CORE, OPT_IN = 24_000, 9_000  # most bytes of `given` for core, and for each other toolset
WHOLE_LIST = 72_000  # most bytes of `whole` for all tools
_KIND = {(True, False): "read", (False, False): "write", (False, True): "destructive"}
_BY_FLAG = ("region", "toolsets", "read_only", "allow_tools", "deny_tools")


def run(argv: Sequence[str]) -> int:
    """Print the tools with their bytes, or rewrite the README's tables."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp tools", description=__doc__)
    parser.add_argument("--readme", type=Path, metavar="FILE", help="rewrite the tables between the markers of FILE")
    given = parser.parse_args(argv)
    if given.readme:
        given.readme.write_text(with_tables(given.readme.read_text("utf-8")), "utf-8")
        return 0
    listed = anyio.run(listed_tools, Settings(toolsets=("all",), state="memory"))
    print("given: name, description and input schema, what a model reads; whole: hints and output schema too\n")
    print(" given  whole  tokens" if _tokenizer() else " given  whole")
    for tool in _all():
        print(f"{_columns([listed[tool.name]])}  {tool.toolset:13}{_kind(tool):13}{tool.name}")
    for toolset in dict.fromkeys(tool.toolset for tool in _all()):
        costs = [listed[tool.name] for tool in _all() if tool.toolset == toolset]
        print(f"{_columns(costs)}  {toolset}, of {allowance(toolset):,} given")
    print(f"{_columns(list(listed.values()))}  all, of {WHOLE_LIST:,} whole")
    return 0


class Cost(NamedTuple):
    """Bytes of a tool in tools/list as compact JSON: `given` (name, description, input schema: what a model gets) and
    `whole`. `tokens`: of `given`."""

    given: int
    whole: int
    tokens: int


def allowance(toolset: str) -> int:
    """The most bytes of `given` for a toolset."""
    return CORE if toolset == "core" else OPT_IN


def _columns(costs: Sequence[Cost]) -> str:
    tokens = sum(cost.tokens for cost in costs)
    return f"{sum(cost.given for cost in costs):6,} {sum(cost.whole for cost in costs):6,}" + (
        f" {tokens:7,}" if tokens else ""
    )


@cache
def _tokenizer() -> Callable[[bytes], int] | None:
    """Counts o200k tokens; None if tiktoken or its data is not installed."""
    try:
        encoding = importlib.import_module("tiktoken").get_encoding("o200k_base")
    except (ImportError, OSError):
        return None
    return lambda text: len(encoding.encode(text.decode()))


def defaults() -> Settings:
    """The settings of an empty environment with all toolsets, for documentation. Writes no file."""
    return Settings.model_construct(toolsets=("all",), state="memory")


async def listed_tools(settings: Settings) -> dict[str, Cost]:
    """The cost of each tool in tools/list."""
    server = app.build(settings, tools.TOOLSETS, DefaultChain())
    async with Client(server, cache=None) as client:
        listed = (await client.list_tools()).tools
    return {tool.name: _cost(tool.model_dump(mode="json", by_alias=True, exclude_none=True)) for tool in listed}


def _cost(tool: dict[str, Any]) -> Cost:
    given = _compact({name: tool[name] for name in ("name", "description", "inputSchema")})
    count = _tokenizer()
    return Cost(len(given), len(_compact(tool)), count(given) if count else 0)


def with_tables(text: str) -> str:
    """The text with new tables between its markers. Raises ValueError for a missing marker."""
    for name, lines in _TABLES.items():
        start, end = f"<!-- {name}: written by `make docs` -->", f"<!-- /{name} -->"
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"the file has no {start} … {end}")
        text = "\n".join([before + start, *lines(), end]) + after
    return text


def _tools_table() -> Iterator[str]:
    yield "| toolset | tool | kind | |"
    yield "|---|---|---|---|"
    for tool in _all():
        yield f"| {tool.toolset} | `{tool.name}` | {_kind(tool)} | {tool.title} |"


def _settings_table() -> Iterator[str]:
    yield "| variable | default | |"
    yield "|---|---|---|"
    for name, field in Settings.model_fields.items():
        if name == "emulator":  # set by a flag, not by the environment
            continue
        flag = f" (`--{name.replace('_', '-')}`)" if name in _BY_FLAG else ""
        described = (field.description or "").replace("|", "\\|")
        yield f"| `PAI_DLC_{name.upper()}`{flag} | {_default(field.default)} | {described} |"


def _default(value: object) -> str:
    if value in (None, "", ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


_TABLES: Mapping[str, Callable[[], Iterator[str]]] = {"settings": _settings_table, "tools": _tools_table}


def _all() -> list[Tool]:
    return offered(tools.TOOLSETS, defaults())


def _kind(tool: Tool) -> str:
    hints = tool.annotations
    return _KIND[bool(hints.read_only_hint), bool(hints.destructive_hint)]


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
