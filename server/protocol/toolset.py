"""A tool of this server: function, title, toolset and hints. Also the selection of the tools that a server offers."""

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial, wraps
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

from mcp.server.mcpserver.tools import Tool as McpTool
from mcp.server.mcpserver.tools import ToolManager
from mcp.types import CallToolResult, ToolAnnotations
from mcp.types import Tool as ListedTool

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings
from pai_dlc_mcp.server.spelling import nearest

ToolFunction = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=ToolFunction)


def _hints(*, read_only: bool, destructive: bool, idempotent: bool) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=read_only,
        destructive_hint=destructive,
        idempotent_hint=idempotent,
        open_world_hint=True,
    )


READ = _hints(read_only=True, destructive=False, idempotent=True)
WRITE = _hints(read_only=False, destructive=False, idempotent=False)
IDEMPOTENT_WRITE = _hints(read_only=False, destructive=False, idempotent=True)
DESTROY = _hints(read_only=False, destructive=True, idempotent=True)


class Leave(ABC):
    """Permission to write; base of Permit and UnaskedSender."""

    @abstractmethod
    def after(self, failure: Failure) -> Exception:
        """The exception to raise when the tool's body fails: it says what has been sent."""


def _hides_nothing(function: ToolFunction) -> ToolFunction:
    """Wraps the function: a failure after a write says what was sent."""

    @wraps(function)
    async def told(**arguments: Any) -> Any:
        try:
            return await function(**arguments)
        except Failure as failure:
            leave = next((value for value in arguments.values() if isinstance(value, Leave)), None)
            raise (leave.after(failure) if leave else failure) from None

    return told


@dataclass(frozen=True)
class Tool:
    """One tool. Its name and description are those of its function."""

    name: str
    title: str
    toolset: str
    annotations: ToolAnnotations
    load: Callable[[], ToolFunction]
    known: ListedTool | None = None  # its entry in tools/listed.json

    @cached_property
    def function(self) -> ToolFunction:
        return self.load()

    @cached_property
    def listed(self) -> ListedTool:
        """The tool as in tools/list."""
        if self.known:
            return self.known
        return ListedTool(
            name=self.name,
            title=self.title,
            description=self.built.description,
            input_schema=self.built.parameters,
            output_schema=self.built.output_schema,
            annotations=self.annotations,
        )

    @cached_property
    def built(self) -> McpTool:
        """The tool for the SDK. Built by its first call, since deriving the schemas takes 10 ms for each tool."""
        from pai_dlc_mcp.server.protocol.schemas import harden  # imports much

        doc = " ".join((self.function.__doc__ or "").split())
        streams = get_type_hints(self.function)["return"] is CallToolResult  # text only, so no output schema
        return harden(
            McpTool.from_function(
                _hides_nothing(self.function),
                title=self.title,
                description=doc,
                annotations=self.annotations,
                structured_output=False if streams else None,
            )
        )


@dataclass
class Toolset:
    """A named group of tools that can be turned on. Modules in tools/ declare tools with its decorators."""

    name: str
    tools: list[Tool] = field(default_factory=list[Tool])

    def read(self, title: str) -> Callable[[F], F]:
        """Declare a tool that changes nothing."""
        return self._declare(title, READ)

    def write(self, title: str) -> Callable[[F], F]:
        """Declare a tool that adds something; two calls add two."""
        return self._declare(title, WRITE)

    def idempotent_write(self, title: str) -> Callable[[F], F]:
        """Declare a tool that sets a stated value; a repeated call changes nothing more."""
        return self._declare(title, IDEMPOTENT_WRITE)

    def destroy(self, title: str) -> Callable[[F], F]:
        """Declare a tool whose effect cannot be undone."""
        return self._declare(title, DESTROY)

    def _declare(self, title: str, annotations: ToolAnnotations) -> Callable[[F], F]:
        def declare(function: F) -> F:
            self.tools.append(Tool(function.__name__, title, self.name, annotations, lambda: function))
            return function

        return declare


class Shelf(ToolManager):
    """The tools that a server offers; each is built when first called."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        super().__init__()
        self._offered = {tool.name: tool for tool in tools}

    def add(self, tool: Tool) -> None:
        self._offered[tool.name] = tool

    def get_tool(self, name: str) -> McpTool | None:
        tool = self._offered.get(name)
        return tool and tool.built


def listing(toolsets: Iterable[Toolset]) -> str:
    """JSON of these tools for `shipped`: how each is listed, and the module of its function."""
    tools = [tool for toolset in toolsets for tool in toolset.tools]
    shown = [
        {
            "toolset": tool.toolset,
            "module": tool.function.__module__,
            **tool.listed.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        for tool in tools
    ]
    return json.dumps(shown, indent=1, ensure_ascii=False) + "\n"


def shipped(text: str) -> Sequence[Toolset]:
    """The toolsets in a `listing`. The module of a tool is imported when its function is first used."""
    tools = [_shipped(one) for one in json.loads(text)]
    return [Toolset(name, list(group)) for name, group in groupby(tools, attrgetter("toolset"))]


def _shipped(one: dict[str, Any]) -> Tool:
    listed = ListedTool.model_validate(one)
    load = partial(_function, one["module"], listed.name)
    hints = ToolAnnotations.model_validate(one["annotations"])
    return Tool(listed.name, one["title"], one["toolset"], hints, load, listed)


def _function(module: str, name: str) -> ToolFunction:
    return getattr(import_module(module), name)


def offered(toolsets: Iterable[Toolset], settings: Settings) -> list[Tool]:
    """The tools that the settings select, in listing order. `core` is always on.

    Raises ValueError for an unknown toolset or tool: a misspelt deny_tools would deny nothing.
    """
    tools = [tool for toolset in toolsets for tool in toolset.tools]
    groups = {tool.toolset for tool in tools}
    _known(settings.toolsets, groups | {"all"}, "toolset")
    _known((*settings.allow_tools, *settings.deny_tools), {tool.name for tool in tools}, "tool")
    on = groups if "all" in settings.toolsets else {"core", *settings.toolsets}
    return [
        tool
        for tool in tools
        if tool.toolset in on
        and not (settings.read_only and not tool.annotations.read_only_hint)
        and (not settings.allow_tools or tool.name in settings.allow_tools)
        and tool.name not in settings.deny_tools
    ]


def _known(given: Iterable[str], known: set[str], kind: str) -> None:
    for word in given:
        if word not in known:
            near = nearest(word, known)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(sorted(known))}"
            raise ValueError(f"unknown {kind} {word!r}: {hint}")
