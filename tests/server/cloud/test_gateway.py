"""One call to the cloud: through the real SDK to the emulator, whose record is the proof of what was sent."""

import re
import time
from collections import Counter
from typing import Any, get_args

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pai_dlc_mcp.emulator import faults
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.ids import is_path_segment
from pai_dlc_mcp.server.errors import Failure

HANGZHOU = "cn-hangzhou"
RUNNING, FINISHED = "dlc4stillrunning", "dlc1succeeded001"
READS: dict[str, tuple[Any, ...]] = {
    "GetJob": ("pai-dlc", "GetJob", HANGZHOU, RUNNING),
    "ListJobs": ("pai-dlc", "ListJobs", HANGZHOU),
    "ListEcsSpecs": ("pai-dlc", "ListEcsSpecs", HANGZHOU),
    "ListWorkspaces": ("aiworkspace", "ListWorkspaces", HANGZHOU),
    "GetWorkspace": ("aiworkspace", "GetWorkspace", HANGZHOU, "123456"),
    "ListImages": ("aiworkspace", "ListImages", HANGZHOU),
    "ListDatasets": ("aiworkspace", "ListDatasets", HANGZHOU),
}
TRANSIENT = (
    "throttling",
    "throttling_user",
    "internal_error",
    "unavailable",
    "html_502",
    "early_close",
    "lost_response",
)
LASTING = ("no_permission", "forbidden_ram", "numeric_code", "clock_skew", "expired_token")
ANSWERED = ("slow_drip", "gzip_bomb", "large_body", "late_visibility", "empty_job_id")
OF_LISTS = ("no_total", "string_total", "small_page", "short_page", "wrong_shape")
WRITES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "StopJob": (("pai-dlc", "StopJob", HANGZHOU, (RUNNING,)), {}),
    "UpdateJob": (("pai-dlc", "UpdateJob", HANGZHOU, (RUNNING,)), {"Description": "later"}),
    "DeleteJob": (("pai-dlc", "DeleteJob", HANGZHOU, (FINISHED,)), {}),
    "CreateJob": (
        ("pai-dlc", "CreateJob", HANGZHOU, ()),
        {
            "WorkspaceId": "123456",
            "DisplayName": "once",
            "JobType": "PyTorchJob",
            "UserCommand": "ls",
            "JobSpecs": [{"Type": "Worker", "Image": "x", "EcsSpec": "ecs.g6.large"}],
        },
    ),
}


async def test_every_request_carries_the_skills_user_agent_with_one_id_a_process(gateway_for, emulator) -> None:
    for gateway in (gateway_for(), gateway_for()):
        for read in READS.values():
            await gateway.read(*read)
    (agent,) = {request.user_agent.split()[-1] for request in emulator.requests}
    assert re.fullmatch(r"AlibabaCloud-Agent-Skills/alibabacloud-pai-dlc-job/[0-9a-f]{32}", agent)
    assert len(emulator.requests) == 2 * len(READS)


async def test_a_read_is_sent_again_twice_when_the_service_falters(gateway, emulator) -> None:
    for action, kind in zip(READS, TRANSIENT, strict=True):
        emulator.faults.add(Fault(action, kind, times=2, retry_after_ms=1))
    answers: dict[str, Any] = {}

    async def read(action: str) -> None:
        answers[action] = await gateway.read(*READS[action])

    async with anyio.create_task_group() as group:
        for action in READS:
            group.start_soon(read, action)
    assert {action: "RequestId" in body for action, body in answers.items()} == dict.fromkeys(READS, True)
    assert Counter(emulator.requests.actions()) == dict.fromkeys(READS, 3)


async def test_a_read_is_never_sent_more_than_three_times(gateway, emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "throttling", times=9, retry_after_ms=1))
    with pytest.raises(CloudError) as caught:
        await gateway.read(*READS["ListJobs"])
    assert caught.value.kind == "throttled"
    assert emulator.requests.actions() == ["ListJobs"] * 3


@pytest.mark.parametrize("kind", LASTING)
async def test_a_refusal_that_lasts_is_not_asked_again(gateway, emulator, kind) -> None:
    emulator.faults.add(Fault("ListJobs", kind, times=9))
    with pytest.raises(CloudError):
        await gateway.read(*READS["ListJobs"])
    assert emulator.requests.actions() == ["ListJobs"]


async def test_a_throttled_read_waits_the_milliseconds_the_service_names(gateway_for, emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "throttling", retry_after_ms=300))
    gateway = gateway_for(deadline=20)
    await gateway.read(*READS["GetJob"])
    before = time.monotonic()
    assert "Jobs" in await gateway.read(*READS["ListJobs"])
    assert time.monotonic() - before >= 0.3
    assert emulator.requests.actions() == ["GetJob", "ListJobs", "ListJobs"]


async def test_a_wait_beyond_the_deadline_is_told_instead_of_waited_out(gateway_for, emulator) -> None:
    await gateway_for().read(*READS["GetJob"])
    emulator.faults.add(Fault("ListJobs", "throttling", times=9, retry_after_ms=60_000))
    with pytest.raises(CloudError) as caught:
        await gateway_for(deadline=2).read(*READS["ListJobs"])
    assert (caught.value.kind, caught.value.retry_after) == ("throttled", 60)


@pytest.mark.parametrize("kind", get_args(faults.Kind))
async def test_a_write_is_sent_once_whatever_happens_to_it(gateway_for, emulator, kind) -> None:
    gateway = gateway_for(**{"read_timeout": 0.2} if kind == "delay" else {})
    seconds = {"delay": 0.6, "slow_drip": 0.0005}.get(kind, 0)
    emulator.faults.add(Fault("*", kind, times=99, retry_after_ms=1, seconds=seconds, megabytes=0.1))
    for call, params in WRITES.values():
        try:
            await gateway.send(*call, params)
        except CloudError:
            continue
        assert kind in (*ANSWERED, *OF_LISTS)
    assert emulator.requests.actions() == list(WRITES)


async def test_an_answer_that_drips_in_is_given_up_at_the_deadline(gateway_for, emulator) -> None:
    await gateway_for().read(*READS["GetWorkspace"])
    emulator.faults.add(Fault("GetWorkspace", "slow_drip", seconds=0.01))
    with pytest.raises(CloudError) as caught:
        await gateway_for(deadline=1).read(*READS["GetWorkspace"])
    assert (caught.value.kind, caught.value.code, caught.value.maybe_done) == ("timeout", "Timeout", True)
    assert emulator.requests.actions() == ["GetWorkspace", "GetWorkspace"]


async def test_a_cancelled_call_returns_while_its_answer_is_still_to_come(gateway_for, emulator) -> None:
    gateway = gateway_for(read_timeout=3)
    await gateway.read(*READS["GetJob"])
    emulator.faults.add(Fault("GetJob", "delay", seconds=2))
    before = time.monotonic()
    with anyio.move_on_after(0.2) as scope:
        await gateway.read(*READS["GetJob"])
    assert scope.cancelled_caught
    assert time.monotonic() - before < 2


@pytest.mark.parametrize(
    ("call", "params", "field"),
    [
        (("pai-dlc", "ListJobs", HANGZHOU), {"Pagesize": 5}, "Pagesize"),
        (("pai-dlc", "UpdateJob", HANGZHOU, RUNNING), {"priority": 5}, "priority"),
        (("pai-dlc", "CreateJob", HANGZHOU), {"Settings": {"EnableRdma": True}}, "Settings.EnableRdma"),
        (
            ("pai-dlc", "CreateJob", HANGZHOU),
            {"JobSpecs": [{"Type": "Worker"}, {"Type": "Master", "PodCuont": 1}]},
            "JobSpecs[1].PodCuont",
        ),
    ],
)
async def test_a_field_the_api_does_not_have_is_refused_by_name_before_any_request(
    gateway, emulator, call, params, field
) -> None:
    with pytest.raises(Failure, match=re.escape(f"does not know the field {field}.")) as caught:
        await gateway.read(*call, params=params)
    assert caught.value.code == "UnknownField"
    assert emulator.requests == []


@pytest.mark.parametrize(
    "params",
    [
        {"Settings": "EnableRDMA"},
        {"JobSpecs": "Worker"},
        {"ElasticSpec": ["x"]},
        {"DataSources": {"Uri": "x"}},
    ],
)
async def test_a_field_of_the_wrong_shape_is_refused_before_any_request(gateway, emulator, params) -> None:
    with pytest.raises(Failure):
        await gateway.read("pai-dlc", "CreateJob", HANGZHOU, params=params)
    assert emulator.requests == []


async def test_parameters_without_a_value_are_left_out(gateway, emulator) -> None:
    await gateway.read(*READS["ListJobs"], params={"Status": None, "ShowOwn": False})
    (request,) = emulator.requests
    assert request.query == {"ShowOwn": "False"}


@pytest.mark.parametrize("bad", ["", ".", "..", "a/b", "%2e", "%2e%2e", "a b", "a\0", "a\n", "-a", "á", "x" * 257])
@pytest.mark.parametrize("call", [("GetJob",), ("GetPodLogs", RUNNING), ("StopJob",), ("DeleteJob",)])
async def test_an_id_that_may_not_stand_in_a_path_is_refused_before_any_request(gateway, emulator, call, bad) -> None:
    action, *before = call
    with pytest.raises(Failure) as caught:
        await gateway.read("pai-dlc", action, HANGZHOU, *before, bad)
    assert caught.value.code == "InvalidId"
    assert emulator.requests == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bad=st.text(min_size=1) | st.text(alphabet="./%\\ ?#&=\0\r\n-_aA0", min_size=1))
async def test_no_text_but_a_plain_word_reaches_a_path(gateway, emulator, bad) -> None:
    if is_path_segment(bad):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,255}", bad)
        return
    with pytest.raises(Failure):
        await gateway.read("pai-dlc", "GetJob", HANGZHOU, bad)
    assert emulator.requests == []


async def test_fields_newer_than_the_sdk_survive(gateway, emulator) -> None:
    emulator.account.workspaces[0]["Planet"] = {"Name": "Mars"}
    assert (await gateway.read(*READS["GetWorkspace"]))["Planet"] == {"Name": "Mars"}


async def test_an_answer_of_another_shape_than_documented_is_passed_on_as_it_came(gateway, emulator) -> None:
    emulator.account.workspaces[0]["AdminNames"] = "not a list"
    emulator.account.workspaces[0]["Description"] = ["a", {"b": None}]
    body = await gateway.read(*READS["GetWorkspace"])
    assert (body["AdminNames"], body["Description"]) == ("not a list", ["a", {"b": None}])


async def test_pai_studio_is_called_without_an_sdk_of_its_own(gateway, emulator) -> None:
    body = await gateway.read("pai", "ListQuotas", HANGZHOU, pathname="/api/v1/quotas/", params={"PageSize": 2})
    assert len(body["Quotas"]) == 2
    (request,) = emulator.requests
    assert (request.headers["x-acs-version"], request.query) == ("2022-01-12", {"PageSize": "2"})


async def test_a_proxy_is_left_out_for_the_loopback(gateway, emulator, monkeypatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert "Jobs" in await gateway.read(*READS["ListJobs"])


@pytest.mark.parametrize(
    "endpoint",
    [None, "pai.example.com", "10.0.0.8:8080", "127.0.0.1.example.com:80", "localhost.example.com", "0.0.0.0:80"],
)
async def test_plain_http_leaves_for_no_other_machine(gateway_for, endpoint) -> None:
    with pytest.raises(Failure, match="Plain HTTP") as caught:
        await gateway_for(endpoint=endpoint, protocol="http").read(*READS["ListJobs"])
    assert caught.value.code == "PlainHttpRefused"
