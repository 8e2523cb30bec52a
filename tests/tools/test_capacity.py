"""A quota's capacity, through a real client: what fits now, who holds the rest, and what a refused read leaves."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

FREE, FULL, VISION = "quota1llmteam001", "quota2llmfull002", "quota3vision0003"
READS = {"GetQuota", "ListNodes", "ListQuotaWorkloads", "ListQuotaActiveUserUsages"}


@pytest.fixture
def quotas(connect: Any) -> Any:
    return connect(toolsets="quotas")


async def test_what_is_free_by_node_and_who_holds_the_rest(quotas: Any, emulator: Emulator) -> None:
    found = await quotas.facts("get_capacity", quota_id=VISION, gpus=4, cpus=40)
    assert set(emulator.requests.actions()) == READS
    assert found == {
        "untrusted_data": found["untrusted_data"],
        "region": "cn-hangzhou",
        "emulator": True,
        "quota_id": VISION,
        "name": "vision-quota",
        "used": "4 GPU 48 CPU 500 GiB",
        "free": "12 GPU 144 CPU 1500 GiB",
        "total": "16 GPU 192 CPU 2000 GiB",
        "strategy": found["strategy"],
        "waiting_jobs": 0,
        "nodes": 2,
        "largest_pod": "8 GPU 96 CPU 1000 GiB",
        "pods_that_fit": 3,
        "scattered": "4 of 12 free GPUs",
        "free_nodes": [{"nodes": 1, "free": "8 GPU 96 CPU 1000 GiB"}, {"nodes": 1, "free": "4 GPU 48 CPU 500 GiB"}],
        "held_by": [{"user": "bob", "holds": "4 GPU 48 CPU 500 GiB", "workloads": 1}],
    }


async def test_a_full_quota_has_room_for_nothing_and_says_who_waits(quotas: Any) -> None:
    found = await quotas.facts("get_capacity", quota_id=FULL, gpus=1)
    assert (found["free"], found["largest_pod"], found["pods_that_fit"], found["waiting_jobs"]) == (
        "nothing",
        "nothing",
        0,
        1,
    )
    assert {row["user"]: row.get("waits_for") for row in found["held_by"]}["alice"] == "128 GPU 1536 CPU 16000 GiB"
    assert "free_nodes" not in found


async def test_the_figures_are_what_a_job_then_gets(quotas: Any, emulator: Emulator) -> None:
    fits = (await quotas.facts("get_capacity", quota_id=FREE, gpus=8, cpus=8))["pods_that_fit"]
    image = quotas.JOB["job_specs"][0]["image"]

    async def status(pods: int) -> str:
        spec = {"type": "Worker", "image": image, "pod_count": pods, "resource_config": {"gpu": "8", "cpu": "8"}}
        job_id = await quotas.job(display_name=f"fits-{pods}", resource_id=FREE, job_specs=[spec])
        emulator.clock.advance(120)
        return (await quotas.facts("get_job", job_id=job_id))["status"]

    assert await status(fits + 1) == "Queuing"
    assert await status(fits) != "Queuing"


async def test_without_leave_to_ask_who_holds_what_it_is_added_up_from_the_workloads(
    quotas: Any, emulator: Emulator
) -> None:
    told = await quotas.facts("get_capacity", quota_id=FREE)
    emulator.faults.add(Fault("ListQuotaActiveUserUsages", "no_permission"))
    found = await quotas.facts("get_capacity", quota_id=FREE)
    assert found["held_by"] == told["held_by"]
    assert "added up from the workloads" in found["note"]
    (refusal,) = found["not_known"]
    assert refusal.startswith("held_by: HTTP 403 (NoPermission; needs ")
    assert "pai:ListQuotaActiveUserUsages" in refusal
    assert "paistudio:ListQuotaActiveUserUsages" in refusal


@pytest.mark.parametrize(
    ("action", "kind", "part", "missing"),
    [
        ("ListNodes", "no_permission", "nodes: HTTP 403", {"largest_pod", "free_nodes", "nodes"}),
        ("ListNodes", "internal_error", "nodes: HTTP 500", {"largest_pod", "free_nodes"}),
        ("ListQuotaWorkloads", "no_permission", "queue: HTTP 403", {"waiting_jobs"}),
        ("GetQuota", "no_permission", "quota: HTTP 403", {"free", "used", "total", "name"}),
    ],
)
async def test_a_refused_read_leaves_what_the_others_say(
    action: str, kind: Any, part: str, missing: set[str], quotas: Any, emulator: Emulator
) -> None:
    emulator.faults.add(Fault(action, kind, times=9))
    found = await quotas.facts("get_capacity", quota_id=FREE)
    assert not missing & found.keys()
    assert found["not_known"][0].startswith(part)
    assert {"largest_pod", "held_by"} - missing <= found.keys()


async def test_a_quota_that_does_not_exist_is_an_error(quotas: Any) -> None:
    assert "http_status: 404" in await quotas.error("get_capacity", quota_id="quota0nosuchone0")


async def test_of_many_users_and_sizes_of_nodes_those_left_out_are_counted(quotas: Any, emulator: Emulator) -> None:
    quota = next(quota for quota in emulator.account.quotas if quota["QuotaId"] == FREE)
    quota["Min"]["NodeSpecs"][0]["Count"] = 30
    for kind, each in (("GPU", 64), ("CPU", 96), ("Memory", 1000)):
        quota["QuotaDetails"]["ActualMinQuota"][kind] = str(each * 30) + ("Gi" if kind == "Memory" else "")
    for number in range(14):
        emulator.account.workloads.append(
            {
                "WorkloadId": f"dsw-{number}",
                "UserId": f"user-{number}",
                "QuotaId": FREE,
                "Pod": {"CPU": "1", "GPU": str(number + 1), "Memory": "1Gi"},
                "Nodes": [f"llm-quota-node-{number + 10}"],
            }
        )
    found = await quotas.facts("get_capacity", quota_id=FREE)
    assert len(found["held_by"]) == 10
    assert found["note"] == "held_by has the first 10 of 15 users"
    assert len(found["free_nodes"]) == 11
    assert found["free_nodes"][-1]["free"].startswith("less than ")
    assert sum(row["nodes"] for row in found["free_nodes"]) == found["nodes"]
    assert len(await quotas.text("get_capacity", quota_id=FREE)) <= 4000
