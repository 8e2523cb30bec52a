"""What every tool has, as tests over tools/list: hosts and directories refuse servers that lack any of it."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.types import Tool

from pai_dlc_mcp import tools as catalogue
from pai_dlc_mcp.cli.tools import WHOLE_LIST, allowance, defaults, listed_tools
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.server.settings import Settings

TOOLS = offered(catalogue.TOOLSETS, Settings(toolsets=("all",)))
NAMES = [tool.name for tool in TOOLS]


@pytest.fixture(scope="module")
def listed() -> dict[str, Tool]:
    """What a client is shown of all tools: listed once, which takes 40 ms."""

    async def tools() -> list[Tool]:
        async with Client(app.build(defaults(), catalogue.TOOLSETS, DefaultChain()), cache=None) as client:
            return (await client.list_tools()).tools

    return {tool.name: tool for tool in anyio.run(tools)}


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from nodes(item)


def test_a_tool_has_a_title_all_four_hints_and_a_description_within_bounds(listed: dict[str, Tool]) -> None:
    for name in NAMES:
        tool = listed[name]
        hints = tool.annotations
        assert tool.title, name
        assert len(name) <= 64, name
        assert hints is not None, name
        four = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
        assert None not in four, name
        assert tool.description, name
        assert 40 < len(tool.description.encode()) < 1200, name


def test_its_schemas_are_taken_by_every_host(listed: dict[str, Tool]) -> None:
    for name in NAMES:
        tool = listed[name]
        for schema in filter(None, (tool.input_schema, tool.output_schema)):
            assert schema["type"] == "object", name
            assert "properties" in schema, name
            assert not {"anyOf", "oneOf", "allOf", "$ref", "$defs"} & schema.keys(), name
            for node in nodes(schema):
                assert "$ref" not in node, name
                assert not any(arm == {"type": "null"} for arm in node.get("anyOf", [])), name
                if isinstance(items := node.get("items"), dict):
                    assert items.get("type") not in (None, "null"), name
                    assert "null" not in str(items.get("type")), name
        assert tool.input_schema["additionalProperties"] is False, name


def test_a_write_tool_never_reads_only_and_a_read_tool_never_writes() -> None:
    reads = {tool.name for tool in TOOLS if tool.annotations.read_only_hint}
    assert not [name for name in reads if not re.match(r"(list|get|check|wait|diagnose|compare)_", name)]
    assert "get_token" not in reads
    assert "get_web_terminal" not in reads


def test_every_tool_a_description_names_exists(listed: dict[str, Tool]) -> None:
    for name in NAMES:
        described = str(listed[name].description) + str(listed[name].input_schema)
        verbs = "list|get|create|update|stop|delete|check|wait|diagnose"
        named = set(re.findall(rf"\b((?:{verbs})_[a-z_]+)", described)) - listed[name].input_schema["properties"].keys()
        assert named <= set(NAMES), name


EMPTY = set(re.split(" ", "a an and e from g id ids in is it its of only or that the these this to"))


def described(schema: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, name and description of each parameter, of those inside another too."""
    for name, value in schema.get("properties", {}).items():
        yield f"{path}{name}", name, value.get("description", "")
        for inner in (value, value.get("items", {})):
            yield from described(inner, f"{path}{name}.")


def test_every_parameter_has_a_description_that_says_more_than_its_name(listed: dict[str, Tool]) -> None:
    for name in NAMES:
        for path, parameter, text in described(listed[name].input_schema):
            said = set(re.findall(r"[\w']+", text.lower())) - set(re.split("_", parameter)) - EMPTY
            assert said, f"{name}: {path}: {text!r}"


def test_what_may_be_left_out_says_what_it_is_then(listed: dict[str, Tool]) -> None:
    """A default that is a value stands in the schema; one that is none or false means nothing is asked or sent."""
    for name in NAMES:
        schema = listed[name].input_schema
        function = next(tool.function for tool in TOOLS if tool.name == name)
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in schema["properties"] and parameter.default not in (parameter.empty, None, False):
                assert schema["properties"][parameter.name]["default"] == parameter.default, name


@pytest.mark.parametrize("toolset", sorted({tool.toolset for tool in TOOLS}))
async def test_a_toolset_stays_within_the_bytes_a_model_can_spare(toolset: str) -> None:
    listed = await listed_tools(defaults())
    cost = sum(listed[tool.name].given for tool in TOOLS if tool.toolset == toolset)
    assert cost <= allowance(toolset)


async def test_the_whole_list_stays_within_the_bytes_a_client_can_spare() -> None:
    assert sum(tool.whole for tool in (await listed_tools(defaults())).values()) <= WHOLE_LIST
