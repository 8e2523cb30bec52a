"""What is refused beyond the schemas: fields that exclude each other, and work without end."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import wire
from pai_dlc_mcp.emulator.request import Request
from pai_dlc_mcp.emulator.schema import check

Call = Callable[..., dict[str, Any]]
SPEC = {"Type": "Worker", "Image": "x", "EcsSpec": "ecs.g6.large"}
JOB = {"DisplayName": "x", "JobType": "PyTorchJob", "UserCommand": "ls"}


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ([SPEC, SPEC], "JobSpecs.Type must not repeat"),
        ([{**SPEC, "Type": "PS"}], "JobSpecs.Type must be one of Worker, Master for PyTorchJob."),
        ([{**SPEC, "Type": "Master", "PodCount": 2}], "PodCount of Master must be 1"),
        ([{**SPEC, "Image": ""}], "JobSpecs.Image is required."),
        ([{**SPEC, "SpotSpec": {"SpotDiscountLimit": 0.5, "SpotPriceLimit": 1}}], "are mutually exclusive"),
        ([{**SPEC, "PodCount": 600}, {**SPEC, "Type": "Worker", "PodCount": 600}], "JobSpecs.Type must not repeat"),
    ],
)
def test_specs_that_contradict_themselves_are_refused(call: Call, specs: list[Any], words: str) -> None:
    with pytest.raises(ClientException) as caught:
        call("2020-12-03", "CreateJob", "POST /api/v1/jobs", body={**JOB, "JobSpecs": specs})
    assert (caught.value.status_code, words in caught.value.data["Message"]) == (400, True)


@pytest.mark.parametrize("sources", [["x"], [{"Uri": "oss://a/", "DataSourceId": "d-1"}], [{"MountPath": "/mnt"}]])
def test_a_source_that_cannot_be_mounted_is_refused_and_poisons_nothing(call: Call, sources: list[Any]) -> None:
    with pytest.raises(ClientException) as caught:
        call("2020-12-03", "CreateJob", "POST /api/v1/jobs", body={**JOB, "JobSpecs": [SPEC], "DataSources": sources})
    assert caught.value.status_code == 400
    assert call("2020-12-03", "ListJobs", "GET /api/v1/jobs")["TotalCount"] == 6


def test_a_window_of_seconds_over_decades_is_answered_at_once(call: Call) -> None:
    query = {"MetricType": "GpuCoreUsage", "TimeStep": "1s", "StartTime": "1970-01-01T00:00:00Z"}
    with pytest.raises(ClientException) as caught:
        call("2020-12-03", "GetJobMetrics", "GET /api/v1/jobs/dlc3stoppedbyme3/metrics", query)
    assert "TimeStep is too small" in caught.value.data["Message"]


def test_a_body_too_large_is_refused_in_json(call: Call) -> None:
    body = {**JOB, "JobSpecs": [SPEC], "Description": "x" * wire.MAX_BODY}
    with pytest.raises(ClientException) as caught:
        call("2020-12-03", "CreateJob", "POST /api/v1/jobs", body=body)
    assert caught.value.data["Message"] == f"The request body is larger than {wire.MAX_BODY} bytes."


def test_a_repeated_parameter_is_named() -> None:
    query = {"PageSize": "5"}
    request = Request("ListJobs", "2020-12-03", "GET", "/api/v1/jobs", query, None, "", {}, repeated=("PageSize",))
    assert check.check(request) == ["PageSize"]
