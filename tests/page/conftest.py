"""The job page in a real browser, and a server that has it: the emulator's jobs, a client with MCP Apps."""

import os
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.page import browser
from pai_dlc_mcp.page.extension import JobPage
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.app import Server
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.credentials import StaticKey

APPS = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
BUNDLE = Path(__file__).parent / "host" / "host.bundle.js"  # of ext-apps: `make browser` makes it


@pytest.fixture
def paged(emulator: Emulator, settings_for: Callable[..., Any]) -> Callable[..., Server]:
    """paged(**settings): a server that has the job page."""

    def made(**changes: Any) -> Server:
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        clock = Clock(epoch=lambda: emulator.clock.now().timestamp())
        return app.build(settings_for(**changes), tools.TOOLSETS, key, extensions=(JobPage,), clock=clock)

    return made


@pytest.fixture
def host(paged: Callable[..., Server]) -> Callable[..., Client]:
    """host(apps=True, mode="auto", **settings): a client, with MCP Apps or without."""

    def client(*, apps: bool = True, mode: str = "auto", **changes: Any) -> Client:
        return Client(paged(**changes), mode=mode, cache=None, extensions=[APPS] if apps else [])

    return client


@pytest.fixture
def served(paged: Callable[..., Server]) -> Callable[[str], AbstractAsyncContextManager[browser.Address]]:
    """served(job_id): the page in a browser's reach, as `pai-dlc-mcp page` serves it."""

    @asynccontextmanager
    async def address(job_id: str) -> AsyncGenerator[browser.Address]:
        place = browser.Address()
        with place.socket:
            async with anyio.create_task_group() as group:
                serving = browser.Serving(paged(), {"job_id": job_id}, place)
                group.start_soon(serving.run_until_told)
                try:
                    yield place
                finally:
                    serving.should_exit = True

    return address


@pytest.fixture
async def chromium() -> AsyncGenerator[Any]:
    """A headless Chromium. Skips where there is none: `make browser` says how to get it."""
    playwright = pytest.importorskip("playwright.async_api", reason="needs playwright: make browser")
    if not CHROMIUM:
        pytest.skip("needs chromium, on PATH or named by CHROMIUM")
    async with playwright.async_playwright() as started:
        launched = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        await launched.close()
