"""The real server over HTTP with what the conformance suite asks of any server under its own names: `make conformance`.

Built by the same factory as `pai-dlc-mcp serve --emulator`, with the fixtures as one more addition, so that the suite's
calls go through this server's way out, its ceiling and its checks. Usage: python tests/conformance_server.py PORT
"""

import base64
import json
import sys
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.server.mcpserver.tools import Tool, ToolManager
from mcp.shared.exceptions import MCPError
from mcp.types import (
    AudioContent,
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from mcp.types import Tool as ListedTool

from pai_dlc_mcp import tools
from pai_dlc_mcp.cli.serve import ADDITIONS
from pai_dlc_mcp.emulator import clock, embedded
from pai_dlc_mcp.server import app, http
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.deps import App
from pai_dlc_mcp.server.settings import Settings

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt ").decode()
NO_CAPABILITY = -32021
IMAGE = ImageContent(type="image", data=PNG, mime_type="image/png")

Ctx = Context[App, Any]


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


def result(*content: Any) -> CallToolResult:
    return CallToolResult(content=list(content))


def resource(uri: str, words: str, mime: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, text=words, mime_type=mime))


def ask(message: str, **fields: str) -> ElicitRequest:
    properties = {name: {"type": kind} for name, kind in fields.items()}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": list(fields)}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(words: str, most: int) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=text(words))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=most))


def contents(server: app.Server) -> None:
    """One tool for each kind of content."""
    answers = {
        "test_simple_text": result(text("This is a simple text response for testing.")),
        "test_image_content": result(IMAGE),
        "test_audio_content": result(AudioContent(type="audio", data=WAV, mime_type="audio/wav")),
        "test_embedded_resource": result(resource("test://embedded-resource", "This is an embedded resource content.")),
        "test_multiple_content_types": result(
            text("Multiple content types test:"),
            IMAGE,
            resource("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
        ),
    }
    for name, answer in answers.items():
        server.add_tool(_giving(answer), name=name, description=name)


def _giving(answer: CallToolResult) -> Callable[[], CallToolResult]:
    def tool() -> CallToolResult:
        return answer

    return tool


def behaviours(server: app.Server) -> None:
    @server.tool(description="A fixture of the suite.")
    async def test_error_handling() -> CallToolResult:
        answer = result(text("This tool intentionally returns an error for testing"))
        return answer.model_copy(update={"is_error": True})

    @server.tool(description="A fixture of the suite.")
    async def test_tool_with_progress(ctx: Ctx) -> CallToolResult:
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100)
        return result(text("done"))

    @server.tool(description="A fixture of the suite.")
    async def test_missing_capability(ctx: Ctx) -> CallToolResult:
        if not (ctx.client_capabilities and ctx.client_capabilities.sampling):
            raise MCPError(NO_CAPABILITY, "sampling is required", {"requiredCapabilities": {"sampling": {}}})
        return result(text("ok"))

    @server.tool(description="A fixture of the suite.")
    async def test_streaming_elicitation() -> CallToolResult:
        return result(text("ok"))

    @server.tool(description="A fixture of the suite.")
    async def test_logging_tool() -> CallToolResult:
        return result(text("ok"))


NAME = ask("What is your name?", name="string")
CONFIRM = ask("Please confirm", ok="boolean")
GREETING = sample("Generate a greeting", 50)
Rounds = list[dict[str, Any]]
ROUNDS: dict[str, Rounds] = {
    "elicitation": [{"user_name": NAME}],
    "sampling": [{"capital_question": sample("What is the capital of France?", 100)}],
    "list_roots": [{"client_roots": ListRootsRequest()}],
    "request_state": [{"confirm": CONFIRM}],
    "tampered_state": [{"confirm": CONFIRM}],
    "multiple_inputs": [{"user_name": NAME, "greeting": GREETING, "client_roots": ListRootsRequest()}],
    "multi_round": [
        {"step1": ask("Step 1: What is your name?", name="string")},
        {"step2": ask("Step 2: What is your favorite color?", color="string")},
    ],
}
"""What each tool asks, round by round; it answers when the last round is answered."""


def _asking(steps: Rounds) -> Callable[[Ctx], Awaitable[CallToolResult | InputRequiredResult]]:
    async def tool(ctx: Ctx) -> CallToolResult | InputRequiredResult:
        answers = ctx.input_responses or {}
        step = int(ctx.request_state or "0")
        step += steps[step].keys() <= answers.keys()
        if step < len(steps):
            return InputRequiredResult(input_requests=steps[step], request_state=str(step))
        said = [answer.model_dump(mode="json", exclude_none=True) for answer in answers.values()]
        return result(text(f"state-ok {json.dumps(said)}"))

    return tool


def rounds(server: app.Server) -> None:
    for called, steps in ROUNDS.items():
        server.add_tool(_asking(steps), name=f"test_input_required_result_{called}", description=called)

    @server.tool(description="A fixture of the suite.")
    async def test_input_required_result_capabilities(ctx: Ctx) -> CallToolResult | InputRequiredResult:
        can = ctx.client_capabilities
        requests: dict[str, Any] = {}
        if can and can.elicitation:
            requests["user_name"] = NAME
        if can and can.sampling:
            requests["greeting"] = GREETING
        if ctx.input_responses or not requests:
            return result(text("ok"))
        return InputRequiredResult(input_requests=requests)

    @server.prompt(description="A fixture of the suite.")
    async def test_input_required_result_prompt(ctx: Ctx) -> list[Message] | InputRequiredResult:
        if "user_context" not in (ctx.input_responses or {}):
            question = ask("What context should the prompt use?", context="string")
            return InputRequiredResult(input_requests={"user_context": question})
        return [UserMessage("ok")]


def prompts_and_resources(server: app.Server) -> None:
    @server.prompt(description="A fixture of the suite.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="A fixture of the suite.")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="A fixture of the suite.")
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803 - the suite's name
        embedded_one = resource(resourceUri, "Embedded resource content for testing.")
        return [UserMessage(embedded_one), UserMessage("Please process the embedded resource above.")]

    @server.prompt(description="A fixture of the suite.")
    def test_prompt_with_image() -> list[Message]:
        return [UserMessage(IMAGE), UserMessage("Please analyze the image above.")]

    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(PNG)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


class Fixtures(ToolManager):
    """The suite's tools in front of those of this server, which are built from what is shipped."""

    def __init__(self, shelf: ToolManager) -> None:
        super().__init__()
        self._shelf = shelf

    def get_tool(self, name: str) -> Tool | None:
        return super().get_tool(name) or self._shelf.get_tool(name)


def add(server: app.Server, _: Collection[str]) -> None:
    server._tool_manager = Fixtures(server._tool_manager)
    own = server.list_tools

    async def list_tools() -> list[ListedTool]:
        return [*await own(), *await MCPServer.list_tools(server)]

    server.list_tools = list_tools
    for fixtures in (contents, behaviours, rounds, prompts_and_resources):
        fixtures(server)


def main(port: int) -> None:
    with embedded.start(clock=clock.Clock(datetime.now(UTC))) as emulator:
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        here: dict[str, Any] = {"endpoint": emulator.endpoint, "protocol": "http", "emulator": True}
        settings = Settings(region="cn-hangzhou", state="memory", **here)
        server = app.build(settings, tools.TOOLSETS, key, additions=(*ADDITIONS, add))
        http.serve(server, settings, "127.0.0.1", port, lambda: None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
