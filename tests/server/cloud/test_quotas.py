"""Quota operations (PAI Studio) against the emulator."""

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure

FREE, FULL = "quota1llmteam001", "quota2llmfull002"
RUNNING, WAITING = "dlc4stillrunning", "dlc5waitinginq05"


async def test_quotas_of_every_type_are_listed(cloud: CloudInRegion, emulator: Emulator) -> None:
    """ListQuotas takes ECS for granted where no type is named."""
    found = (await cloud.quotas.list({}, None)).items
    assert {quota.quota_id: quota.resource_type for quota in found} == {
        FREE: "Lingjun",
        FULL: "Lingjun",
        "quota3vision0003": "ECS",
    }
    assert {request.query["ResourceType"] for request in emulator.requests} == {"Lingjun", "ECS", "ACS"}


async def test_one_type_is_one_request(cloud: CloudInRegion, emulator: Emulator) -> None:
    found = (await cloud.quotas.list({"WorkspaceIds": "123456", "QuotaName": "pretrain"}, "Lingjun")).items
    (quota,) = found
    assert (quota.details.total.gpu, quota.details.allocated.gpu) == ("144", "144")
    (sent,) = emulator.requests
    assert (sent.path, sent.query["WorkspaceIds"]) == ("/api/v1/quotas/", "123456")


async def test_a_waiting_job_has_a_position_and_a_reason(cloud: CloudInRegion, emulator: Emulator) -> None:
    place = await cloud.quotas.workload(FULL, WAITING)
    assert place is not None
    assert (place.waiting, place.position, place.code) == (True, 1, "insufficientQuota")
    (sent,) = emulator.requests
    assert sent.path == f"/api/v1/quotas/{FULL}/workloads"
    assert sent.query == {"WorkloadIds": WAITING, "WorkloadType": "dlc"}


async def test_a_quota_does_not_know_another_quotas_job(cloud: CloudInRegion) -> None:
    assert await cloud.quotas.workload(FREE, WAITING) is None


async def test_the_diagnosis_says_what_is_exceeded(cloud: CloudInRegion) -> None:
    diagnosis = await cloud.quotas.diagnosis(FULL, WAITING)
    assert diagnosis is not None
    assert diagnosis.placement is not None
    own = diagnosis.limits["SelfQuotaLimit"]
    assert (own.status, own.exceeded, own.limit["GPU"]) == ("Failed", ("GPU",), "144")
    assert (diagnosis.placement.pods, diagnosis.placement.fitting) == (16, 0)


async def test_a_job_that_left_the_queue_has_no_diagnosis(cloud: CloudInRegion, emulator: Emulator) -> None:
    with pytest.raises(CloudError) as caught:
        await cloud.quotas.diagnosis(FREE, RUNNING)
    assert caught.value.http_status == 400
    assert emulator.requests.actions() == ["GetQuotaWorkloadDiagnosis"]


async def test_nodes_and_workloads_are_read_page_after_page(cloud: CloudInRegion, emulator: Emulator) -> None:
    nodes = (await cloud.quotas.nodes(FULL)).items
    assert (len(nodes), nodes[0].asked_gpu, nodes[0].usable) == (18, "8", True)
    assert [(each.workload_id, each.waiting) for each in (await cloud.quotas.workloads(FULL)).items] == [
        (WAITING, True)
    ]
    assert [usage.user_name for usage in (await cloud.quotas.usages(FULL)).items] == ["bob", "alice"]
    asked = emulator.requests[0].query
    assert (asked["QuotaId"], asked["Verbose"]) == (FULL, "True")


async def test_a_service_that_fails_is_not_taken_for_an_empty_queue(cloud: CloudInRegion, emulator: Emulator) -> None:
    emulator.faults.add(Fault("GetQuotaWorkloadDiagnosis", "internal_error", times=3))
    with pytest.raises(CloudError) as caught:
        await cloud.quotas.diagnosis(FULL, WAITING)
    assert caught.value.http_status == 500


async def test_a_quota_id_that_may_not_stand_in_a_path_is_not_sent(cloud: CloudInRegion, emulator: Emulator) -> None:
    with pytest.raises(Failure, match="not a valid id"):
        await cloud.quotas.workload("../nodes", WAITING)
    assert not emulator.requests
