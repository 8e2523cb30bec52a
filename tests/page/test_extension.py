"""Who is shown the job page and its tool, and who is not: on both protocol eras, with MCP Apps and without."""

from importlib.resources import files
from typing import Any

import pytest
from mcp import Client
from mcp.client import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextContent

from pai_dlc_mcp.page.extension import NEEDS, SHOWN_BY, URI
from pai_dlc_mcp.page.tool import tools
from pai_dlc_mcp.server.protocol.toolset import listing

LIVE, FAILED = "dlc4stillrunning", "dlc2outofmemory2"
eras = pytest.mark.parametrize("mode", ["auto", "legacy"])


def test_the_tool_is_shipped_as_its_function_is_written(request: pytest.FixtureRequest) -> None:
    file = files("pai_dlc_mcp.page") / "listed.json"
    if request.config.getoption("--update-snapshots"):
        file.write_text(listing([tools]), "utf-8")  # pyright: ignore[reportAttributeAccessIssue]
    assert listing([tools]) == file.read_text("utf-8"), "run `make snapshots`"


@eras
async def test_a_client_with_apps_is_shown_the_tool_and_where_the_page_stands(mode: str, host: Any) -> None:
    async with host(mode=mode) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    linked = {name for name, tool in listed.items() if (tool.meta or {}).get("ui", {}).get("resourceUri") == URI}
    assert linked == {*SHOWN_BY, "get_job_page"}
    assert listed["get_job_page"].meta["ui"]["visibility"] == ["app"]
    assert all("visibility" not in listed[name].meta["ui"] for name in SHOWN_BY)
    assert listed["get_job_page"].annotations.read_only_hint is True


@eras
async def test_a_client_without_apps_is_shown_what_a_server_without_the_page_shows(
    mode: str, host: Any, connect: Any
) -> None:
    async with host(mode=mode, apps=False) as client:
        assert (await client.list_tools()).tools == await connect(mode=mode).tools()


@eras
@pytest.mark.parametrize(
    "declared", [None, {}, {"mimeTypes": []}, {"mimeTypes": ["text/html"]}, {"mimeTypes": APP_MIME_TYPE[:-1]}], ids=str
)
async def test_the_tool_is_unknown_to_who_does_not_declare_the_pages_form(
    mode: str, declared: Any, paged: Any, emulator: Any
) -> None:
    extensions = [] if declared is None else [advertise(EXTENSION_ID, declared)]
    async with Client(paged(), mode=mode, cache=None, extensions=extensions) as client:
        assert "get_job_page" not in {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("get_job_page", {"job_id": LIVE})
    assert result.is_error
    assert said(result).startswith("There is no tool 'get_job_page' on this server.")
    assert emulator.requests.actions() == []


@pytest.mark.parametrize("tool", [*SHOWN_BY])
async def test_the_results_that_models_read_are_the_same_with_the_page(tool: str, host: Any) -> None:
    arguments = {"job_ids": [FAILED]} if tool == "wait_for_jobs" else {"job_id": FAILED}
    answers = []
    for apps in (True, False):
        async with host(apps=apps) as client:
            answers.append(await client.call_tool(tool, arguments))
    with_apps, without = (without_nonce(answer) for answer in answers)
    assert with_apps == without


def without_nonce(result: CallToolResult) -> Any:
    """Fences have an id of their own, cursors a key of their server."""
    import re

    text = re.sub(r'id="\w+"|cursor: \S+', "", said(result))
    facts = {name: value for name, value in (result.structured_content or {}).items() if name != "cursor"}
    return text, facts


@pytest.mark.parametrize("denied", sorted(NEEDS))
async def test_there_is_no_page_where_one_of_its_facts_is_denied(denied: str, host: Any) -> None:
    async with host(deny_tools=denied) as client:
        assert URI not in {str(one.uri) for one in (await client.list_resources()).resources}
        assert not [tool.name for tool in (await client.list_tools()).tools if tool.meta]
        assert (await client.call_tool("get_job_page", {"job_id": LIVE})).is_error
        with pytest.raises(MCPError):
            await client.read_resource(URI)


@eras
async def test_the_page_is_read_as_an_app_that_asks_nobody_outside(mode: str, host: Any) -> None:
    async with host(mode=mode, read_only=True) as client:
        (content,) = (await client.read_resource(URI)).contents
    assert content.mime_type == APP_MIME_TYPE
    assert content.text.startswith("<!doctype html>")
    (listed,) = [one for one in [content] if one.meta]
    assert listed.meta == {"ui": {"csp": {}, "prefersBorder": True}}


@pytest.mark.parametrize("arguments", [{}, {"job_id": "no-job"}, {"job_id": LIVE, "stop": True}], ids=str)
async def test_what_is_no_call_of_it_is_refused_before_anything_is_read(
    arguments: dict[str, Any], host: Any, emulator: Any
) -> None:
    async with host() as client:
        assert (await client.call_tool("get_job_page", arguments)).is_error
    assert emulator.requests.actions() == []


def said(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
