"""Which tools a server offers; and the hints each has."""

from typing import Any

import pytest

from pai_dlc_mcp.server.protocol.toolset import Toolset, offered
from pai_dlc_mcp.server.settings import Settings

core, extra = Toolset("core"), Toolset("extra")


@core.read("Look")
async def look() -> str:
    """Looks
    at it."""
    return ""


@core.write("Add")
async def add() -> str:
    """Adds."""
    return ""


@core.idempotent_write("Put")
async def put() -> str:
    """Puts."""
    return ""


@extra.destroy("Drop")
async def drop() -> str:
    """Drops."""
    return ""


@extra.read("Peek")
async def peek() -> str:
    """Peeks."""
    return ""


def names(**settings: Any) -> list[str]:
    return [tool.name for tool in offered([core, extra], Settings(**settings))]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, ["look", "add", "put"]),
        ({"toolsets": ("extra",)}, ["look", "add", "put", "drop", "peek"]),
        ({"toolsets": ("all",)}, ["look", "add", "put", "drop", "peek"]),
        ({"toolsets": ("core",)}, ["look", "add", "put"]),
        ({"read_only": True}, ["look"]),
        ({"read_only": True, "toolsets": ("all",)}, ["look", "peek"]),
        ({"allow_tools": ("put", "look")}, ["look", "put"]),
        ({"allow_tools": ("drop",)}, []),
        ({"allow_tools": ("drop",), "toolsets": ("extra",)}, ["drop"]),
        ({"allow_tools": ("drop", "peek"), "toolsets": ("extra",), "read_only": True}, ["peek"]),
        ({"deny_tools": ("add",)}, ["look", "put"]),
        ({"deny_tools": ("look",), "allow_tools": ("look", "add")}, ["add"]),
        ({"deny_tools": ("drop",)}, ["look", "add", "put"]),
    ],
)
def test_settings_choose_the_tools(settings, shown) -> None:
    assert names(**settings) == shown


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"toolsets": ("extras",)}, "unknown toolset 'extras': did you mean 'extra'?"),
        ({"toolsets": ("quantum",)}, "unknown toolset 'quantum': known are all, core, extra"),
        ({"allow_tools": ("Look",)}, "unknown tool 'Look': did you mean 'look'?"),
        ({"deny_tools": ("dropp",)}, "unknown tool 'dropp': did you mean 'drop'?"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_because_a_misspelt_deny_would_deny_nothing(settings, said) -> None:
    with pytest.raises(ValueError, match="unknown") as caught:
        names(**settings)
    assert str(caught.value) == said


def test_each_way_to_declare_a_tool_sets_all_four_hints() -> None:
    tools = offered([core, extra], Settings(toolsets=("all",)))
    hints = {tool.name: tuple(tool.annotations.model_dump(exclude={"title"}).values()) for tool in tools}
    assert hints == {  # read only, destructive, idempotent, open world
        "look": (True, False, True, True),
        "peek": (True, False, True, True),
        "add": (False, False, False, True),
        "put": (False, False, True, True),
        "drop": (False, True, True, True),
    }


def test_a_tool_is_published_under_its_functions_name_with_its_docstring_on_one_line() -> None:
    built = core.tools[0].built
    assert (built.name, built.title, built.description) == ("look", "Look", "Looks at it.")


async def test_a_read_only_server_has_no_tool_that_changes_anything(connect) -> None:
    agent = connect(read_only=True, toolsets=("all",))
    listed = await agent.tools()
    assert listed
    assert [tool.name for tool in listed if not tool.annotations.read_only_hint] == []
    assert "There is no tool 'stop_job'" in await agent.error("stop_job", job_id="dlc4stillrunning")
