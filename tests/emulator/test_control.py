"""The control API, and the record of requests."""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ServerException

from pai_dlc_mcp.emulator import embedded, snapshot
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault


def knock(emulator: Emulator, door: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"http://{emulator.endpoint}/emulator/{door}", data) as answer:
        return json.load(answer)


def test_the_clock_is_moved_from_outside(emulator: Emulator) -> None:
    assert knock(emulator, "clock") == {"now": "2026-01-05T08:00:00.000+00:00", "speed": 0}
    assert knock(emulator, "clock", {"advance": 90})["now"] == "2026-01-05T08:01:30.000+00:00"


def test_a_fault_is_switched_on_from_outside(dlc: Client, emulator: Emulator) -> None:
    fault = {"action": "ListJobs", "kind": "unavailable", "times": 1}
    assert knock(emulator, "faults", fault)["faults"][0].items() >= fault.items()
    with pytest.raises(ServerException):
        dlc.list_jobs(models.ListJobsRequest())


def test_requests_are_recorded_without_secrets(dlc: Client, emulator: Emulator) -> None:
    dlc.list_jobs(models.ListJobsRequest(page_size=5))
    dlc.update_job("dlc4stillrunning", models.UpdateJobRequest(description="x"))
    assert emulator.requests.actions() == ["ListJobs", "UpdateJob"]
    first, second = emulator.requests
    assert (first.method, first.path, first.query, first.body) == ("GET", "/api/v1/jobs", {"PageSize": "5"}, None)
    assert (second.ids, second.body) == ({"JobId": "dlc4stillrunning"}, {"Description": "x"})
    assert first.user_agent.startswith("AlibabaCloud (")
    assert "x-acs-date" in first.headers
    assert "authorization" not in first.headers
    assert [request["action"] for request in knock(emulator, "requests")["requests"]] == ["ListJobs", "UpdateJob"]


def test_a_reset_brings_back_the_seeds_and_the_time(dlc: Client, emulator: Emulator) -> None:
    dlc.delete_job("dlc1succeeded001")
    emulator.clock.advance(60)
    emulator.faults.add(Fault("*", "unavailable"))
    assert knock(emulator, "reset") == {"jobs": 8}
    assert knock(emulator, "reset", {}) == {"jobs": 9}
    assert knock(emulator, "clock")["now"] == "2026-01-05T08:00:00.000+00:00"
    assert not emulator.faults
    assert not emulator.requests


def test_a_reset_that_is_read_is_the_one_that_was_worked_out(emulator: Emulator) -> None:
    emulator.world.new = None
    emulator.reset()
    worked_out = snapshot.dump(emulator.account)
    emulator.account.jobs.clear()
    emulator.account.workspaces.clear()
    emulator.reset()
    assert snapshot.dump(emulator.account) == worked_out


@pytest.mark.parametrize(
    ("door", "body", "status"),
    [("window", None, 404), ("clock", {}, 400), ("faults", {"colour": "red"}, 400)],
)
def test_a_wrong_knock_is_explained(emulator: Emulator, door: str, body: Any, status: int) -> None:
    with pytest.raises(HTTPError) as caught:
        knock(emulator, door, body)
    with caught.value as answer:
        assert answer.code == status
        assert json.load(answer)["Message"]


def knock_with(emulator: Emulator, headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"http://{emulator.endpoint}/emulator/reset", b"{}", headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except HTTPError as refused:
        with refused:
            return refused.code if json.load(refused)["Code"] else 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8420"}, 200),
        ({"Host": "rebound.example.com"}, 403),
        ({"Host": "127.0.0.1.example.com:80"}, 403),
        ({"Origin": "https://example.com"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_19_web_pages_cannot_knock(emulator: Emulator, headers: dict[str, str], status: int) -> None:
    assert knock_with(emulator, headers) == status


def test_off_the_loopback_a_token_is_needed() -> None:
    with pytest.raises(ValueError, match="a token is needed"), embedded.start(host="0.0.0.0"):
        pass
    with embedded.start(token="EXAMPLE-token") as emulator:
        assert knock_with(emulator, {}) == 401
        assert knock_with(emulator, {"Authorization": "Bearer wrong"}) == 401
        assert knock_with(emulator, {"Authorization": "Bearer EXAMPLE-token", "Host": "box.example.com"}) == 200
        assert knock_with(emulator, {"Authorization": "Bearer EXAMPLE-token", "Origin": "null"}) == 403
