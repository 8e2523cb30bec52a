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
from mcp.server.extension import Extension, MethodBinding, RequestHandler
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER
from mcp.types import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    RequestParams,
)
from pydantic import ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.toolset import Tool
from pai_dlc_mcp.server.safety.caller import caller_of
from pai_dlc_mcp.server.safety.store import digest, kept

_TOOL = "wait_for_jobs"
_KIND, _ERAS = "task", frozenset({"2026-07-28"})
_LONGER_S = 600  # seconds that a task is remembered longer than it waits
_MOST = 32  # tasks of one caller remembered at a time; above it a call waits as for any other client
_POLL_MS = 5000
_INTEGER = TypeAdapter(int)

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
        return [MethodBinding(name, TaskParams, _said_by(handler), _ERAS) for name, handler in served.items()]

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        if params.name != _TOOL or not self._takes_tasks(ctx):
            return await call_next(ctx)
        try:
            begun = await self._begun(ctx, params.arguments or {})
        except Failure:  # the state cannot be used: it waits as for any other client
            begun = None
        return await call_next(ctx) if begun is None else begun

    async def _begun(self, ctx: ServerRequestContext[Any, Any], arguments: Record) -> CallToolResult | Record | None:
        """A task, or the answer where there is nothing to wait for; None for a caller who has enough of them."""
        app, own = self._server.app, self._key(ctx, "")
        if sum(key.startswith(own) for key in await kept(app.store.keys, _KIND)) >= _MOST:
            return None
        began = app.clock.epoch()
        first = await self._look(ctx, arguments, 0.0)
        if not _still(first):
            return first
        task: Record = {
            "arguments": {**arguments, "cursor": _said(first)["cursor"]},
            "began": began,
            "timeout": _INTEGER.validate_python(arguments.get("timeout_s") or self._default_s),  # "30.0" as the tool
            "status": "working",
            "message": _seen(first),
        }
        task_id = secrets.token_urlsafe(24)
        await kept(app.store.put, _KIND, self._key(ctx, task_id), task, task["timeout"] + _LONGER_S)
        return {"resultType": "task", **_shown(task_id, task, began)}

    def _takes_tasks(self, ctx: ServerRequestContext[Any, Any]) -> bool:
        declared = ctx.session.client_capabilities
        return ctx.protocol_version in _ERAS and self.identifier in ((declared and declared.extensions) or {})

    async def _get(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        app, task = self._server.app, await self._task(ctx, params)
        now = app.clock.epoch()
        if task["status"] == "working":
            task = await self._looked(ctx, self._key(ctx, params.task_id), task, now - task["began"])
        return {"resultType": "complete", **_shown(params.task_id, task, now)}

    async def _looked(self, ctx: Any, key: str, task: Record, waited: float) -> Record:
        """The task after one look; an end is kept, so that whoever asks again is told the same."""
        result = await self._look(ctx, task["arguments"], waited)
        if _still(result) and waited < task["timeout"]:
            return {**task, "message": _seen(result)}
        said = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        return await self._end(key, task, {"status": "completed", "result": said})

    async def _cancel(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        task = await self._task(ctx, params)
        if task["status"] == "working":
            await self._end(self._key(ctx, params.task_id), task, {"status": "cancelled"})
        return {"resultType": "complete"}

    async def _update(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> HandlerResult:
        await self._task(ctx, params)
        return {"resultType": "complete"}

    async def _end(self, key: str, task: Record, how: Record) -> Record:
        ended = {name: value for name, value in task.items() if name != "message"} | how
        store = self._server.app.store
        if await kept(store.swap, _KIND, key, task, ended, task["timeout"] + _LONGER_S):
            return ended
        return await kept(store.get, _KIND, key) or ended  # somebody else ended it meanwhile

    async def _task(self, ctx: ServerRequestContext[Any, Any], params: TaskParams) -> Record:
        require_client_extension(ctx, self.identifier)
        named = ctx.request.headers.get(MCP_NAME_HEADER) if ctx.request else None
        if named is not None and named != params.task_id:
            raise MCPError(HEADER_MISMATCH, "the header Mcp-Name is not the taskId of the body")
        task = await kept(self._server.app.store.get, _KIND, self._key(ctx, params.task_id))
        if task is None:
            raise MCPError(INVALID_PARAMS, "there is no such task here: it is over for long, or somebody else's")
        return task

    async def _look(self, ctx: Any, arguments: Record, waited: float) -> CallToolResult:
        """One check of the jobs, as the tool's result. `waited`: seconds of the wait that have passed."""
        from pai_dlc_mcp.server.workflows.waiting import one_look

        with one_look(waited):
            result = await self._server.call_tool(_TOOL, arguments, self._server.context_of(ctx))
        assert isinstance(result, CallToolResult)  # wait_for_jobs asks no questions
        return result

    def _key(self, ctx: Any, task_id: str) -> str:
        """Of the caller's own tasks: nobody else's id leads to one."""
        return f"{digest(caller_of(self._server.context_of(ctx)).principal)} {task_id}"


def _said_by(handler: RequestHandler) -> RequestHandler:
    """With the failure of a store as an error that says so."""

    async def said(ctx: ServerRequestContext[Any, Any], params: Any) -> HandlerResult:
        try:
            return await handler(ctx, params)
        except Failure as failure:
            raise MCPError(INTERNAL_ERROR, f"The state of this server cannot be used ({failure.code}).") from None

    return said


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
