"""Wraps every tool call: turns exceptions into error results of one shape, redacts each result, and cuts it to the
limit of tokens."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

from anyio import to_thread
from mcp.server.elicitation import ElicitSchemaModelT
from mcp.server.mcpserver import Context, ElicitationResult
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.types import CallToolResult, InputRequiredResult, TextContent
from pydantic import ValidationError

from pai_dlc_mcp.server import deadline, telemetry
from pai_dlc_mcp.server.budget import redact
from pai_dlc_mcp.server.budget.clean import clean_text
from pai_dlc_mcp.server.budget.fence import unforged
from pai_dlc_mcp.server.budget.limits import fit, shrink, tokens
from pai_dlc_mcp.server.budget.redact import Redactor, Seen
from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.deps import App
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.render import redacted, render
from pai_dlc_mcp.server.protocol.reply import Facts, Origin, text_of
from pai_dlc_mcp.server.protocol.schemas import explain
from pai_dlc_mcp.server.settings import Settings
from pai_dlc_mcp.server.spelling import nearest
from pai_dlc_mcp.server.workflows.permit import Ended

_BIG = 1_000_000  # characters of a call's traffic, above which its result is built in a worker thread
_MOST = 4_000_000  # characters of arguments: the service takes no larger body, and checking them blocks the event loop
_MOST_WHAT = 600  # tokens of the sentence that says what happened
_log = logging.getLogger(__name__)


class CallOrigin(NamedTuple):
    """The region and settings of a call, named in its result."""

    region: str
    settings: Settings


Call = Callable[[str, dict[str, Any], Context[App, Any] | None], Awaitable[object]]
"""The SDK's call of a tool: validates, resolves, runs; raises ToolError."""


class Door:
    """Runs tool calls, and redacts and cuts what they return."""

    def __init__(self, app: App, names: Sequence[str]) -> None:
        self._app, self._names = app, names
        self._settings, self._ceiling = app.settings, app.settings.max_tokens
        _ = app.own  # build it now, not in the first call

    async def through(
        self, call: Call, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None
    ) -> CallToolResult | InputRequiredResult:
        """Run one call. Returns a result or a question (InputRequiredResult); raises nothing that is expected."""
        if (size := _size(arguments)) > _MOST:
            return tell(_too_large(size), self._ceiling)
        seen, began, code = Seen(self._app.own), time.monotonic(), None
        try:
            watched = context and _Watched(context, self._app, seen)
            with deadline.whole_call(self._settings.deadline), redact.whole_call(seen):
                answer = await call(name, arguments, watched)  # a reply, still unrendered
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, Ended):
                answer = cause.reply
            else:
                failure = self._failure(name, error)
                answer, code = tell(failure, self._ceiling), failure.code
        leave = partial(self._leave, answer, arguments, seen)
        result = await to_thread.run_sync(leave) if seen.size > _BIG else leave()
        known = name if name in self._names else "unknown"
        telemetry.tool_called(known, time.monotonic() - began, lambda: _tokens(result), code)
        return result

    def _leave(self, answer: Any, arguments: Mapping[str, Any], seen: Seen) -> CallToolResult | InputRequiredResult:
        """Redact the answer; cut it to the token limit unless it is a question."""
        redactor = seen.redactor()
        if isinstance(answer, InputRequiredResult):
            return _asked(answer, redactor)
        if isinstance(answer, Facts):
            return _under(self._ceiling, render(self._origin(arguments), answer, redactor))
        return _under(self._ceiling, redacted(answer, redactor))

    def _origin(self, arguments: Mapping[str, Any]) -> Origin:
        try:
            region = endpoints.resolve_region(arguments.get("region") or None, self._settings).id
        except Failure:  # only check_setup gets here: its result reports the failure
            region = "none"
        return CallOrigin(region, self._settings)

    def _failure(self, name: str, error: ToolError) -> Failure:
        cause = _failure_in(error.__cause__) or error.__cause__
        if isinstance(cause, Failure):
            return cause
        if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
            return explain(cause)
        if name not in self._names:
            return unknown(name, self._names)
        if isinstance(error, UnexpectedToolError):
            where = "".join(traceback.format_tb(cause.__traceback__)) if cause else ""
            _log.error("%s crashed: %s\n%s", name, type(cause).__name__, where)  # its text may quote a job's secrets
            return Failure(
                f"{name} failed inside this server; nothing of the job is known from it.",
                fix="Try again; if it persists, ask the operator to look at this server's log.",
                code="InternalError",
            )
        return Failure(
            f"{name}: the client's answer to the question could not be read. Nothing was done.",
            fix="Ask the user in the conversation, then call again.",
            code="InvalidAnswer",
        )


def _size(value: object) -> int:
    """Number of characters in all texts of `value`, plus one for each value."""
    if isinstance(value, str):
        return 1 + len(value)
    if isinstance(value, Mapping):
        return 1 + sum(_size(name) + _size(item) for name, item in cast("Mapping[object, object]", value).items())
    return 1 + (sum(map(_size, cast("list[object]", value))) if isinstance(value, list) else 0)


def _too_large(size: int) -> Failure:
    return Failure(
        f"The arguments have {size:,} characters; a call may have {_MOST:,}. Nothing was done.",
        fix="Put a long script or its data into an image, a dataset or a code source, and name it there.",
        code="TooLarge",
    )


def unknown(name: str, names: Sequence[str]) -> Failure:
    """The failure for a tool name that this server does not have."""
    near = nearest(name, names)
    fix = f"Use {near}." if near else f"Use one of: {', '.join(names)}."
    return Failure(f"There is no tool {name!r} on this server.", fix=fix, code="UnknownTool")


def _failure_in(cause: BaseException | None) -> Failure | None:
    """The Failure that caused an error. Of an ExceptionGroup (parallel calls), the first one in it."""
    if isinstance(cause, Failure):
        return cause
    parts: Sequence[BaseException] = cast("Any", cause).exceptions if isinstance(cause, ExceptionGroup) else ()
    return next(filter(None, map(_failure_in, parts)), None)


def tell(failure: Failure, ceiling: int) -> CallToolResult:
    """The error result: what happened, `fix:` and the codes. Both sentences are cut to a share of `ceiling` tokens, so
    that a long value quoted in one of them does not push out the codes."""
    codes = {"code": failure.code, "http_status": failure.http_status, "request_id": failure.request_id}
    what = fit(failure.what, min(_MOST_WHAT, ceiling * 3 // 10), "A value in it is long.")
    fix = fit(failure.fix, ceiling // 2, "It is long.")
    lines = [
        unforged(" ".join(what.splitlines())),
        unforged(f"fix: {' '.join(fix.splitlines())}"),
        *(f"{key}: {value}" for key, value in codes.items() if value),
    ]
    return CallToolResult(is_error=True, content=[TextContent(type="text", text=clean_text("\n".join(lines)))])


class _Watched(Context[App, Any]):
    """The context of a call: its lifespan state is the App, and its questions are redacted."""

    _seen: Seen

    def __init__(self, context: Context[Any, Any], app: App, seen: Seen) -> None:
        super().__init__(
            request_context=replace(context.request_context, lifespan_context=app),
            mcp_server=context.mcp_server,
            input_params=context._input_params,
            subscriptions=context._bus,
        )
        self._seen = seen

    async def elicit(self, message: str, schema: type[ElicitSchemaModelT]) -> ElicitationResult[ElicitSchemaModelT]:
        return await super().elicit(self._seen.redactor().text(message), schema)


def _asked(question: InputRequiredResult, redactor: Redactor) -> InputRequiredResult:
    def shown(request: Any) -> Any:
        if not (message := getattr(request.params, "message", None)):
            return request
        params = request.params.model_copy(update={"message": redactor.text(message)})
        return request.model_copy(update={"params": params})

    asked = {key: shown(request) for key, request in (question.input_requests or {}).items()}
    return question.model_copy(update={"input_requests": asked or None})


def _tokens(result: CallToolResult | InputRequiredResult) -> int:
    return tokens(text_of(result)) if isinstance(result, CallToolResult) else 0


def _under(ceiling: int, result: CallToolResult) -> CallToolResult:
    """Cut text, structured content and _meta to `ceiling` tokens each."""
    structured, cut = shrink(result.structured_content or {}, ceiling)
    meta, _ = shrink(result.meta or {}, ceiling)
    text = text_of(result) + ("\n[structured content cut: ask for less]" if cut else "")
    rest = [block for block in result.content if not isinstance(block, TextContent)]
    fitted = fit(text, ceiling, "ask for less: a smaller limit, a narrower filter, or a lower max_tokens")
    content = [TextContent(type="text", text=fitted), *rest]
    known = structured if result.structured_content is not None else None
    return result.model_copy(update={"content": content, "structured_content": known, "meta": meta or None})
