"""Prompts: files that load, name real tools, and render their arguments."""

import re
from typing import Any

import pytest
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.prompts import loader
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey

SHEETS = list(loader.sheets())


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_tool_a_prompt_names_exists(sheet: loader.Sheet) -> None:
    known = {tool.name for toolset in tools.TOOLSETS for tool in toolset.tools}
    named = set(re.findall(r"\b((?:list|get|create|update|stop|check)_[a-z_]+)", sheet.body))
    assert named
    assert named <= known


async def test_a_prompt_is_rendered_with_what_is_given_and_says_what_is_not(settings_for: Any) -> None:
    server = app.build(settings_for(), tools.TOOLSETS, StaticKey("a", "b"), prompts=loader.load())
    async with Client(server, cache=None) as client:
        listed = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        assert listed.keys() == {sheet.name for sheet in SHEETS}
        required = {argument.name: argument.required for argument in listed["submit_a_job"].arguments}
        assert required == {"goal": True, "workspace_id": False}
        answer = await client.get_prompt("submit_a_job", {"goal": "fine-tune llama"})
    text = answer.messages[0].content.text
    assert "fine-tune llama" in text
    assert "Workspace: (not given: ask)" in text


@pytest.mark.parametrize("body", ["no arguments here", "{job_id} and {other}"])
def test_a_placeholder_and_its_argument_go_together(body: str) -> None:
    with pytest.raises(ValueError, match="only one of front matter and body"):
        loader.parse("p", f"---\ntitle: T\ndescription: D\njob_id: The job\n---\n{body}")
