"""Three ways to the service: the aliyun CLI as the published skill calls it, a thin proxy, and this server.

Each has tools, whose results are the text that a model gets. CLI and proxy carry out operations of the API and return
the service's response unchanged: indented, as the CLI prints it, or compact.
"""

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Protocol, cast

import anyio.lowlevel
from mcp import Client
from mcp.types import ElicitResult

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.schema.check import OPERATIONS, SOURCE
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import text_of
from pai_dlc_mcp.server.settings import Settings

ARMS = ("cli", "proxy", "server")
REGION = "cn-hangzhou"
PRODUCTS: dict[str, Product] = {"2020-12-03": "pai-dlc", "2021-02-04": "aiworkspace", "2022-01-12": "pai"}
Json = dict[str, Any]
User = Callable[[str], bool]
"""The user's answer to a question."""


class Answer(NamedTuple):
    """The result of a call: `text` for a model, `facts` for a script."""

    text: str
    facts: Json
    failed: bool = False


class Tool(NamedTuple):
    name: str
    description: str
    schema: Json


class Arm(Protocol):
    async def tools(self) -> list[Tool]: ...
    async def call(self, name: str, arguments: Json) -> Answer: ...


class Server:
    """This server, through a real client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def tools(self) -> list[Tool]:
        listed = (await self.client.list_tools()).tools
        return [Tool(tool.name, tool.description or "", tool.input_schema) for tool in listed]

    async def call(self, name: str, arguments: Json) -> Answer:
        async def heard(*_: Any) -> None:
            pass

        result = await self.client.call_tool(name, arguments, progress_callback=heard)
        return Answer(text_of(result), result.structured_content or {}, bool(result.is_error))


class Operations:
    """The API's operations, as one tool each (proxy) or through one command (cli)."""

    def __init__(self, gateway: Gateway, *, cli: bool) -> None:
        self.gateway, self.cli = gateway, cli
        self.known = {name: (version, told) for version, one in OPERATIONS.items() for name, told in one.items()}

    async def tools(self) -> list[Tool]:
        if self.cli:
            fields = {"operation": {"type": "string"}, "parameters": {"type": "object"}}
            schema = {"type": "object", "properties": fields, "required": ["operation"]}
            return [Tool("aliyun", f"Call an operation of PAI with the aliyun CLI: {', '.join(self.known)}.", schema)]
        return [
            Tool(name, f"{name} of PAI: {told['route']}", schema_of(told)) for name, (_, told) in self.known.items()
        ]

    async def call(self, name: str, arguments: Json) -> Answer:
        if name == "aliyun":
            name, arguments = str(arguments.get("operation")), dict(arguments.get("parameters") or {})
        if name not in self.known:
            return Answer(f"ERROR: there is no operation {name}", {}, failed=True)
        try:
            body = await self._sent(name, arguments)
        except Failure as failure:
            return Answer(f"ERROR: {failure.code}: {failure.what}", {}, failed=True)
        return Answer(json.dumps(body, indent="\t" if self.cli else None, ensure_ascii=False), body)

    async def _sent(self, name: str, arguments: Mapping[str, Any]) -> Json:
        version, told = self.known[name]
        method, _, route = str(told["route"]).partition(" ")
        params = {key: value for key, value in arguments.items() if value is not None}
        path = tuple(str(params.pop(part, "")) for part in re.findall(r"\{(\w+)\}", route))
        product = PRODUCTS[version]
        if product == "pai":
            for value in path:
                route = re.sub(r"\{\w+\}", value, route, count=1)
            return await self.gateway.read(product, name, REGION, *path, params=params, pathname=route)
        if method == "GET":
            return await self.gateway.read(product, name, REGION, *path, params=params)
        return await self.gateway.send(product, name, REGION, path, params)


def schema_of(told: Json) -> Json:
    """One flat object of path ids, query and body."""
    ids = re.findall(r"\{(\w+)\}", told["route"])
    parts = [told["query"], told.get("body", {})]
    fields = {name: field for part in parts for name, field in part.get("properties", {}).items()}
    needed = [*ids, *(name for part in parts for name in part.get("required", []))]
    return {
        "type": "object",
        "properties": {**{name: {"type": "string"} for name in ids}, **resolved(fields)},
        "required": needed,
    }


def resolved(part: Any, depth: int = 0) -> Any:
    """Without references, since a list of tools has no place for definitions."""
    if isinstance(part, dict):
        found = cast("Json", part)
        if reference := found.get("$ref"):
            named = SOURCE["schemas"][reference.rpartition("/")[2]]
            return resolved(named, depth + 1) if depth < 6 else {"type": "object"}  # Volumes is recursive
        return {key: resolved(value, depth) for key, value in found.items()}
    return [resolved(one, depth) for one in cast("list[Any]", part)] if isinstance(part, list) else part


@asynccontextmanager
async def opened(
    arm: str, emulator: Emulator, user: User, *, form: bool, settings: Mapping[str, Any]
) -> AsyncGenerator[Arm]:
    """An arm on the emulator with the server's clock. Without forms the server issues tokens."""

    def seconds() -> float:
        return emulator.clock.now().timestamp()

    async def sleep(wait: float) -> None:
        await anyio.lowlevel.checkpoint()
        emulator.clock.advance(wait)

    async def shown(_: Any, asked: Any) -> ElicitResult:
        if user(asked.message):
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")

    here: Json = {"endpoint": emulator.endpoint, "protocol": "http", "emulator": True, "state": "memory"}
    configured = Settings(**{"region": REGION, "toolsets": "all", **here, **settings})
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
    if arm != "server":
        yield Operations(Gateway(configured, key), cli=arm == "cli")
        return
    server = app.build(configured, tools.TOOLSETS, key, clock=Clock(seconds, seconds, sleep))
    asks: Callable[..., Awaitable[ElicitResult]] | None = shown if form else None
    async with Client(server, mode="legacy", cache=None, elicitation_callback=asks) as client:
        yield Server(client)
