"""wait_for_jobs as a task, for clients that declare the extension io.modelcontextprotocol/tasks (SEP-2663).

A task is no background work: it is the call's arguments, kept in the store, and each tasks/get looks at the jobs once.
So nothing is polled for a client that is gone, and a replica or a restarted server answers for it.
Source: specification/2026-07-28/tasks.md of modelcontextprotocol/ext-tasks.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Self, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER
from mcp.types import HEADER_MISMATCH, INVALID_PARAMS, CallToolRequestParams, CallToolResult, RequestParams
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.protocol.toolset import Tool
from pai_dlc_mcp.server.safety.caller import caller_of
from pai_dlc_mcp.server.safety.store import kept

_TOOL = "wait_for_jobs"
_KIND, _ERAS = "task", frozenset({"2026-07-28"})
_LONGER_S = 600  # seconds that a task is kept after its wait has ended
_MOST = 256  # tasks kept at a time; beyond that a call waits as for clients without tasks
_POLL_MS = 5000

Record = dict[str, Any]


class TaskParams(RequestParams):
    """Parameters of tasks/get, tasks/cancel and tasks/update. An update has no effect: a wait asks no questions."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow")

    task_id: str


class Waits(Extension):
    """The tasks extension of a server that offers wait_for_jobs, which each check calls."""

    identifier = "io.modelcontextprotocol/tasks"
    _server: Server

    def __init__(self, tool: Tool) -> None:
        self._default_s: int = tool.listed.input_schema["properties"]["timeout_s"]["default"]

    @classmethod
    def where_offered(cls, tools: Sequence[Tool]) -> Self | None:
        return next((cls(tool) for tool in tools if tool.name == _TOOL), None)

    def attach(self, server: Server) -> None:
        self._server = server

    def methods(self) -> list[MethodBinding]:
        served = {"tasks/get": self._get, "tasks/cancel": self._cancel, "tasks/update": self._update}
        return [MethodBinding(name, TaskParams, handler, _ERAS) for name, handler in served.items()]

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        if params.name != _TOOL or not self._takes_tasks(ctx):
            return await call_next(ctx)
        app = self._server.app
        if len(await kept(app.store.keys, _KIND)) >= _MOST:
            return await call_next(ctx)
        arguments, began = params.arguments or {}, app.clock.epoch()
        first = await self._look(ctx, arguments, 0.0)
        if not _still(first):
            return first
        task: Record = {
            "principal": self._principal(ctx),
            "arguments": {**arguments, "cursor": _said(first)["cursor"]},
            "began": began,
            "timeout": int(arguments.get("timeout_s") or self._default_s),  # validated by the tool; "30" is allowed
            "status": "working",
            "message": _seen(first),
        }
        task_id = secrets.token_urlsafe(24)
        await kept(app.store.put, _KIND, task_id, task, task["timeout"] + _LONGER_S)
        return {"resultType": "task", **_shown(task_id, task, began)}

    def _takes_tasks(self, ctx: ServerRequestContext[Any, Any]) -> bool:
        declared = ctx.session.client_capabilities
        return ctx.protocol_version in _ERAS and self.identifier in ((declared and declared.extensions) or {})

    async def _get(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        app, task = self._server.app, await self._task(ctx, params)
        now = app.clock.epoch()
        if task["status"] == "working":
            task = await self._looked(ctx, params.task_id, task, now - task["began"])
        return {"resultType": "complete", **_shown(params.task_id, task, now)}

    async def _looked(self, ctx: Any, task_id: str, task: Record, waited: float) -> Record:
        """The task after one check. A final state is stored, so that later requests get the same result."""
        result = await self._look(ctx, task["arguments"], waited)
        if _still(result) and waited < task["timeout"]:
            return {**task, "message": _seen(result)}
        said = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        return await self._end(task_id, task, {"status": "completed", "result": said})

    async def _cancel(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        task = await self._task(ctx, params)
        if task["status"] == "working":
            await self._end(params.task_id, task, {"status": "cancelled"})
        return {"resultType": "complete"}

    async def _update(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        await self._task(ctx, params)
        return {"resultType": "complete"}

    async def _end(self, task_id: str, task: Record, how: Record) -> Record:
        ended = {key: value for key, value in task.items() if key != "message"} | how
        store = self._server.app.store
        if await kept(store.swap, _KIND, task_id, task, ended, task["timeout"] + _LONGER_S):
            return ended
        return await kept(store.get, _KIND, task_id) or ended  # another request has ended it meanwhile

    async def _task(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> Record:
        require_client_extension(ctx, self.identifier)
        named = ctx.request.headers.get(MCP_NAME_HEADER) if ctx.request else None
        if named is not None and named != params.task_id:
            raise MCPError(HEADER_MISMATCH, "the header Mcp-Name is not the taskId of the body")
        task = await kept(self._server.app.store.get, _KIND, params.task_id)
        if task is None or task["principal"] != self._principal(ctx):
            raise MCPError(INVALID_PARAMS, "there is no such task here: it is over for long, or somebody else's")
        return task

    async def _look(self, ctx: Any, arguments: Record, waited: float) -> CallToolResult:
        """One check of the jobs, as the tool's result. `waited`: seconds of the wait that have passed."""
        from pai_dlc_mcp.server.workflows.waiting import one_look

        with one_look(waited):
            result = await self._server.call_tool(_TOOL, arguments, self._server.context_of(ctx))
        assert isinstance(result, CallToolResult)  # wait_for_jobs asks no questions
        return result

    def _principal(self, ctx: Any) -> str:
        return caller_of(self._server.context_of(ctx)).principal


def _said(result: CallToolResult) -> Record:
    return cast("Record", result.structured_content or {})


def _still(result: CallToolResult) -> bool:
    return not result.is_error and _said(result).get("status") == "timeout"


def _seen(result: CallToolResult) -> str:
    """`dlc1 Running, dlc2 Queuing`."""
    return ", ".join(f"{row['job_id']} {row['status']}" for row in _said(result)["jobs"])


def _shown(task_id: str, task: Record, now: float) -> Record:
    """The task in the format of SEP-2663."""
    shown = {
        "taskId": task_id,
        "status": task["status"],
        "createdAt": to_utc(datetime.fromtimestamp(task["began"], UTC)),
        "lastUpdatedAt": to_utc(datetime.fromtimestamp(now, UTC)),
        "ttlMs": (task["timeout"] + _LONGER_S) * 1000,
        "pollIntervalMs": _POLL_MS,
        "statusMessage": task.get("message"),
        "result": task.get("result"),
    }
    return {key: value for key, value in shown.items() if value is not None}
