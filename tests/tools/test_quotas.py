"""Quotas and places in their queues, through a real client."""

import re
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

FREE, FULL = "quota1llmteam001", "quota2llmfull002"
RUNNING, WAITING, PAYG, FAILED = "dlc4stillrunning", "dlc5waitinginq05", "dlc1succeeded001", "dlc2outofmemory2"
DIAGNOSIS = "GetQuotaWorkloadDiagnosis"


@pytest.fixture
def quotas(connect: Any) -> Any:
    return connect(toolsets="quotas")


async def test_quota_tools_are_off_by_default(agent: Any) -> None:
    assert not {"list_quotas", "get_queue_position"} & {tool.name for tool in await agent.tools()}


async def test_quotas_of_all_types_are_listed_with_what_is_used_of_them(quotas: Any) -> None:
    found = await quotas.facts("list_quotas")
    assert found["total"] == 3
    rows = {row["quota_id"]: row for row in found["quotas"]}
    assert rows[FREE] == {
        "quota_id": FREE,
        "name": "llm-quota",
        "status": "Ready",
        "resource_type": "Lingjun",
        "gpu_type": "GU108",
        "gpu": "32 used, 32 free, 64 total",
        "cpu": "384 used, 384 free, 768 total",
        "memory": "4000 used, 4000 free, 8000 total",
        "workspaces": "123456",
    }
    assert rows["quota3vision0003"]["resource_type"] == "ECS"


async def test_a_filter_is_sent_to_the_service(quotas: Any, emulator: Emulator) -> None:
    found = await quotas.facts("list_quotas", workspace_id="123456", name="full", resource_type="Lingjun")
    assert found["quotas"] == []
    (sent,) = emulator.requests
    assert (sent.query["WorkspaceIds"], sent.query["QuotaName"], sent.query["ResourceType"]) == (
        "123456",
        "full",
        "Lingjun",
    )


async def test_an_offset_continues_the_list(quotas: Any) -> None:
    ids = [row["quota_id"] for row in (await quotas.facts("list_quotas"))["quotas"]]
    rest = await quotas.facts("list_quotas", offset=1)
    assert [row["quota_id"] for row in rest["quotas"]] == ids[1:]


async def test_a_refused_list_names_the_permission(quotas: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListQuotas", "no_permission"))
    assert "paistudio:ListQuotas" in await quotas.error("list_quotas")


async def test_a_waiting_job_has_a_place_and_what_blocks_it(quotas: Any, emulator: Emulator) -> None:
    ahead = await quotas.job(
        display_name="urgent",
        resource_id=FULL,
        priority=9,
        job_specs=[
            {
                "type": "Worker",
                "image": quotas.JOB["job_specs"][0]["image"],
                "resource_config": {"cpu": "8", "gpu": "8", "memory": "64Gi"},
            }
        ],
    )
    emulator.clock.advance(60)
    found = await quotas.facts("get_queue_position", job_id=WAITING)
    assert (found["status"], found["position"], found["priority"]) == ("queued", 2, 5)
    assert found["reason"] == "Requested GPU is 128, free GPU is 0 of 144 in the quota."
    assert (found["waits_since"], found["asks"]) == ("2026-01-05T01:00:05Z", "16 x 8 GPU 96 CPU 1000Gi")
    assert "first in, first out and never skipped" in found["queue_strategy"]
    assert found["blocked_by"] == [
        "limit of the quota: GPU 144 of 144 used, 128 asked, 128 short",
        f"strategy: jobs ahead of it wait too: {ahead}",
        "nodes: 0 of 16 pods have room",
        "OutOfGPU: 18 nodes",
    ]


async def test_a_pay_as_you_go_job_is_told_that_it_has_no_queue(quotas: Any, emulator: Emulator) -> None:
    found = await quotas.facts("get_queue_position", job_id=PAYG)
    assert found["status"] == "no_queue"
    assert "only jobs on a quota" in found["said"]
    assert emulator.requests.actions() == ["GetJob"]


@pytest.mark.parametrize("job_id", [RUNNING, FAILED])
async def test_a_job_that_runs_or_ran_is_not_queued(job_id: str, quotas: Any, emulator: Emulator) -> None:
    found = await quotas.facts("get_queue_position", job_id=job_id)
    assert (found["status"], found["quota_id"]) == ("not_queued", FREE)
    assert DIAGNOSIS not in emulator.requests.actions()


@pytest.mark.parametrize(
    ("kind", "code"), [("numeric_code", "HTTP 404 (100400027)"), ("no_permission", "HTTP 403 (NoPermission; needs ")]
)
async def test_without_a_diagnosis_the_place_is_still_told_with_the_code(
    kind: Any, code: str, quotas: Any, emulator: Emulator
) -> None:
    emulator.faults.add(Fault(DIAGNOSIS, kind))
    found = await quotas.facts("get_queue_position", job_id=WAITING)
    assert (found["status"], found["position"]) == ("queued", 1)
    assert f"diagnosis could not be read: {code}" in found["said"]
    assert "blocked_by" not in found


async def test_where_the_queue_may_not_be_read_the_code_and_what_the_job_asks_for_are_told(
    quotas: Any, emulator: Emulator
) -> None:
    emulator.faults.add(Fault("ListQuotaWorkloads", "forbidden_ram"))
    found = await quotas.facts("get_queue_position", job_id=WAITING)
    assert found == {
        "region": "cn-hangzhou",
        "emulator": True,
        "job_id": WAITING,
        "job_status": "Queuing",
        "status": "unknown",
        "said": found["said"],
        "quota_id": FULL,
        "asks": "16 x 8 GPU 96 CPU 1000Gi",
        "waits_since": "2026-01-05T01:00:00Z",
        "priority": 5,
    }
    assert "HTTP 403 (Forbidden.RAM; needs pai:ListQuotaWorkloads or paistudio:ListQuotaWorkloads)" in found["said"]


async def test_a_place_in_a_queue_comes_without_advice(quotas: Any) -> None:
    text = await quotas.text("get_queue_position", job_id=WAITING)
    assert not re.search(
        r"(?i)\b(should|try|consider|raise|reduce|recommend|ask)\b", text.split("read it, follow", 1)[1]
    )


async def test_an_unknown_job_is_not_found(quotas: Any) -> None:
    assert "http_status: 404" in await quotas.error("get_queue_position", job_id="dlc0000000000000")
