"""A job's tags."""

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

JOB = "dlc1succeeded001"


def tags(dlc: Client) -> dict[str, str]:
    return dlc.get_job(JOB, models.GetJobRequest()).body.settings.tags


def tag(dlc: Client, *ids: str) -> None:
    body = {"ResourceType": "job", "ResourceId": list(ids), "Tag": [{"Key": "keep", "Value": "yes"}]}
    dlc.tag_resources(models.TagResourcesRequest().from_map(body))


def test_a_tag_is_found_by_the_list_until_it_is_removed(dlc: Client) -> None:
    tag(dlc, JOB)
    assert tags(dlc) == {"team": "llm", "keep": "yes"}
    assert [job.job_id for job in dlc.list_jobs(models.ListJobsRequest(tags={"keep": "yes"})).body.jobs] == [JOB]
    dlc.untag_resources(models.UntagResourcesRequest(resource_type="job", resource_id=[JOB], tag_key=["keep"]))
    assert tags(dlc) == {"team": "llm"}


def test_all_tags_can_be_removed(dlc: Client) -> None:
    dlc.untag_resources(models.UntagResourcesRequest(resource_type="job", resource_id=[JOB], all=True))
    assert tags(dlc) == {}


def test_one_unknown_job_leaves_the_others_alone(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        tag(dlc, JOB, "dlcnone")
    assert caught.value.status_code == 404
    assert tags(dlc) == {"team": "llm"}
