"""Quotas as AIWorkSpace and PAI Studio tell them."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_aiworkspace20210204 import models as workspace_models
from alibabacloud_aiworkspace20210204.client import Client as Workspace
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator

Studio = Callable[..., dict[str, Any]]
FREE, FULL = "quota1llmteam001", "quota2llmfull002"
ON_QUOTA = {"EcsSpec": None, "ResourceConfig": {"CPU": "96", "GPU": "8", "Memory": "1000Gi"}}


def test_a_workspaces_resources_lead_to_quota_ids(workspace: Workspace) -> None:
    request = workspace_models.ListResourcesRequest(workspace_id="123456", resource_types="Lingjun,ECS")
    found = workspace.list_resources(request).body.resources
    assert [quota.id for resource in found for quota in resource.quotas] == [FREE, FULL]


@pytest.mark.parametrize("path", ["/api/v1/quotas/", "/api/v1/quotas"])
def test_the_list_answers_with_and_without_its_slash(studio: Studio, path: str) -> None:
    found = studio("ListQuotas", path, WorkspaceIds="123456")
    assert [quota["QuotaId"] for quota in found["Quotas"]] == [FULL, FREE]


def test_a_quota_tells_what_is_used(studio: Studio) -> None:
    details = studio("GetQuota", f"/api/v1/quotas/{FREE}")["QuotaDetails"]
    assert (details["ActualMinQuota"]["GPU"], details["AllocatedQuota"]["GPU"]) == ("64", "32")


def test_a_queued_job_has_a_position_and_a_reason(
    studio: Studio, emulator: Emulator, create: Callable[..., str]
) -> None:
    job_id = create(ON_QUOTA, ResourceId=FULL, Priority=9)
    emulator.clock.advance(60)
    workloads = {
        item["WorkloadId"]: item
        for item in studio("ListQuotaWorkloads", f"/api/v1/quotas/{FULL}/workloads")["Workloads"]
    }
    assert workloads[job_id]["Position"] == 1
    assert workloads["dlc5waitinginq05"]["Position"] == 2
    assert workloads["dlc5waitinginq05"]["Reason"] == "Requested GPU is 128, free GPU is 0 of 144 in the quota."
    one = studio("ListQuotaWorkloads", f"/api/v1/quotas/{FULL}/workloads", WorkloadIds=job_id)
    assert [item["WorkloadId"] for item in one["Workloads"]] == [job_id]


def test_a_running_job_is_out_of_the_queue(studio: Studio) -> None:
    found = studio("ListQuotaWorkloads", f"/api/v1/quotas/{FREE}/workloads", WorkloadIds="dlc4stillrunning")
    assert [(item["Status"], item["Position"]) for item in found["Workloads"]] == [("Dequeued", 0)]


def test_the_undocumented_diagnosis_answers_while_a_job_waits(studio: Studio) -> None:
    path = "/api/v1/quotas/{}/workloads/{}/diagnosis"
    found = studio("GetQuotaWorkloadDiagnosis", path.format(FULL, "dlc5waitinginq05"))["Diagnosis"]
    assert found["ResourceDiagnosis"]["SelfQuotaLimit"]["ExceedResources"] == ["GPU"]
    assert len(found["SchedulingDiagnosis"]["UnschedulableNodes"][0]["Nodes"]) == 18
    with pytest.raises(ClientException) as caught:
        studio("GetQuotaWorkloadDiagnosis", path.format(FREE, "dlc4stillrunning"))
    assert caught.value.status_code == 400


def test_nodes_fill_up_in_order(studio: Studio) -> None:
    nodes = studio("ListNodes", "/api/v1/nodes", QuotaId=FREE)["Nodes"]
    # The third one's GPU was lost by the job that has restarted on the fifth.
    assert [node["RequestGPU"] for node in nodes] == ["8", "8", "0", "8", "8", "0", "0", "0"]


def test_an_unknown_quota_is_not_found(studio: Studio) -> None:
    with pytest.raises(ClientException) as caught:
        studio("GetQuota", "/api/v1/quotas/quota9")
    assert caught.value.status_code == 404
