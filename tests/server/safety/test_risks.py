"""No write without a row: behind the gate, or in the list of those that ask nobody, with the reason."""

import inspect
from typing import Any, get_args

import pytest

from pai_dlc_mcp import tools
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.risks import NOT_ASKED, RISKS, Effect

WRITES = [tool for toolset in tools.TOOLSETS for tool in toolset.tools if not tool.annotations.read_only_hint]


@pytest.mark.parametrize("tool", WRITES, ids=lambda tool: tool.name)
def test_a_write_tool_is_behind_the_gate_or_says_why_not(tool: Any) -> None:
    asks = "permit" in inspect.signature(tool.function).parameters
    assert asks is ("confirmation_token" in tool.built.parameters["properties"])
    assert asks is not (tool.name in NOT_ASKED)


def test_what_cannot_be_undone_is_always_behind_the_gate() -> None:
    destroying = {tool.name for tool in WRITES if tool.annotations.destructive_hint}
    assert destroying
    assert not destroying & NOT_ASKED.keys()


def test_the_list_of_those_that_ask_nobody_names_write_tools_only() -> None:
    assert NOT_ASKED.keys() <= {tool.name for tool in WRITES}


def test_every_effect_has_a_row_and_a_preview() -> None:
    assert RISKS.keys() == set(get_args(Effect))
    source = inspect.getsource(questions)
    assert [effect for effect in RISKS if f'"{effect}"' not in source] == []


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"description": "x"}, False),
        ({"accessibility": "PUBLIC"}, True),
        ({"accessibility": "PUBLIC", "description": "x"}, True),
        ({"job_specs": [{"type": "Worker", "pod_count": 1}]}, True),
        ({"job_specs": [{"type": "Worker", "pod_count": 4}]}, False),
        ({"job_specs": [{"type": "Worker", "pod_count": 1}], "accessibility": "PUBLIC"}, True),
    ],
)
async def test_an_update_is_asked_about_exactly_where_it_cannot_be_taken_back(
    changes: dict[str, Any], asked: bool, agent: Any, emulator: Any
) -> None:
    job = emulator.account.jobs["dlc4stillrunning"]
    job.body["ElasticSpec"] = {"EnableElasticTraining": True}
    answer = await agent.facts("update_job", job_id="dlc4stillrunning", **changes)
    assert (answer["status"] == "confirmation_required") is asked
    assert ("UpdateJob" in emulator.requests.actions()) is not asked
