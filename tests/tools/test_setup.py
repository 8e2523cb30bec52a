"""check_setup: what works, what does not, and what to ask for."""

from typing import Any

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault


async def test_a_working_setup_is_ready(agent: Any) -> None:
    found = await agent.facts("check_setup")
    assert found["ready"] is True
    assert {row["product"] for row in found["endpoints"]} == {"pai-dlc", "aiworkspace", "pai"}
    assert all(row["reachable"] and row["permitted"] for row in found["endpoints"])


async def test_a_missing_permission_comes_with_the_policy_to_ask_for(agent: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "forbidden_ram"))
    found = await agent.facts("check_setup")
    assert found["ready"] is False
    assert found["missing_permissions"] == ["pai:ListJobs", "paidlc:ListJobs"]
    assert '"Action":["pai:ListJobs","paidlc:ListJobs"]' in found["policy"]
    row = next(row for row in found["endpoints"] if row["product"] == "pai-dlc")
    assert (row["reachable"], row["permitted"]) == (True, False)


async def test_an_unreachable_endpoint_is_told_apart_from_a_refusal(connect: Any) -> None:
    found = await connect(endpoint="127.0.0.1:9", deadline=5).facts("check_setup")
    assert found["ready"] is False
    assert not any(row["reachable"] for row in found["endpoints"])
    assert "permitted" not in found["endpoints"][0]


async def test_no_key_value_is_shown(agent: Any, emulator: Emulator) -> None:
    told = str(await agent.call("check_setup"))
    assert emulator.access_key_id not in told
    assert emulator.access_key_secret not in told


async def test_no_region_is_diagnosed_and_a_wrong_one_of_the_caller_refused(connect: Any) -> None:
    found = await connect(region=None).facts("check_setup")
    assert (found["ready"], found["region"], found["region_source"], found["endpoints"]) == (False, "none", "none", [])
    assert found["credentials"] != "none found", "the key is looked for all the same"
    assert "set PAI_DLC_REGION" in found["fix"]
    assert (await connect(region=None).facts("check_setup", region="cn-hangzhou"))["ready"] is True
    assert "Use cn-hangzhou." in await connect(region=None).error("check_setup", region="cn-hangzou")
    assert "code: MissingRegion" in await connect(region=None).error("list_jobs")
