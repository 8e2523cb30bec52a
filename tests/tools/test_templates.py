"""Job templates, through a real client: checked before they are stored, without secrets when shown."""

import json
from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

CONTENT: dict[str, Any] = {
    "job_type": "PyTorchJob",
    "job_specs": [{"type": "Worker", "pod_count": 2, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}],
    "user_command": "python train.py",
    "envs": {"WANDB_API_KEY": "not-for-others", "LR": "0.01"},
}


@pytest.fixture
def templates(connect: Any) -> Any:
    return connect(toolsets="templates")


async def made(agent: Any, **changes: Any) -> str:
    arguments = {"workspace_id": "123456", "template_name": "sft-7b", "content": CONTENT, **changes}
    return (await agent.facts("create_job_template", **arguments))["template_id"]


def writes(emulator: Emulator) -> list[str]:
    return [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]


async def test_template_tools_are_off_by_default(agent: Any) -> None:
    assert not [tool.name for tool in await agent.tools() if "template" in tool.name]


async def test_a_template_is_stored_in_the_apis_names(templates: Any, emulator: Emulator) -> None:
    constraints = {"$.UserCommand": "required"}
    reply = await templates.facts(
        "create_job_template",
        workspace_id="123456",
        template_name="sft-7b",
        content=CONTENT,
        constraints=constraints,
    )
    assert (reply["status"], reply["version"]) == ("created", 1)
    sent = emulator.requests[-1].sent()
    assert sent["Constraints"] == constraints
    assert json.loads(sent["Content"]) == {
        "JobType": "PyTorchJob",
        "JobSpecs": [{"Type": "Worker", "PodCount": 2, "EcsSpec": "ecs.gn6i-c4g1.xlarge"}],
        "UserCommand": "python train.py",
        "Envs": CONTENT["envs"],
    }


async def test_content_in_the_apis_names_is_the_same_content(templates: Any, emulator: Emulator) -> None:
    await made(templates, content={"JobType": "PyTorchJob", "ElasticSpec": {"EnableElasticTraining": True}})
    sent = json.loads(emulator.requests[-1].sent()["Content"])
    assert sent == {"JobType": "PyTorchJob", "ElasticSpec": {"EnableElasticTraining": True}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"user_comand": "x"}, "did you mean 'user_command'?"),
        ({"job_type": "pytorch"}, "PyTorchJob"),
        ({"job_specs": [{"type": "Worker", "podcount": 2}]}, "did you mean 'pod_count'?"),
    ],
)
async def test_a_misspelt_field_is_answered_with_the_one_meant(
    content: Any, said: str, templates: Any, emulator: Emulator
) -> None:
    error = await templates.error("create_job_template", workspace_id="123456", template_name="sft-7b", content=content)
    assert said in error
    assert not emulator.requests


async def test_a_template_is_shown_without_its_secrets(templates: Any) -> None:
    template_id = await made(templates)
    result = await templates.call("get_job_template", template_id=template_id)
    found = result.structured_content
    assert (found["name"], found["version"], found["default_version"]) == ("sft-7b", 1, 1)
    assert json.loads(found["content"])["Envs"] == {"WANDB_API_KEY": "***", "LR": "***"}
    assert json.loads(found["content"])["UserCommand"] == "python train.py"
    assert "not-for-others" not in str(result)


async def test_what_was_shown_hidden_is_not_stored_as_if_it_were_a_value(templates: Any, emulator: Emulator) -> None:
    template_id = await made(templates)
    shown = json.loads((await templates.facts("get_job_template", template_id=template_id))["content"])
    error = await templates.error("update_job_template", template_id=template_id, content=shown)
    assert "content has hidden values (Envs.WANDB_API_KEY)" in error
    assert writes(emulator) == ["CreateJobTemplate"]


async def test_new_content_is_a_version_that_becomes_the_default_when_asked(templates: Any) -> None:
    template_id = await made(templates)
    second = await templates.facts("update_job_template", template_id=template_id, content={"priority": 3})
    assert (second["version"], second["default_version"]) == (2, 1)
    assert "set_job_template_default_version" in second["next"]
    chosen = await templates.facts("set_job_template_default_version", template_id=template_id, version=2)
    assert chosen["default_version"] == 2
    third = await templates.facts(
        "update_job_template", template_id=template_id, content={"priority": 4}, set_as_default=True
    )
    assert (third["version"], third["default_version"]) == (3, 3)
    assert "next" not in third
    found = await templates.facts("get_job_template", template_id=template_id, version=2)
    assert json.loads(found["content"]) == {"Priority": 3}
    assert [row["version"] for row in found["versions"]] == [3, 2, 1]


async def test_a_template_can_be_renamed_without_a_new_version(templates: Any) -> None:
    template_id = await made(templates)
    await templates.facts("update_job_template", template_id=template_id, template_name="sft-13b", description="ours")
    (row,) = (await templates.facts("list_job_templates", workspace_id="123456", name="13b"))["templates"]
    assert (row["template_id"], row["name"], row["description"]) == (template_id, "sft-13b", "ours")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "nothing to change"),
        ({"set_as_default": True}, "belong to new content"),
        ({"constraints": {"$": "locked"}}, "belong to new content"),
    ],
)
async def test_an_update_that_would_do_nothing_is_refused_unsent(
    changes: Any, said: str, templates: Any, emulator: Emulator
) -> None:
    assert said in await templates.error("update_job_template", template_id="jobtemplate-1", **changes)
    assert not emulator.requests


@pytest.mark.parametrize("tool", ["get_job_template", "set_job_template_default_version"])
async def test_a_version_that_is_not_there_is_answered_with_those_that_are(
    tool: str, templates: Any, emulator: Emulator
) -> None:
    template_id = await made(templates)
    said = await templates.error(tool, template_id=template_id, version=7)
    assert "has no version 7" in said
    assert "Its versions: 1." in said
    assert writes(emulator) == ["CreateJobTemplate"]


async def test_templates_are_listed_by_page(templates: Any) -> None:
    ids = {await made(templates, template_name=f"sft-{n}") for n in range(22)}
    first = await templates.facts("list_job_templates", workspace_id="123456")
    assert (first["total"], first["returned"], first["next"]) == (22, 20, "offset=20")
    second = await templates.facts("list_job_templates", workspace_id="123456", offset=20)
    assert {row["template_id"] for row in first["templates"] + second["templates"]} == ids


async def test_an_unknown_workspace_is_refused(templates: Any) -> None:
    said = await templates.error(
        "create_job_template", workspace_id="999", template_name="sft-7b", content={"priority": 1}
    )
    assert "Workspace not exists" in said


async def test_a_list_that_is_refused_names_the_permission(templates: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobTemplates", "no_permission"))
    assert "paidlc:ListJobTemplates" in await templates.error("list_job_templates", workspace_id="123456")


async def test_a_create_without_an_answer_is_not_sent_again(templates: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateJobTemplate", "lost_response"))
    said = await templates.error(
        "create_job_template", workspace_id="123456", template_name="sft-7b", content={"priority": 1}
    )
    assert "look with list_job_templates before calling again" in said
    assert writes(emulator) == ["CreateJobTemplate"]


async def test_a_template_is_deleted_after_a_yes_and_seen_to_be_gone(templates: Any, emulator: Emulator) -> None:
    template_id = await made(templates)
    asked = await templates.facts("delete_job_template", template_id=template_id)
    assert asked["status"] == "confirmation_required"
    assert f'Job template {template_id} ("sft-7b") in workspace 123456 has 1 version' in asked["question"]
    assert "DeleteJobTemplate" not in emulator.requests.actions()
    token = asked["confirmation_token"]
    done = await templates.facts("delete_job_template", template_id=template_id, confirmation_token=token)
    assert (done["status"], done["template_id"]) == ("deleted", template_id)
    assert "http_status: 404" in await templates.error("get_job_template", template_id=template_id)


async def test_a_template_with_a_new_version_needs_a_new_yes(templates: Any, emulator: Emulator) -> None:
    template_id = await made(templates)
    token = (await templates.facts("delete_job_template", template_id=template_id))["confirmation_token"]
    await templates.facts("update_job_template", template_id=template_id, content={"priority": 3})
    again = await templates.facts("delete_job_template", template_id=template_id, confirmation_token=token)
    assert again["status"] == "confirmation_required"
    assert "DeleteJobTemplate" not in emulator.requests.actions()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_declined_form_deletes_nothing(mode: str, connect: Any, emulator: Emulator) -> None:
    async def no(*_: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    templates = connect(toolsets="templates", mode=mode, elicitation_callback=no)
    template_id = await made(templates)
    answer = await templates.facts("delete_job_template", template_id=template_id)
    assert answer["status"] == "not_executed"
    assert "DeleteJobTemplate" not in emulator.requests.actions()
