"""How tools take arguments: schemas that every host accepts, and one sentence a mistake."""

from collections.abc import Iterator
from typing import Any

import pytest

from pai_dlc_mcp import tools
from pai_dlc_mcp.server.protocol.schemas import portable

TOOLS = {tool.name: tool.built for toolset in tools.TOOLSETS for tool in toolset.tools}
RESOLVED = ("cloud", "job", "gate", "answer", "preview", "ctx")


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """The schema itself and every one inside it."""
    if isinstance(node, list):
        for item in node:
            yield from schemas(item)
    if isinstance(node, dict):
        yield node
        for key, part in node.items():
            yield from schemas(list(part.values()) if key == "properties" else part)


def test_the_arguments_are_an_object_with_properties_and_no_combinator_at_its_root() -> None:
    for name in TOOLS:
        root = TOOLS[name].parameters
        assert root["type"] == "object", name
        assert isinstance(root["properties"], dict), name
        assert not {"anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "enum"} & root.keys(), name
        assert set(root.get("required", [])) <= root["properties"].keys(), name


def test_nothing_in_a_schema_is_what_a_strict_host_refuses() -> None:
    for name in TOOLS:
        built = TOOLS[name]
        for schema in [*schemas(built.parameters), *schemas(built.output_schema or {})]:
            assert not {"$ref", "$defs", "title", "oneOf", "allOf", "patternProperties"} & schema.keys(), name
            assert {"type": "null"} not in schema.get("anyOf", []), name
            assert schema.get("default", "set") is not None, name


def test_what_the_server_fills_in_is_hidden_from_the_model() -> None:
    for name in TOOLS:
        assert not set(RESOLVED) & TOOLS[name].parameters["properties"].keys(), name


def test_an_array_says_what_it_holds_and_every_argument_its_type() -> None:
    for name in TOOLS:
        for schema in schemas(TOOLS[name].parameters):
            assert schema.get("type") != "array" or "items" in schema, name
            parts = schema.get("properties", {})
            assert [key for key, part in parts.items() if not {"type", "anyOf", "enum"} & part.keys()] == [], name


def test_a_reference_becomes_what_it_refers_to_and_a_null_arm_goes() -> None:
    schema = {
        "title": "Outer",
        "type": "object",
        "properties": {
            "title": {
                "title": "Title",
                "anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}],
                "default": None,
            },
            "inner": {"$ref": "#/$defs/Inner", "description": "kept"},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            "many": {"type": "array", "items": {"$ref": "#/$defs/Inner"}, "default": []},
            "kind": {"type": "string", "enum": ["title", "$defs"], "default": "title"},
        },
        "$defs": {
            "Inner": {"title": "Inner", "type": "object", "properties": {"n": {"title": "N", "type": "integer"}}}
        },
    }
    inner = {"type": "object", "properties": {"n": {"type": "integer"}}}
    assert portable(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 3},
            "inner": {**inner, "description": "kept"},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "many": {"type": "array", "items": inner},
            "kind": {"type": "string", "enum": ["title", "$defs"], "default": "title"},
        },
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_job", {}, "job_id: is required"),
        ("get_job", {"jobId": "dlc4stillrunning"}, "unknown field 'jobId': did you mean 'job_id'?"),
        ("get_job", {"job_id": "dlc4stillrunning", "verbose": True}, "unknown field 'verbose'"),
        ("get_job", {"job_id": ".."}, "job_id: '..' does not have the form ^dlc"),
        ("get_job", {"job_id": ""}, "job_id: '' does not have the form ^dlc"),
        ("list_jobs", {"status": "running"}, "status: 'running' is not valid, use 'Running'"),
        ("list_jobs", {"status": "Done"}, "status: 'Done' is not valid, use one of Creating, Queuing"),
        ("list_jobs", {"job_type": "pytorch"}, "job_type: 'pytorch' is no job type, use 'PyTorchJob'"),
        ("list_jobs", {"limit": 1000}, "limit: Input should be less than or equal to 100"),
        ("list_jobs", {"limit": "many"}, "limit: Input should be a valid integer"),
        ("list_jobs", {"start_time": "yesterday"}, "start_time: "),
        ("list_jobs", {"workspace_id": "١٢٣٤٥٦"}, "workspace_id: '١٢٣٤٥٦' does not have the form"),
        ("list_ecs_specs", {"sort_by": "gpu"}, "sort_by: 'gpu' is not valid, use 'gpus'"),
        ("list_ecs_specs", {"SortBy": "gpus"}, "unknown field 'SortBy': did you mean 'sort_by'?"),
        ("list_images", {"accelerator": "TPU"}, "accelerator: 'TPU' is not valid, use"),
        ("stop_job", {"job_id": "dlc4stillrunning", "force": True}, "unknown field 'force'"),
    ],
)
async def test_a_mistake_is_told_in_one_sentence_with_the_value_meant(connect, emulator, tool, arguments, said) -> None:
    error = await connect(allow_tools=(tool,)).error(tool, **arguments)
    assert error.startswith(said)
    assert "fix: Correct the arguments and call again." in error
    assert "code: InvalidArgument" in error
    assert emulator.requests == []


async def test_all_mistakes_are_told_at_once(agent) -> None:
    error = await agent.error("list_jobs", status="running", limit=0)
    assert "status: 'running'" in error
    assert "limit: " in error


async def test_a_mistake_is_told_without_the_librarys_noise(agent) -> None:
    error = await agent.error("list_jobs", status="running", limit=0, start_time="x")
    noise = ("pydantic", "https://", "Traceback", "Error executing tool", "validation error")
    assert [word for word in noise if word in error] == []


async def test_a_long_value_is_not_repeated_at_length(agent) -> None:
    assert len(await agent.error("get_job", job_id="x" * 100_000)) < 500


async def test_an_unknown_tool_is_answered_with_the_one_meant(agent) -> None:
    error = await agent.error("listJobs")
    assert error.splitlines()[:2] == ["There is no tool 'listJobs' on this server.", "fix: Use list_jobs."]


def test_no_enum_is_of_numbers() -> None:
    for name in TOOLS:
        for schema in schemas(TOOLS[name].parameters):
            assert all(isinstance(value, str) for value in schema.get("enum", [])), name


@pytest.mark.parametrize("nothing", [None, ""])
async def test_a_null_or_an_impossible_empty_text_is_an_argument_left_out(agent, nothing) -> None:
    """As crewai-tools and mcp-use send every optional argument."""
    every = dict.fromkeys(TOOLS["list_jobs"].parameters["properties"], nothing)
    assert await agent.facts("list_jobs", **every) == await agent.facts("list_jobs")


def test_no_optional_argument_refuses_a_null() -> None:
    for name in TOOLS:
        metadata = TOOLS[name].fn_metadata
        optional = TOOLS[name].parameters["properties"].keys() - set(TOOLS[name].parameters.get("required", []))
        assert metadata.pre_parse_json(dict.fromkeys(optional)) == {}, name


def test_an_empty_text_where_one_may_stand_is_kept_and_so_is_a_null_that_is_required() -> None:
    update = TOOLS["update_job_template"].fn_metadata
    assert update.pre_parse_json({"description": "", "template_id": None}) == {"description": "", "template_id": None}


@pytest.mark.parametrize("period", [60, "60"])
def test_a_number_of_an_enum_may_come_as_text(period) -> None:
    assert TOOLS["get_metrics"].fn_metadata.pre_parse_json({"period": period}) == {"period": 60}
