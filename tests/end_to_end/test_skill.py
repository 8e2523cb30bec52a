"""The skill's operations, each as a tool: its name, its hints, its parameters, one call that works and one refused."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.skills.folder import COMMANDS

WORKSPACE = {"workspace_id": "123456"}
RUNNING, FAILED = {"job_id": "dlc4stillrunning"}, {"job_id": "dlc2outofmemory2"}
POD = {**RUNNING, "pod_id": "dlc4stillrunning-master-0"}
NO_JOB = {"job_id": "dlc0000000000000"}
NO_POD = {**RUNNING, "pod_id": "dlc2outofmemory2-master-0"}


@dataclass(frozen=True)
class Operation:
    """`command` is the CLI's, product first; `takes` are the parameters an agent of the skill knows."""

    command: str
    takes: set[str]
    works: dict[str, Any]
    refused: dict[str, Any]
    writes: bool = False
    destroys: bool = False
    asks: bool = False
    says: str = field(default="fix: ")

    @property
    def tool(self) -> str:
        return self.command.split()[1].replace("-", "_")


JOB = {"job_type", "job_specs", "display_name", "user_command", "workspace_id"}
SKILL = [
    Operation("pai-dlc create-job", JOB | {"resource_id", "data_sources", "code_source", "settings", "priority"}, {},
              {"job_type": "pytorch"}, writes=True, says="use 'PyTorchJob'"),
    Operation("pai-dlc list-jobs", {"status", "display_name", "workspace_id"}, {"status": "Running"},
              {"status": "RUNNING"}, says="use 'Running'"),
    Operation("pai-dlc get-job", {"job_id"}, RUNNING, NO_JOB, says="http_status: 404"),
    Operation("pai-dlc update-job", {"job_id", "priority", "accessibility", "description", "job_specs"},
              {**RUNNING, "description": "second try"}, {**RUNNING, "priority": 9}, writes=True,
              says="can change only in"),
    Operation("pai-dlc stop-job", {"job_id"}, RUNNING, NO_JOB, writes=True, destroys=True, asks=True),
    Operation("pai-dlc get-pod-logs", {"job_id", "pod_id", "max_lines"}, POD, NO_POD, says="Its pods: "),
    Operation("pai-dlc get-pod-events", {"job_id", "pod_id", "max_events_num"}, POD, NO_POD, says="Its pods: "),
    Operation("pai-dlc get-job-events", {"job_id", "max_events_num"}, RUNNING, NO_JOB),
    Operation("pai-dlc list-job-sanity-check-results", {"job_id"}, RUNNING, NO_JOB),
    Operation("pai-dlc get-job-sanity-check-result", {"job_id", "sanity_check_number"},
              {**RUNNING, "sanity_check_number": 1}, {**RUNNING, "sanity_check_number": 0}),
    Operation("pai-dlc list-ecs-specs", {"accelerator", "resource_type", "limit"}, {"accelerator": "GPU"},
              {"sort_by": "CPU"}, says="use 'cpus'"),
    Operation("pai-dlc get-web-terminal", {"job_id", "pod_id"}, POD,
              {**FAILED, "pod_id": "dlc2outofmemory2-master-0"}, writes=True, asks=True, says="needs both Running"),
    Operation("pai-dlc get-token", {"target_id", "target_type", "expire_time"}, {"target_id": RUNNING["job_id"]},
              {"target_id": NO_JOB["job_id"]}, writes=True, asks=True),
    Operation("aiworkspace list-workspaces", set(), {}, {"name": "x", "nmae": "x"}, says="unknown field 'nmae'"),
    Operation("aiworkspace list-image-labels", set(), {}, {"workspace_id": "llm_team"}),
    Operation("aiworkspace list-images", {"labels", "workspace_id"}, {"labels": "system.chipType=GPU"},
              {"labels": "chip=GPU"}, says="Keys are "),
    Operation("aiworkspace get-image", {"image_id"}, {"image_id": "image-4pytorch26gpu001"},
              {"image_id": "image-0000000000000000"}, says="http_status: 404"),
    Operation("aiworkspace list-datasets", {"workspace_id"}, WORKSPACE, {}, says="workspace_id: is required"),
    Operation("aiworkspace get-dataset", {"dataset_id"}, {"dataset_id": "d-llmcorpus000000001"},
              {"dataset_id": "corpus"}),
    Operation("aiworkspace list-code-sources", {"workspace_id"}, WORKSPACE, {}, says="workspace_id: is required"),
    Operation("aiworkspace get-code-source", {"code_source_id"},
              {"code_source_id": "code-20250911103721-85qz78ia96lu"}, {"code_source_id": "main"}),
]  # fmt: skip
each = pytest.mark.parametrize("operation", SKILL, ids=lambda operation: operation.tool)


@pytest.fixture
def user(connect: Any) -> Any:
    """An agent whose user says yes to everything."""

    async def yes(*_: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"confirm": True})

    return connect(elicitation_callback=yes)


def test_the_skill_has_21_operations() -> None:
    assert len(SKILL) == 21


@each
async def test_it_is_a_tool_with_the_skills_parameters_and_honest_hints(operation: Operation, agent: Any) -> None:
    tool = {tool.name: tool for tool in await agent.tools()}[operation.tool]
    assert operation.takes <= tool.input_schema["properties"].keys()
    assert tool.annotations.read_only_hint is not operation.writes
    assert tool.annotations.destructive_hint is operation.destroys


@each
async def test_it_works(operation: Operation, user: Any) -> None:
    arguments = {**user.JOB, **operation.works} if operation.tool == "create_job" else operation.works
    result = await user.call(operation.tool, **arguments)
    assert not result.is_error, result.content


@each
async def test_it_refuses_what_is_wrong_and_says_how_to_mend_it(
    operation: Operation, user: Any, emulator: Emulator
) -> None:
    arguments = {**user.JOB, **operation.refused} if operation.tool == "create_job" else operation.refused
    said = await user.error(operation.tool, **arguments)
    assert operation.says in said
    assert "fix: " in said
    assert not [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]


@pytest.mark.parametrize("operation", [one for one in SKILL if one.asks], ids=lambda operation: operation.tool)
async def test_what_cannot_be_taken_back_is_asked_first(operation: Operation, agent: Any) -> None:
    asked = await agent.facts(operation.tool, **operation.works)
    assert asked["status"] == "confirmation_required"
    assert asked["question"].endswith(")")


async def test_every_request_carries_the_skills_user_agent(user: Any, emulator: Emulator) -> None:
    await user.facts("create_job", **user.JOB)
    for request in emulator.requests:
        assert "AlibabaCloud-Agent-Skills/alibabacloud-pai-dlc-job/" in request.user_agent


def test_the_skill_that_is_served_maps_the_same_commands() -> None:
    served = [f"{product} {command}" for product, commands in COMMANDS.items() for command in commands]
    assert sorted(served) == sorted(operation.command for operation in SKILL)
