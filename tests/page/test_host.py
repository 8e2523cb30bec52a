"""The page in a host of MCP Apps: ext-apps' own AppBridge around a sandboxed frame, in Chromium; tool calls go through
a real client to the real server."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client

from pai_dlc_mcp.page import document
from pai_dlc_mcp.page.extension import SHOWN_BY, URI
from tests.page.conftest import BUNDLE
from tests.page.test_view import made

pytestmark = pytest.mark.browser

LIVE, FAILED = "dlc4stillrunning", "dlc2outofmemory2"


@pytest.fixture
def shown(chromium: Any, host: Callable[..., Client]) -> Any:
    """shown(tool, **arguments): the host's page after this call of the model's, and the frame in it that is the app."""
    if not BUNDLE.exists():
        pytest.skip("needs ext-apps: make browser")

    @asynccontextmanager
    async def app(
        tool: str, arguments: dict[str, Any], *, context: Any = None, capabilities: Any = None
    ) -> AsyncGenerator[tuple[Any, Any]]:
        async with host() as client:
            listed = {each.name: each for each in (await client.list_tools()).tools}
            (resource,) = (await client.read_resource(listed[tool].meta["ui"]["resourceUri"])).contents
            errors, asked = list[str](), list[str]()
            page = await chromium.new_page(viewport={"width": 760, "height": 900})
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("request", lambda request: asked.append(request.url))

            async def call(params: dict[str, Any]) -> Any:
                result = await client.call_tool(params["name"], params["arguments"])
                return result.model_dump(mode="json", by_alias=True, exclude_none=True)

            await page.expose_function("callTool", call)
            await page.evaluate(BUNDLE.read_text("utf-8"))
            result = await call({"name": tool, "arguments": arguments})
            given = {
                "html": resource.text,
                "input": arguments,
                "result": result,
                "context": context or {},
                "capabilities": capabilities or {"serverTools": {}, "openLinks": {}},
            }
            await page.evaluate("given => openApp(given)", given)
            frame = page.frames[1]
            await frame.wait_for_selector("#verdict:not([hidden]), #trouble:not([hidden])")
            yield page, frame
            await page.close()
            assert errors == []
            assert [url for url in asked if not url.startswith(("data:", "about:"))] == []

    return app


@pytest.mark.parametrize("tool", SHOWN_BY)
async def test_beside_each_of_its_tools_the_page_shows_the_job_that_was_named(tool: str, shown: Any) -> None:
    arguments = {"job_ids": [FAILED]} if tool == "wait_for_jobs" else {"job_id": FAILED, "region": "cn-hangzhou"}
    async with shown(tool, arguments) as (page, frame):
        assert await frame.inner_text("#status") == "Failed"
        seen = await page.evaluate("seen")
    region = {} if tool == "wait_for_jobs" else {"region": "cn-hangzhou"}
    assert seen["initialized"] == 1
    assert seen["calls"] == [{"name": "get_job_page", "arguments": {"job_id": FAILED, **region}}]
    assert seen["sizes"][-1]["height"] > 600


async def test_it_follows_the_hosts_theme_and_colours_and_ends_when_told(shown: Any) -> None:
    context = {"theme": "dark", "styles": {"variables": {"--color-background-primary": "rgb(1, 2, 3)", "color": "red"}}}
    background = "getComputedStyle(document.body).backgroundColor"
    async with shown("get_job", {"job_id": LIVE}, context=context) as (page, frame):
        scheme = "getComputedStyle(document.documentElement).colorScheme"
        assert (await frame.evaluate(background), await frame.evaluate(scheme)) == ("rgb(1, 2, 3)", "dark")
        await page.evaluate("bridge.setHostContext({theme: 'light', styles: {variables: {}}})")
        await frame.wait_for_selector(":root[data-theme='light']")
        assert await frame.evaluate(scheme) == "light"
        await page.evaluate("tearDown()")
        assert await page.evaluate("seen.tornDown") == {}


async def test_of_several_jobs_one_is_shown_and_the_others_are_a_key_away(
    shown: Any, connect: Any, emulator: Any
) -> None:
    other = await made(connect, emulator, "quota_full")
    async with shown("wait_for_jobs", {"job_ids": [FAILED, other], "timeout_s": 1}) as (page, frame):
        assert await frame.locator("#jobs button").count() == 2
        assert await frame.get_attribute("#jobs button >> nth=0", "aria-current") == "true"
        await frame.focus("#jobs button >> nth=1")
        await page.keyboard.press("Enter")
        await frame.wait_for_selector("#status:text-is('Queuing')")
        assert [call["arguments"]["job_id"] for call in await page.evaluate("seen.calls")] == [FAILED, other]


@pytest.mark.parametrize("able", [True, False])
async def test_the_console_is_opened_by_the_host_or_not_offered(able: bool, shown: Any) -> None:
    capabilities = {"serverTools": {}, **({"openLinks": {}} if able else {})}
    async with shown("get_job", {"job_id": LIVE}, capabilities=capabilities) as (page, frame):
        link = frame.locator("#console")
        assert await link.is_visible() == able
        if able:
            await link.click()
            await page.wait_for_function("seen.links.length === 1")
            (url,) = await page.evaluate("seen.links")
            assert url.startswith("https://pai.console.aliyun.com/?")


async def test_a_job_that_is_not_there_is_said_in_the_words_of_the_tool(shown: Any) -> None:
    async with shown("get_job", {"job_id": "dlc00000000nosuch"}) as (_, frame):
        said = await frame.inner_text("#trouble")
    assert "dlc00000000nosuch" in said
    assert "fix: " in said


async def test_words_of_another_window_are_not_heard(shown: Any) -> None:
    async with shown("get_job", {"job_id": LIVE}) as (page, frame):
        before = len(await page.evaluate("seen.calls"))
        await frame.evaluate(
            """job_id => window.postMessage({jsonrpc: "2.0", method: "ui/notifications/tool-input",
                                             params: {arguments: {job_id}}}, "*")""",
            FAILED,
        )
        await page.wait_for_timeout(100)
        assert len(await page.evaluate("seen.calls")) == before
        assert await frame.inner_text("#status") == "Running"


async def test_a_page_can_call_nothing_but_its_own_tool() -> None:
    """No word of a tool that changes something is in it."""
    names = "create_job|stop_job|update_job|delete_job|clone_job|confirmation|approve"
    assert not [word for word in names.split("|") if word in document.html()]
    assert document.html().count("tools/call") == 1
    assert URI == "ui://pai-dlc/job"
