"""Faults: each kind as the SDK sees it, counted and matched by action."""

import time

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from alibabacloud_tea_openapi.models import Config
from darabonba.exceptions import UnretryableException

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

JOB = {
    "DisplayName": "once",
    "JobType": "PyTorchJob",
    "UserCommand": "ls",
    "JobSpecs": [{"Type": "Worker", "Image": "x", "EcsSpec": "ecs.g6.large"}],
}


def list_jobs(dlc: Client) -> int:
    return dlc.list_jobs(models.ListJobsRequest()).body.total_count


def create(dlc: Client) -> None:
    dlc.create_job(models.CreateJobRequest().from_map(JOB))


def once(dlc: Client) -> int:
    return dlc.list_jobs(models.ListJobsRequest(display_name="once")).body.total_count


def test_throttling_says_how_many_milliseconds_to_wait(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "throttling", retry_after_ms=1500))
    with pytest.raises(ThrottlingException) as caught:
        list_jobs(dlc)
    assert (caught.value.status_code, caught.value.code, caught.value.retry_after) == (400, "Throttling", 1500)
    assert list_jobs(dlc) == 6


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("forbidden_ram", 403, "Forbidden.RAM"),
        ("no_permission", 403, "NoPermission"),
        ("numeric_code", 404, "100400027"),
        ("clock_skew", 400, "InvalidTimeStamp.Expired"),
        ("expired_token", 400, "InvalidSecurityToken.Expired"),
        ("internal_error", 500, "InternalError"),
        ("unavailable", 503, "ServiceUnavailable"),
    ],
)
def test_an_answer_has_the_services_shape(dlc: Client, emulator: Emulator, kind: str, status: int, code: str) -> None:
    emulator.faults.add(Fault("ListJobs", kind))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ServerException if status >= 500 else ClientException) as caught:
        list_jobs(dlc)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert set(caught.value.data) >= {"Code", "Message", "RequestId", "HostId"}


def test_a_refusal_names_the_missing_ram_action(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "no_permission"))
    with pytest.raises(ClientException) as caught:
        list_jobs(dlc)
    assert caught.value.access_denied_detail["AuthAction"] == "paidlc:ListJobs"


def test_a_response_lost_after_the_job_was_made(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "lost_response"))
    with pytest.raises(UnretryableException):
        create(dlc)
    assert once(dlc) == 1


def test_a_connection_closed_before_anything_was_done(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "early_close"))
    with pytest.raises(UnretryableException):
        create(dlc)
    assert once(dlc) == 0


def test_a_proxys_page_is_not_json(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "html_502"))
    with pytest.raises(UnretryableException):
        list_jobs(dlc)


def test_a_late_answer_passes_the_read_timeout(config: Config, emulator: Emulator) -> None:
    config.read_timeout = 100
    emulator.faults.add(Fault("CreateJob", "delay", seconds=30))
    with pytest.raises(UnretryableException):
        create(Client(config))
    assert once(Client(config)) == 1


def test_a_slow_drip_outlives_the_read_timeout(config: Config, emulator: Emulator) -> None:
    """The SDK's timeout is for each read, so a byte now and then keeps it waiting."""
    config.read_timeout = 100
    emulator.faults.add(Fault("ListEcsSpecs", "slow_drip", seconds=0.002))
    began = time.monotonic()
    body = Client(config).list_ecs_specs(models.ListEcsSpecsRequest(page_size=1)).body
    assert body.total_count == 24
    assert time.monotonic() - began > 0.2


def test_faults_are_counted_and_may_wait_their_turn(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "unavailable", times=2, skip=1))
    outcomes: list[bool] = []
    for _ in range(4):
        try:
            outcomes.append(bool(list_jobs(dlc)))
        except ServerException:
            outcomes.append(False)
    assert outcomes == [True, False, False, True]


def test_a_star_matches_every_action(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("*", "unavailable"))
    with pytest.raises(ServerException):
        dlc.list_ecs_specs(models.ListEcsSpecsRequest())


def test_a_redirect_sends_the_client_elsewhere_and_carries_nothing_out(dlc: Client, emulator: Emulator) -> None:
    """The SDK follows a 307 with its body, so the target sees the same POST (unsigned: Authorization is dropped)."""
    emulator.faults.add(Fault("CreateJob", "redirect", url=f"http://{emulator.endpoint}/api/v1/elsewhere"))
    with pytest.raises(ClientException) as caught:
        create(dlc)
    assert caught.value.status_code in (400, 404)
    assert [(seen.method, seen.path) for seen in emulator.requests] == [
        ("POST", "/api/v1/jobs"),
        ("POST", "/api/v1/elsewhere"),
    ]
    assert once(dlc) == 0


def test_a_large_body_has_the_size_asked_for_and_the_true_answer(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "large_body", megabytes=3))
    body = dlc.list_jobs(models.ListJobsRequest())
    assert int(body.headers["content-length"]) == 3_000_000
    assert body.body.total_count == 6


def test_a_gzip_bomb_is_small_on_the_wire_and_inflates(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "gzip_bomb", megabytes=8))
    body = dlc.list_jobs(models.ListJobsRequest())
    assert int(body.headers["content-length"]) < 20_000
    assert body.body.total_count == 6


def test_a_job_may_be_hidden_after_it_was_made(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "late_visibility", seconds=60))
    job_id = dlc.create_job(models.CreateJobRequest().from_map(JOB)).body.job_id
    assert once(dlc) == 0
    with pytest.raises(ClientException) as caught:
        dlc.get_job(job_id, models.GetJobRequest())
    assert caught.value.status_code == 404
    emulator.clock.advance(60)
    assert once(dlc) == 1
    assert dlc.get_job(job_id, models.GetJobRequest()).body.job_id == job_id


def test_a_hidden_jobs_answer_may_be_lost_too(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "late_visibility", seconds=60, lose_response=True))
    with pytest.raises(UnretryableException):
        create(dlc)
    assert once(dlc) == 0
    emulator.clock.advance(60)
    assert once(dlc) == 1


@pytest.mark.parametrize("job_id", ["", "pending"])
def test_a_job_made_may_be_answered_with_a_wrong_id(dlc: Client, emulator: Emulator, job_id: str) -> None:
    emulator.faults.add(Fault("CreateJob", "empty_job_id", job_id=job_id))
    assert dlc.create_job(models.CreateJobRequest().from_map(JOB)).body.job_id == job_id
    assert once(dlc) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(408, "RequestTimeout"), (429, "Throttling.User"), (500, "InternalError")]
)
def test_a_write_may_be_refused_after_it_was_done(dlc: Client, emulator: Emulator, status: int, code: str) -> None:
    emulator.faults.add(Fault("CreateJob", "status_after_commit", status=status))
    with pytest.raises((ClientException, ServerException)) as caught:
        create(dlc)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert once(dlc) == 1


def refused(dlc: Client) -> bool:
    try:
        list_jobs(dlc)
    except ServerException:
        return True
    return False


def test_a_fault_may_be_left_to_a_seeded_chance(dlc: Client, emulator: Emulator) -> None:
    runs: list[list[bool]] = []
    for seed in (7, 7, 8):
        emulator.faults.clear()
        emulator.faults.add(Fault("ListJobs", "unavailable", times=None, probability=0.3, seed=seed))
        runs.append([refused(dlc) for _ in range(60)])
    assert runs[0] == runs[1] != runs[2]
    assert 8 <= sum(runs[0]) <= 28


def test_faults_of_chance_are_apart_by_action(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("GetJob", "unavailable", times=None, probability=1), Fault("ListJobs", "unavailable", 1))
    assert [refused(dlc), refused(dlc)] == [True, False]
    with pytest.raises(ServerException):
        dlc.get_job("dlc1succeeded001", models.GetJobRequest())


@pytest.mark.parametrize(
    ("action", "kind", "words"),
    [
        ("ListJob", "unavailable", "action ListJob does not exist; the nearest is ListJobs"),
        ("ListJobs", "throtling", "kind throtling does not exist; the nearest is throttling"),
    ],
)
def test_a_misspelt_fault_is_refused_with_the_nearest(action: str, kind: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fault(action, kind)  # pyright: ignore[reportArgumentType]


def test_a_total_may_be_missing_or_text(dlc: Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "no_total"), Fault("ListJobs", "string_total"))
    assert dlc.list_jobs(models.ListJobsRequest()).body.total_count is None
    assert dlc.list_jobs(models.ListJobsRequest()).body.total_count == "6"


def test_a_page_may_be_smaller_than_was_asked_for(dlc: Client, emulator: Emulator) -> None:
    """Pages follow one another in the smaller size, and TotalCount stays true."""
    emulator.faults.add(Fault("ListJobs", "small_page", times=None, page_size=4))
    pages = [dlc.list_jobs(models.ListJobsRequest(page_size=100, page_number=number)).body for number in (1, 2)]
    assert [(len(page.jobs), page.total_count) for page in pages] == [(4, 6), (2, 6)]
    assert emulator.requests[0].query["PageSize"] == "100"


@pytest.mark.parametrize("kind", ["wrong_shape", "list_body"])
def test_a_shape_the_sdk_cannot_parse_leaves_no_body(dlc: Client, emulator: Emulator, kind: str) -> None:
    emulator.faults.add(Fault("ListJobs", kind))  # pyright: ignore[reportArgumentType]
    assert dlc.list_jobs(models.ListJobsRequest()).body is None


@pytest.mark.parametrize("kind", ["empty_body", "not_utf8"])
def test_a_body_that_is_no_json_is_an_error(dlc: Client, emulator: Emulator, kind: str) -> None:
    emulator.faults.add(Fault("ListJobs", kind))  # pyright: ignore[reportArgumentType]
    with pytest.raises(UnretryableException):
        list_jobs(dlc)
