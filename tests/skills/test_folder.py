"""The skill's folder: complete, within the format's bounds, and the same as the one committed."""

import re
from pathlib import Path

from dev.generated import files
from pai_dlc_mcp import tools
from pai_dlc_mcp.cli.tools import defaults
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.skills import folder

ROOT = Path(__file__).parents[2]
EVERY = offered(tools.TOOLSETS, defaults())
FILES = folder.render(EVERY)


def test_generated_files_are_committed_as_they_would_be_written() -> None:
    made = files.generated()
    there = {path: (ROOT / path).read_text("utf-8") for path in made if (ROOT / path).exists()}
    assert [path for path in made if made[path] != there.get(path)] == [], "run `make docs`"


def test_no_file_of_the_skill_is_left_over() -> None:
    there = Path(ROOT / "skills" / folder.NAME)
    assert {str(file.relative_to(there)) for file in there.rglob("*") if file.is_file()} == FILES.keys()


def test_the_frontmatter_keeps_the_bounds_of_the_format() -> None:
    """https://agentskills.io/specification."""
    known = folder.frontmatter()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", known["name"])
    assert len(known["name"]) <= 64
    assert 0 < len(known["description"]) <= 1024
    assert len(known["compatibility"]) <= 500
    assert '"' not in "".join(str(value) for value in known.values()), "a quote would have to be escaped"


def test_the_body_is_short_enough_to_be_read_whole() -> None:
    assert FILES["SKILL.md"].count("\n") < 500


def test_every_link_leads_to_a_file_of_the_skill() -> None:
    for text in FILES.values():
        assert set(re.findall(r"\]\(([^)]+)\)", text)) <= FILES.keys()


def test_every_command_is_mapped_and_one_whose_tool_is_off_is_named_without_it() -> None:
    for commands in folder.COMMANDS.values():
        for command in commands:
            assert f"{command}` | `{command.replace('-', '_')}` |" in FILES["SKILL.md"]
    without = [tool for tool in EVERY if tool.name != "stop_job"]
    assert "stop-job` | not offered by this server |" in folder.render(without)["SKILL.md"]


def test_every_tool_is_named_and_every_tool_that_asks_says_of_what() -> None:
    text = FILES["SKILL.md"]
    assert not [tool.name for tool in EVERY if f"`{tool.name}`" not in text]
    asks = text.split("## What is asked first")[1].split("## Reading")[0]
    for tool in EVERY:
        if tool.annotations.destructive_hint:
            assert f"- {tool.name}: " in asks
