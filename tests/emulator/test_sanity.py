"""Sanity checks."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]
CHECKED: dict[str, Any] = {"ResourceId": "quota1llmteam001", "Settings": {"EnableSanityCheck": True}}
ON_QUOTA = {"EcsSpec": None, "PodCount": 2, "ResourceConfig": {"CPU": "96", "GPU": "8", "Memory": "1000Gi"}}


def phases(dlc: Client, job_id: str) -> list[list[tuple[str, str]]]:
    found = dlc.list_job_sanity_check_results(job_id, models.ListJobSanityCheckResultsRequest()).body
    assert found.request_id
    return [[(item.phase, item.status) for item in check] for check in found.sanity_check_results]


def test_a_job_that_is_not_checked_has_no_results(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(Settings={"EnableSanityCheck": True})
    emulator.clock.advance(3600)
    assert phases(dlc, job_id) == []


def test_the_phases_pass_one_by_one(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(ON_QUOTA, **CHECKED)
    emulator.clock.advance(12 + 150 + 30)
    assert dlc.get_job(job_id, models.GetJobRequest()).body.status == "SanityChecking"
    assert phases(dlc, job_id) == [
        [
            ("CheckInit", "Succeeded"),
            ("DeviceCheck", "Running"),
            ("SingleNodeCommCheck", "Pending"),
            ("TwoNodeCommCheck", "Pending"),
            ("AllNodeCommCheck", "Pending"),
        ]
    ]
    emulator.clock.advance(320)
    assert {status for _, status in phases(dlc, job_id)[0]} == {"Succeeded"}
    assert dlc.get_job(job_id, models.GetJobRequest()).body.status == "Running"


def test_a_bad_node_is_named_and_the_job_fails(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = create(ON_QUOTA, DisplayName="bad-node", **CHECKED)
    emulator.clock.advance(3600)
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    request = models.GetJobSanityCheckResultRequest(sanity_check_number=1, sanity_check_phase="TwoNodeCommCheck")
    result = dlc.get_job_sanity_check_result(job_id, request).body.sanity_check_result[0]
    assert job.status == "Failed"
    assert (result.status, result.message) == (
        "Failed",
        f"all_reduce bus bandwidth below baseline on {job.pods[-1].node_name}",
    )
    assert result.started_at == "2026-01-05T16:05:43.000000+08:00"


def test_a_check_that_never_was_is_not_found(dlc: Client) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.get_job_sanity_check_result(
            "dlc4stillrunning", models.GetJobSanityCheckResultRequest(sanity_check_number=2)
        )
    assert caught.value.status_code == 404
