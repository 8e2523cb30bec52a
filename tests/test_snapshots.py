"""The wire surface, committed, and shipped: a change of a schema is a visible diff; `make snapshots` accepts it."""

from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp import tools as catalogue
from pai_dlc_mcp.server.protocol.toolset import listing
from pai_dlc_mcp.tools import families

FILE = Path(catalogue.__file__).with_name("listed.json")


def test_the_tools_are_shipped_as_their_functions_are_written(request: pytest.FixtureRequest) -> None:
    text = listing(families.TOOLSETS)
    if request.config.getoption("--update-snapshots"):
        FILE.write_text(text, "utf-8")
    assert text == FILE.read_text("utf-8"), "run `make snapshots`"


async def test_a_client_is_shown_what_is_shipped(connect: Any) -> None:
    listed = await connect(toolsets="all").tools()
    assert listed == [tool.known for toolset in catalogue.TOOLSETS for tool in toolset.tools]
