"""Sanity checks, through a real client."""

from typing import Any

from pai_dlc_mcp.emulator.embedded import Emulator

JOB = "dlc4stillrunning"
SPEC = {"ecs_spec": None, "resource_config": {"cpu": "96", "gpu": "1", "memory": "1000Gi"}}


async def checked(agent: Any, name: str, pods: int = 2) -> str:
    return await agent.job(
        display_name=name,
        resource_id="quota1llmteam001",
        settings={"enable_sanity_check": True},
        job_specs=[{**agent.JOB["job_specs"][0], **SPEC, "pod_count": pods}],
    )


async def test_a_sound_job_has_one_check_that_passed(agent: Any) -> None:
    found = await agent.facts("list_job_sanity_check_results", job_id=JOB)
    assert (found["total"], found["job_status"]) == (1, "Running")
    (check,) = found["checks"]
    assert check == {
        "number": 1,
        "status": "Succeeded",
        "started": "2026-01-05T00:32:42Z",
        "finished": "2026-01-05T00:37:53Z",
    }


async def test_a_failed_check_names_its_phase_and_the_node(agent: Any, emulator: Emulator) -> None:
    job_id = await checked(agent, "bad-node")
    emulator.clock.advance(3600)
    (check,) = (await agent.facts("list_job_sanity_check_results", job_id=job_id))["checks"]
    assert (check["status"], check["phase"]) == ("Failed", "TwoNodeCommCheck")
    assert "below baseline on" in check["message"]


async def test_a_check_in_progress_names_the_phase_it_is_in(agent: Any, emulator: Emulator) -> None:
    job_id = await checked(agent, "healthy")
    emulator.clock.advance(12 + 150 + 30)
    (check,) = (await agent.facts("list_job_sanity_check_results", job_id=job_id))["checks"]
    assert (check["status"], check["phase"]) == ("Running", "DeviceCheck")
    assert "finished" not in check


async def test_the_newest_check_comes_first(agent: Any, emulator: Emulator) -> None:
    job_id = await checked(agent, "restarts")
    emulator.clock.advance(3600)
    found = await agent.facts("list_job_sanity_check_results", job_id=job_id)
    assert [check["number"] for check in found["checks"]] == [2, 1]


async def test_a_job_without_the_setting_is_told_so(agent: Any) -> None:
    found = await agent.facts("list_job_sanity_check_results", job_id="dlc1succeeded001")
    assert found["checks"] == []
    assert "without settings.enable_sanity_check" in found["empty"]


async def test_a_job_that_cannot_be_checked_is_told_so(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(settings={"enable_sanity_check": True})
    emulator.clock.advance(1200)
    found = await agent.facts("list_job_sanity_check_results", job_id=job_id)
    assert "only PyTorchJobs on whole nodes of a Lingjun quota" in found["empty"]


async def test_a_job_that_has_not_come_so_far_is_told_so(agent: Any, emulator: Emulator) -> None:
    job_id = await checked(agent, "healthy")
    found = await agent.facts("list_job_sanity_check_results", job_id=job_id)
    assert "the check comes before it runs" in found["empty"]


async def test_one_check_shows_its_phases_in_order_and_in_utc(agent: Any, emulator: Emulator) -> None:
    found = await agent.facts("get_job_sanity_check_result", job_id=JOB, sanity_check_number=1)
    assert [row["phase"] for row in found["phases"]] == [
        "CheckInit",
        "DeviceCheck",
        "SingleNodeCommCheck",
        "TwoNodeCommCheck",
        "AllNodeCommCheck",
    ]
    assert found["phases"][1]["started"] == "2026-01-05T00:32:43Z"
    assert "gemm_bf16" in found["phases"][1]["message"]
    assert "next" not in found


async def test_a_long_message_is_cut_unless_its_phase_is_asked_for(agent: Any, emulator: Emulator) -> None:
    quota = emulator.account.quota("quota1llmteam001")
    quota["Min"]["NodeSpecs"][0]["Count"] = 48
    quota["QuotaDetails"]["ActualMinQuota"] = {"CPU": "4608", "GPU": "384", "Memory": "48000Gi"}
    job_id = await checked(agent, "healthy", pods=32)
    emulator.clock.advance(1200)
    whole = await agent.facts("get_job_sanity_check_result", job_id=job_id, sanity_check_number=1)
    assert whole["phases"][1]["message"].count(" chars cut]") == 1
    assert "sanity_check_phase" in whole["next"]
    one = await agent.facts(
        "get_job_sanity_check_result", job_id=job_id, sanity_check_number=1, sanity_check_phase="DeviceCheck"
    )
    (phase,) = one["phases"]
    assert phase["message"].endswith('"unit": "TFLOP/s"}')
    assert emulator.requests[-1].query == {"SanityCheckNumber": "1", "SanityCheckPhase": "DeviceCheck"}


async def test_what_a_node_wrote_is_fenced_as_data(agent: Any) -> None:
    said = await agent.text("get_job_sanity_check_result", job_id=JOB, sanity_check_number=1)
    assert said.index("<untrusted-data") < said.index("gemm_bf16")


async def test_a_check_that_never_was_is_not_found(agent: Any) -> None:
    assert "http_status: 404" in await agent.error("get_job_sanity_check_result", job_id=JOB, sanity_check_number=2)


async def test_an_unknown_phase_is_refused_with_the_nearest(agent: Any, emulator: Emulator) -> None:
    said = await agent.error(
        "get_job_sanity_check_result", job_id=JOB, sanity_check_number=1, sanity_check_phase="device_check"
    )
    assert "use 'DeviceCheck'" in said
    assert not emulator.requests


async def test_an_unknown_job_is_not_found(agent: Any) -> None:
    assert "http_status: 404" in await agent.error("list_job_sanity_check_results", job_id="dlc0000000000000")
