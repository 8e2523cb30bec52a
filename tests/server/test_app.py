"""The way out: one error shape, one ceiling, and nothing of a crash but where it happened."""

from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult

from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.protocol.toolset import Toolset

SECRET = "correct-horse-battery"
tools = Toolset("core")


class Big(Facts):
    rows: list[str]


@tools.read("Crash")
async def crash() -> CallToolResult:
    """Raises what nobody foresaw."""
    raise RuntimeError(f"unexpected {SECRET}")


@tools.read("Fail")
async def fail() -> CallToolResult:
    """Raises what was foreseen."""
    raise Failure("It did not work.", fix="Do it otherwise.", code="Foreseen", http_status=409, request_id="R-1")


@tools.read("Flood")
async def flood(cloud: Cloud, region: str | None = None) -> Big:
    """Answers with more than anybody can read, some of it broken."""
    return Big(rows=["x\ud800\x1b[31m" * 1000] * 1000)


@pytest.fixture
def call(settings_for: Any) -> Any:
    server = app.build(settings_for(max_tokens=1000), [tools], StaticKey("a", "b"))

    async def called(tool: str) -> CallToolResult:
        async with Client(server, cache=None) as client:
            return await client.call_tool(tool, {})

    return called


async def test_a_crash_tells_neither_the_agent_nor_the_log_what_it_said(
    call: Any, caplog: pytest.LogCaptureFixture
) -> None:
    result = await call("crash")
    assert result.is_error
    assert "code: InternalError" in result.content[0].text
    assert SECRET not in result.content[0].text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "test_app.py" in caplog.text


async def test_a_failure_is_what_happened_what_to_do_and_the_codes(call: Any) -> None:
    result = await call("fail")
    assert result.content[0].text.splitlines() == [
        "It did not work.", "fix: Do it otherwise.", "code: Foreseen", "http_status: 409", "request_id: R-1",
    ]  # fmt: skip


async def test_no_result_is_above_the_ceiling_and_the_cut_says_how_to_get_the_rest(call: Any) -> None:
    result = await call("flood")
    (block,) = result.content
    assert tokens(block.text) <= 1000
    assert tokens(str(result.structured_content)) <= 1100
    assert "ask for less" in block.text
    assert "\x1b" not in block.text
    assert "\x1b" not in str(result.structured_content)
