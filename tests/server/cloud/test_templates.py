"""Job template operations against the emulator."""

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError, missing
from pai_dlc_mcp.server.cloud.templates import Version
from pai_dlc_mcp.server.deps import CloudInRegion

BODY = {"WorkspaceId": "123456", "TemplateName": "sft", "Content": '{"JobType":"PyTorchJob"}'}


async def test_a_template_is_read_back_with_its_content_as_an_object(cloud: CloudInRegion) -> None:
    template_id = await cloud.send(cloud.templates.create(BODY))
    template = await cloud.templates.get(template_id)
    assert (template.name, template.default_version) == ("sft", 1)
    version = template.version()
    assert version is not None
    assert version.content == {"JobType": "PyTorchJob"}
    assert template.version(2) is None


async def test_new_content_is_a_new_version_and_not_the_default(cloud: CloudInRegion) -> None:
    template_id = await cloud.send(cloud.templates.create(BODY))
    changed = await cloud.send(cloud.templates.update(template_id, {"Content": "{}"}))
    assert (changed.version, changed.version_created, changed.default_version) == (2, True, 1)
    await cloud.send(cloud.templates.set_default(template_id, 2))
    assert (await cloud.templates.get(template_id)).default_version == 2


async def test_templates_are_listed_by_workspace(cloud: CloudInRegion) -> None:
    template_id = await cloud.send(cloud.templates.create(BODY))
    found = await cloud.templates.list({"WorkspaceId": "123456", "TemplateName": "SFT"})
    assert ([template.template_id for template in found.items], found.total) == ([template_id], 1)
    assert (await cloud.templates.list({"WorkspaceId": "234567"})).total == 0


async def test_a_deleted_template_is_missing(cloud: CloudInRegion) -> None:
    template_id = await cloud.send(cloud.templates.create(BODY))
    assert not await missing(cloud.templates.get(template_id))
    await cloud.send(cloud.templates.delete(template_id))
    assert await missing(cloud.templates.get(template_id))


async def test_a_create_without_an_answer_says_to_look_before_trying_again(
    cloud: CloudInRegion, emulator: Emulator
) -> None:
    emulator.faults.add(Fault("CreateJobTemplate", "lost_response"))
    with pytest.raises(CloudError) as caught:
        await cloud.send(cloud.templates.create(BODY))
    assert "look with list_job_templates before calling again" in caught.value.fix
    assert emulator.requests.actions() == ["CreateJobTemplate"]
    assert len(emulator.account.templates) == 1


async def test_a_refused_create_keeps_its_own_advice(cloud: CloudInRegion) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.send(cloud.templates.create({**BODY, "TemplateName": "not a name"}))
    assert caught.value.code == "InvalidParameter.TemplateName"
    assert "list_job_templates" not in caught.value.fix


@pytest.mark.parametrize("content", ["", "not json", "[]", 7, None])
def test_content_that_is_no_object_is_empty(content: object) -> None:
    assert Version.model_validate({"Version": 1, "Content": content}).content == {}
