"""MCP Apps (io.modelcontextprotocol/ui): the job page as a resource, the tools whose results it shows, and its own
tool.

That tool is listed for, and can be called by, clients that declare the extension.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from mcp.server.apps import APP_MIME_TYPE, Apps, client_supports_apps
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.resources import FunctionResource
from mcp.types import CallToolRequestParams

from pai_dlc_mcp.page import document
from pai_dlc_mcp.server.app import Server, unknown_tool
from pai_dlc_mcp.server.protocol.toolset import Tool, shipped

URI = "ui://pai-dlc/job"
SHOWN_BY = ("get_job", "diagnose_job", "wait_for_jobs")
NEEDS = frozenset({"get_job", "diagnose_job", "get_pod_logs", "get_job_metrics", "list_job_sanity_check_results"})
"""The tools whose facts the page shows; without one of them there is no page."""

(TOOL,) = shipped((files("pai_dlc_mcp.page") / "listed.json").read_text("utf-8"))[0].tools


class JobPage(Apps):
    """The document and its tool, if all tools that it shows are offered."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        super().__init__()
        self._names = [tool.name for tool in tools]
        self._on = set(self._names) >= NEEDS
        if self._on:
            self.add_resource(_resource())

    def attach(self, server: Server) -> None:
        """Register the page's tool, and list it for clients with MCP Apps."""
        if self._on:
            server.answer_also(TOOL)
            server.middleware.append(_list_for_apps)

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        if params.name == TOOL.name and not client_supports_apps(ctx):
            return unknown_tool(params.name, self._names)
        return await call_next(ctx)


async def _list_for_apps(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    result: Any = await call_next(ctx)
    if ctx.method != "tools/list" or not client_supports_apps(ctx):
        return result
    return {**result, "tools": [*map(_linked, result["tools"]), _wire(TOOL, ["app"])]}


def _linked(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "_meta": {**tool.get("_meta", {}), **_meta()}} if tool["name"] in SHOWN_BY else tool


def _wire(tool: Tool, visibility: list[str]) -> dict[str, Any]:
    return {**tool.listed.model_dump(mode="json", by_alias=True, exclude_none=True), "_meta": _meta(visibility)}


def _meta(visibility: list[str] | None = None) -> dict[str, Any]:
    """In the form of the specification, and in the form of hosts before 2026."""
    ui = {"resourceUri": URI} | ({"visibility": visibility} if visibility else {})
    return {"ui": ui, "ui/resourceUri": URI}


def _resource() -> FunctionResource:
    return FunctionResource(
        uri=URI,
        name="job",
        title="A training job while it goes on",
        description="Statuses, use of the pods, loss, the log's end and the cause.",
        mime_type=APP_MIME_TYPE,
        meta={"ui": {"csp": {}, "prefersBorder": True}},
        fn=document.html,
    )
