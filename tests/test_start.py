"""A start imports what it lists with, and nothing that only a call needs: the test fails when an import moves up."""

import subprocess
import sys

import pytest

STARTED = """
import sys
before = set(sys.modules)  # coverage, where it measures processes, has imported tomllib
from pai_dlc_mcp import tools
from pai_dlc_mcp.cli.serve import ADDITIONS, EXTENSIONS
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.settings import Settings
import anyio
more = {"additions": ADDITIONS, "extensions": EXTENSIONS}
server = app.build(Settings(toolsets=("all",), state="memory"), tools.TOOLSETS, DefaultChain(), **more)
assert len(anyio.run(server.list_tools)) > 40
print(*sorted(set(sys.modules) - before))
"""
LATER = (
    "pai_dlc_mcp.page.browser",
    "pai_dlc_mcp.page.tool",
    "pai_dlc_mcp.page.view",
    "pai_dlc_mcp.tools.families",
    "pai_dlc_mcp.tools.jobs",
    "pai_dlc_mcp.server.deps",
    "pai_dlc_mcp.server.door",
    "pai_dlc_mcp.server.budget",
    "pai_dlc_mcp.server.insight",
    "pai_dlc_mcp.server.rules",
    "pai_dlc_mcp.server.workflows",
    "pai_dlc_mcp.server.cloud.gateway",
    "pai_dlc_mcp.server.safety.gate",
    "pai_dlc_mcp.server.auth",
    "pai_dlc_mcp.server.http",
    "alibabacloud_tea_openapi",
    "requests",
    "re2",
    "matplotlib",
    "opentelemetry.sdk",
    "opentelemetry.metrics",
    "pai_dlc_mcp.server.exporting",
    "redis",
    "tomllib",
)


@pytest.fixture(scope="module")
def imported() -> set[str]:
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LATER)
def test_a_start_does_not_import_it(imported: set[str], module: str) -> None:
    assert module not in imported


WARMED = """
import sys
from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings
import anyio
from mcp import Client
settings = Settings(toolsets=("all",), state="memory", endpoint="127.0.0.1:1", protocol="http", region="cn-hangzhou")
server = app.build(settings, tools.TOOLSETS, StaticKey("id", "secret"))
server.warm()
async def call():
    async with Client(server, cache=None) as client:
        known = set(sys.modules)
        await client.call_tool("stop_job", {"job_id": "dlc4stillrunning"})
        rooms = ("pai_dlc_mcp", "alibabacloud", "requests")
        print(*(name for name in set(sys.modules) - known if name.startswith(rooms)))
anyio.run(call)
"""


@pytest.mark.long
def test_after_warming_a_call_imports_nothing_of_ours_or_the_sdk_s() -> None:
    """Over HTTP it would do so on the event loop, for which all others wait."""
    done = subprocess.run([sys.executable, "-c", WARMED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
