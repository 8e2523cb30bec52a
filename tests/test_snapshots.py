"""The wire surface, committed: one JSON a tool. A change of a schema is a visible diff; `make snapshots` accepts it."""

import json
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp import tools as catalogue
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.server.settings import Settings

FOLDER = Path(__file__).with_name("snapshots")
NAMES = [tool.name for tool in offered(catalogue.TOOLSETS, Settings(toolsets=("all",)))]


@pytest.mark.parametrize("name", NAMES)
async def test_a_tool_is_listed_as_committed(name: str, connect: Any, request: pytest.FixtureRequest) -> None:
    (tool,) = await connect(toolsets="all", allow_tools=name).tools()
    text = (
        json.dumps(tool.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2, ensure_ascii=False) + "\n"
    )
    file = FOLDER / f"{name}.json"
    if request.config.getoption("--update-snapshots"):
        file.write_text(text, "utf-8")
    assert file.exists(), "run `make snapshots`"
    assert text == file.read_text("utf-8")


def test_no_snapshot_is_left_of_a_tool_that_is_gone() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(NAMES)
