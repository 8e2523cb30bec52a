"""Job templates."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

SPEC = {"Type": "Worker", "PodCount": 2, "Image": "x", "EcsSpec": "ecs.g6.large"}
CONTENT = json.dumps({"JobType": "PyTorchJob", "UserCommand": "python train.py", "JobSpecs": [SPEC]})


@pytest.fixture
def template_id(dlc: Client) -> str:
    request = models.CreateJobTemplateRequest(template_name="sft-7b", workspace_id="123456", content=CONTENT)
    return dlc.create_job_template(request).body.template_id


def get(dlc: Client, template_id: str, **query: Any) -> Any:
    return dlc.get_job_template(template_id, models.GetJobTemplateRequest(**query)).body


def test_new_content_is_a_new_version(dlc: Client, template_id: str) -> None:
    request = models.UpdateJobTemplateRequest(content=CONTENT.replace("train", "tune"), set_as_default=True)
    body = dlc.update_job_template(template_id, request).body
    assert (body.version, body.version_created, body.default_version) == (2, True, 2)
    assert [version.version for version in get(dlc, template_id).versions] == [1, 2]
    assert [version.content for version in get(dlc, template_id, version="1").versions] == [CONTENT]


def test_a_new_description_is_not(dlc: Client, template_id: str) -> None:
    body = dlc.update_job_template(template_id, models.UpdateJobTemplateRequest(description="ours")).body
    assert (body.version, body.version_created) == (1, False)
    assert get(dlc, template_id).description == "ours"


def test_the_default_version_must_exist(dlc: Client, template_id: str) -> None:
    request = models.SetJobTemplateDefaultVersionRequest(version=3)
    with pytest.raises(ClientException) as caught:
        dlc.set_job_template_default_version(template_id, request)
    assert (caught.value.status_code, caught.value.code) == (404, "NotFound.JobTemplateVersion")


def test_templates_are_listed_by_workspace(dlc: Client, template_id: str) -> None:
    request = models.ListJobTemplatesRequest(workspace_id="123456", template_name="SFT")
    assert [item.template_id for item in dlc.list_job_templates(request).body.job_templates] == [template_id]
    assert dlc.list_job_templates(models.ListJobTemplatesRequest(workspace_id="234567")).body.total_count == 0


def test_times_have_minutes(dlc: Client, template_id: str) -> None:
    assert get(dlc, template_id).gmt_create_time == "2026-01-05T08:00Z"


def test_a_deleted_template_is_gone(dlc: Client, template_id: str) -> None:
    assert dlc.delete_job_template(template_id, models.DeleteJobTemplateRequest()).body.template_id == template_id
    with pytest.raises(ClientException) as caught:
        get(dlc, template_id)
    assert (caught.value.status_code, caught.value.code) == (404, "NotFound.JobTemplate")


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"template_name": "a name"}, "InvalidParameter.TemplateName"), ({"content": "{"}, "InvalidParameter.Content")],
)
def test_a_bad_template_is_refused(dlc: Client, changes: dict[str, str], code: str) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.create_job_template(
            models.CreateJobTemplateRequest(
                **{"template_name": "t", "content": CONTENT, "workspace_id": "123456", **changes}
            )
        )
    assert caught.value.code == code


def test_a_job_is_made_over_its_template(dlc: Client, call: Callable[..., dict[str, Any]], template_id: str) -> None:
    body = {"TemplateId": template_id, "DisplayName": "sft", "UserCommand": "python other.py"}
    job_id = call("2020-12-03", "CreateJob", "POST /api/v1/jobs", body=body)["JobId"]
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    assert (job.user_command, job.job_specs[0].pod_count) == ("python other.py", 2)
    assert get(dlc, template_id).last_used_time == "2026-01-05T08:00Z"
