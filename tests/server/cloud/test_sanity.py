"""Sanity check operations against the emulator, and the odd shapes of the official examples."""

from datetime import UTC, datetime

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.sanity import Phase, by_check
from pai_dlc_mcp.server.deps import CloudInRegion

JOB = "dlc4stillrunning"
PHASES = ["CheckInit", "DeviceCheck", "SingleNodeCommCheck", "TwoNodeCommCheck", "AllNodeCommCheck"]


async def test_a_check_is_a_list_of_its_phases(cloud: CloudInRegion, emulator: Emulator) -> None:
    (check,) = await cloud.sanity.checks(JOB)
    assert [phase.phase for phase in check] == PHASES
    assert {phase.status for phase in check} == {"Succeeded"}
    (sent,) = emulator.requests
    assert sent.query == {"Order": "desc"}


async def test_one_phase_of_one_check_can_be_asked_for(cloud: CloudInRegion, emulator: Emulator) -> None:
    (phase,) = await cloud.sanity.check(JOB, 1, "DeviceCheck")
    assert phase.phase == "DeviceCheck"
    assert "gemm_bf16" in (phase.message or "")
    (sent,) = emulator.requests
    assert sent.query == {"SanityCheckNumber": "1", "SanityCheckPhase": "DeviceCheck"}


async def test_a_job_that_is_not_checked_has_no_checks(cloud: CloudInRegion) -> None:
    assert await cloud.sanity.checks("dlc1succeeded001") == []


def test_checks_come_newest_first_whatever_their_order() -> None:
    found = by_check([[{"CheckNumber": 1}], [{"CheckNumber": 2}, None], "odd"])
    assert [[phase.number for phase in check] for check in found] == [[2], [1]]


def test_the_stray_quotation_marks_of_the_documented_times_are_no_trouble() -> None:
    phase = Phase.model_validate({"StartedAt": "”2023-11-30T16:47:30.343005+08:00“", "FinishedAt": "soon"})
    assert phase.started == datetime(2023, 11, 30, 8, 47, 30, 343005, UTC)
    assert phase.finished is None
