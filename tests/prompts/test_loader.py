"""Prompts: files that load, name only tools that are on, and render their arguments."""

from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS

from pai_dlc_mcp import tools
from pai_dlc_mcp.prompts import loader
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.server.protocol.wording import tools_in
from pai_dlc_mcp.server.settings import Settings

SHEETS = list(loader.sheets())
ALL = [tool.name for tool in offered(tools.TOOLSETS, Settings(toolsets=("all",)))]
WORKFLOWS = {
    "submit_a_job",
    "diagnose_a_job",
    "check_a_running_job",
    "stop_a_job",
    "compare_two_jobs",
    "pick_resources",
}


def serving(settings: Settings) -> Client:
    server = app.build(settings, tools.TOOLSETS, StaticKey("a", "b"), additions=(loader.add,))
    return Client(server, cache=None)


def test_every_workflow_of_the_skill_is_a_prompt() -> None:
    assert {sheet.name for sheet in SHEETS} == WORKFLOWS


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_what_a_prompt_needs_exists_and_is_named_in_it(sheet: loader.Sheet) -> None:
    assert sheet.needs
    assert sheet.needs <= set(ALL)
    assert sheet.needs <= tools_in(sheet.body)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"toolsets": "all"},
        {"read_only": True},
        {"read_only": True, "toolsets": "quotas"},
        {"allow_tools": "get_job,get_pod_logs"},
        {"deny_tools": "get_job_events,list_workspaces,list_images,get_job_metrics"},
    ],
    ids=str,
)
async def test_instructions_and_prompts_name_only_tools_that_are_on(changes: dict[str, Any], settings_for: Any) -> None:
    async with serving(settings_for(**changes)) as client:
        on = {tool.name for tool in (await client.list_tools()).tools}
        assert tools_in(client.instructions or "") <= on
        for prompt in (await client.list_prompts()).prompts:
            given = {argument.name: "x" for argument in prompt.arguments or []}
            text = (await client.get_prompt(prompt.name, given)).messages[0].content.text
            assert tools_in(text) <= on
            assert "[[" not in text
            assert tools_in(text), "a prompt without a tool is advice"


async def test_a_prompt_whose_tool_is_off_is_not_offered(settings_for: Any) -> None:
    async with serving(settings_for(read_only=True)) as client:
        names = {prompt.name for prompt in (await client.list_prompts()).prompts}
        assert names == WORKFLOWS - {"submit_a_job", "stop_a_job"}
        assert "stop_job" not in (client.instructions or "")
        assert "<untrusted-data>" in (client.instructions or "")


async def test_a_prompt_is_rendered_with_what_is_given_and_says_what_is_not(settings_for: Any) -> None:
    async with serving(settings_for()) as client:
        listed = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        required = {argument.name: argument.required for argument in listed["submit_a_job"].arguments}
        assert required == {"goal": True, "workspace_id": False}
        answer = await client.get_prompt("submit_a_job", {"goal": "fine-tune llama"})
    text = answer.messages[0].content.text
    assert "fine-tune llama" in text
    assert "Workspace: (not given: ask)" in text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("submit_a_jop", {}, "Unknown prompt"),
        ("submit_a_job", {}, "goal"),
        ("stop_a_job", {"job_id": "x", "job": "y"}, "has no argument job"),
    ],
)
async def test_a_callers_mistake_is_told_as_one(
    name: str, given: dict[str, str], said: str, mode: Any, settings_for: Any
) -> None:
    server = app.build(settings_for(), tools.TOOLSETS, StaticKey("a", "b"), additions=(loader.add,))
    async with Client(server, cache=None, mode=mode) as client:
        with pytest.raises(MCPError, match=said) as caught:
            await client.get_prompt(name, given)
    assert caught.value.code == INVALID_PARAMS


@pytest.mark.parametrize("body", ["no arguments here", "{job_id} and {other}"])
def test_a_placeholder_and_its_argument_go_together(body: str) -> None:
    with pytest.raises(ValueError, match="only one of front matter and body"):
        loader.parse("p", f"---\ntitle: T\ndescription: D\nneeds: get_job\njob_id: The job\n---\n{body}")
