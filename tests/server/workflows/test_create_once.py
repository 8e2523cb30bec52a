"""A job is created at most once, on a service that would create it twice if asked twice."""

import hashlib
import json
import random
from typing import Any

import anyio
import pytest

from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.workflows.create_once import Submitted, submit
from tests.conftest import START

REQUEST_TAG = "mcp-request-id"
WEEK = 7 * 24 * 3600


def body(name: str = "resnet50", **changes: Any) -> dict[str, Any]:
    return {
        "WorkspaceId": "123456",
        "DisplayName": name,
        "JobType": "PyTorchJob",
        "UserCommand": "python train.py",
        "JobSpecs": [{"Type": "Worker", "PodCount": 1, "Image": "x", "EcsSpec": "ecs.g6.large"}],
        **changes,
    }


async def send(cloud: Any, what: dict[str, Any], request_id: str | None = None, allow: bool = False) -> Submitted:
    return await submit(cloud, cloud, what, client_request_id=request_id, allow_same_name=allow)


def jobs_of(emulator: Any, request_id: str) -> list[str]:
    """The jobs that carry a request id: more than one is what may not happen."""
    return [
        job.job_id
        for job in emulator.account.jobs.values()
        if job.body.get("Settings", {}).get("Tags", {}).get(REQUEST_TAG) == request_id
    ]


async def test_a_job_is_created_with_a_request_id_beside_the_callers_own_tags(cloud, emulator) -> None:
    made = await send(cloud, body(Settings={"Tags": {"team": "llm"}, "EnableRDMA": True}))
    assert made.status == "created"
    assert jobs_of(emulator, made.request_id) == [made.job_id]
    settings = emulator.account.jobs[made.job_id].body["Settings"]
    assert (settings["EnableRDMA"], settings["Tags"]["team"]) == (True, "llm")
    assert emulator.requests.actions() == ["ListJobs", "CreateJob"]


async def test_an_answer_that_was_lost_is_recovered_and_the_job_not_sent_again(cloud, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "lost_response"))
    made = await send(cloud, body())
    assert made.status == "recovered"
    assert jobs_of(emulator, made.request_id) == [made.job_id]
    by_name, create, by_tag = emulator.requests
    ever = {"StartTime": "1970-01-01T00:00:00Z", "WorkspaceId": "123456", "PageNumber": "1", "PageSize": "100"}
    assert by_name.query == {**ever, "DisplayName": "resnet50", "ShowOwn": "False"}
    assert create.action == "CreateJob"
    assert by_tag.query == {**ever, "Tags": json.dumps({REQUEST_TAG: made.request_id}, separators=(",", ":"))}


async def test_a_request_that_was_not_answered_and_shows_no_job_is_told_as_unknown(cloud, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "early_close"))
    before = set(emulator.account.jobs)
    made = await send(cloud, body())
    assert (made.status, made.job_id) == ("unknown", None)
    assert made.request_id
    assert set(emulator.account.jobs) == before
    assert emulator.requests.actions().count("CreateJob") == 1


@pytest.mark.parametrize("request_id", [None, "request-1"])
async def test_a_job_that_becomes_visible_late_is_recovered_and_never_made_twice(cloud, emulator, request_id) -> None:
    emulator.faults.add(Fault("CreateJob", "late_visibility", seconds=60, lose_response=True))
    first = await send(cloud, body(), request_id)
    again = await send(cloud, body(), request_id)
    emulator.clock.advance(120)
    late = await send(cloud, body(), request_id)
    assert (first.status, again.status) == ("unknown", "unknown")
    assert late.status in ("recovered", "existing")
    assert late.job_id in jobs_of(emulator, first.request_id)
    assert emulator.requests.actions().count("CreateJob") == 1


@pytest.mark.parametrize("request_id", [None, "request-1"])
async def test_a_create_whose_caller_goes_away_is_not_sent_again(cloud, emulator, request_id) -> None:
    emulator.faults.add(Fault("CreateJob", "delay", seconds=1))
    async with anyio.create_task_group() as group:
        group.start_soon(send, cloud, body(), request_id)
        while "CreateJob" not in emulator.requests.actions():
            await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    await anyio.sleep(1)  # the service carries it out all the same
    again = await send(cloud, body(), request_id)
    assert again.status in ("recovered", "existing")
    assert emulator.requests.actions().count("CreateJob") == 1


@pytest.mark.parametrize("job_id", ["", "created", "dlc"])
async def test_an_answer_without_a_job_id_is_looked_into(cloud, emulator, job_id) -> None:
    emulator.faults.add(Fault("CreateJob", "empty_job_id", job_id=job_id))
    made = await send(cloud, body())
    assert made.status == "recovered"
    assert [made.job_id] == jobs_of(emulator, made.request_id)


@pytest.mark.parametrize("status", [408, 429])
async def test_a_refusal_after_the_commit_is_looked_into(cloud, emulator, status) -> None:
    emulator.faults.add(Fault("CreateJob", "status_after_commit", status=status))
    made = await send(cloud, body())
    assert made.status == "recovered"
    assert [made.job_id] == jobs_of(emulator, made.request_id)


@pytest.mark.parametrize("kind", ["no_permission", "forbidden_ram", "expired_token"])
async def test_a_clear_refusal_is_raised_and_nothing_is_looked_for(cloud, emulator, kind) -> None:
    emulator.faults.add(Fault("CreateJob", kind))
    with pytest.raises(CloudError):
        await send(cloud, body())
    assert emulator.requests.actions() == ["ListJobs", "CreateJob"]


async def test_when_nobody_can_be_asked_what_happened_the_request_id_is_told(cloud, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "lost_response"), Fault("ListJobs", "forbidden_ram", skip=1, times=99))
    with pytest.raises(Failure) as caught:
        await send(cloud, body())
    (job,) = [job for job in emulator.account.jobs.values() if job.body["DisplayName"] == "resnet50"]
    assert job.body["Settings"]["Tags"][REQUEST_TAG] in f"{caught.value.what} {caught.value.fix}"


async def test_a_request_id_used_again_with_the_same_arguments_answers_with_the_same_job(cloud, emulator) -> None:
    first = await send(cloud, body(), "request-1")
    again = await send(cloud, body(), "request-1")
    assert (first.status, again.status) == ("created", "existing")
    assert again.job_id == first.job_id
    assert emulator.requests.actions().count("CreateJob") == 1


async def test_it_does_so_however_old_the_job_is_and_whatever_became_of_it(cloud, emulator) -> None:
    first = await send(cloud, body(), "request-1")
    emulator.clock.advance(3 * WEEK)
    assert await send(cloud, body(), "request-1") == Submitted("existing", first.job_id, "request-1")


@pytest.mark.parametrize("change", [{"UserCommand": "ls"}, {"DisplayName": "other"}, {"Priority": 2}])
async def test_a_request_id_used_again_with_other_arguments_is_refused(cloud, emulator, change) -> None:
    first = await send(cloud, body(), "request-1")
    with pytest.raises(Failure, match=f"already made job {first.job_id}, with other arguments") as caught:
        await send(cloud, body(**change), "request-1")
    assert caught.value.code == "RequestIdReused"
    assert emulator.requests.actions().count("CreateJob") == 1


async def test_a_call_repeated_after_a_lost_answer_finds_its_job(cloud, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "lost_response"), Fault("ListJobs", "forbidden_ram", skip=2))
    with pytest.raises(Failure, match="could not be found out"):
        await send(cloud, body(), "request-1")
    assert (await send(cloud, body(), "request-1")).status == "recovered"
    assert len(jobs_of(emulator, "request-1")) == 1


async def test_two_calls_at_once_with_one_request_id_make_one_job(cloud, emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "delay", times=3, seconds=0.2))  # so that each looks before any creates

    async def once() -> None:
        await send(cloud, body(), "request-1", allow=True)

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(once)
    assert len(jobs_of(emulator, "request-1")) == 1


async def test_two_equal_calls_at_once_without_a_request_id_wait_for_each_other(cloud, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "delay", seconds=0.5))
    told: list[str] = []

    async def once() -> None:
        try:
            told.append((await send(cloud, body())).status)
        except Failure as failure:
            told.append(failure.code)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(once)
    assert sorted(told) in (["created", "existing"], ["created", "recovered"])
    assert emulator.requests.actions().count("CreateJob") == 1


async def test_a_live_job_of_the_same_name_is_reported_instead_of_doubled(cloud, emulator) -> None:
    first = await send(cloud, body())
    with pytest.raises(Failure) as caught:
        await send(cloud, body(UserCommand="ls"))
    assert caught.value.code == "SameName"
    assert (
        caught.value.what == f"Job {first.job_id} in workspace 123456 already has the name 'resnet50' and is Creating."
    )
    assert "allow_same_name=true" in caught.value.fix
    assert emulator.requests.actions().count("CreateJob") == 1


async def test_a_colleagues_live_job_counts_too(cloud) -> None:
    with pytest.raises(Failure, match="dlc7colleague007"):
        await send(cloud, body("detector-r50"))


async def test_a_live_job_counts_however_long_ago_it_was_created(cloud, emulator) -> None:
    await send(cloud, body("hang", Envs={"EMULATOR_SCENARIO": "nccl_hang"}))  # trains for ever
    emulator.clock.advance(2 * WEEK)
    with pytest.raises(Failure) as caught:
        await send(cloud, body("hang", Envs={"EMULATOR_SCENARIO": "nccl_hang"}, Priority=2))
    assert caught.value.code == "SameName"


async def test_a_live_job_counts_among_many_with_longer_names(cloud, emulator) -> None:
    await send(cloud, body("x"))
    emulator.clock.advance(1)
    for number in range(100):
        await cloud.send(cloud.jobs.create(body(f"x{number}")))
    with pytest.raises(Failure) as caught:
        await send(cloud, body("x", Priority=2))
    assert caught.value.code == "SameName"


@pytest.mark.parametrize("name", ["llama7b-sft-v1", "llama7b", "pretrain-70", "debug-run"])
async def test_a_finished_job_and_part_of_a_name_do_not_count(cloud, name) -> None:
    assert (await send(cloud, body(name))).status == "created"


async def test_a_caller_may_insist_on_the_same_name(cloud, emulator) -> None:
    first = await send(cloud, body())
    second = await send(cloud, body(), allow=True)
    assert (second.status, second.job_id == first.job_id) == ("created", False)


async def test_the_same_create_without_an_id_is_answered_with_its_job_while_that_lives(cloud, emulator) -> None:
    """Its caller may not have heard the answer, and the service may not list the job yet."""
    emulator.faults.add(Fault("CreateJob", "late_visibility", seconds=60))
    first = await send(cloud, body(), allow=True)
    again = await send(cloud, body(), allow=True)
    assert (first.status, again) == ("created", Submitted("existing", first.job_id, first.request_id))
    emulator.clock.advance(7 * 3600)  # it has ended
    assert (await send(cloud, body(), allow=True)).status == "created"
    assert emulator.requests.actions().count("CreateJob") == 2


async def test_the_id_that_an_unknown_answer_gives_does_not_send_it_again(cloud, emulator) -> None:
    emulator.faults.add(Fault("CreateJob", "early_close"))
    first = await send(cloud, body())
    assert (await send(cloud, body(), first.request_id)).status == "unknown"
    assert emulator.requests.actions().count("CreateJob") == 1


async def test_a_request_id_used_in_another_region_is_refused(cloud, emulator) -> None:
    await send(cloud, body(), "request-1")
    cloud.region = "cn-beijing"
    with pytest.raises(Failure, match="with other arguments"):
        await send(cloud, body(), "request-1")


async def test_two_callers_may_use_one_request_id_for_different_jobs(cloud, emulator) -> None:
    await send(cloud, body(), "request-1")
    cloud.caller = Caller("somebody else")
    with pytest.raises(Failure, match="with other arguments"):  # of the account's jobs, one carries it already
        await send(cloud, body("other"), "request-1")
    assert emulator.requests.actions().count("CreateJob") == 1


async def test_a_tag_of_another_key_tells_nothing_of_the_arguments(cloud_for, emulator, tmp_path) -> None:
    first = await send(cloud_for(state=tmp_path / "one"), body(), "request-1")
    found = await send(cloud_for(state=tmp_path / "two"), body(), "request-1")
    assert found == Submitted("existing", first.job_id, "request-1")


async def test_no_digest_in_a_tag_can_be_guessed(cloud, emulator) -> None:
    made = await send(cloud, body(Envs={"PIN": "1234"}))
    tag = emulator.account.jobs[made.job_id].body["Settings"]["Tags"]["mcp-arguments"]
    plain = json.dumps(body(Envs={"PIN": "1234"}), sort_keys=True).encode()
    assert hashlib.sha256(plain).hexdigest()[:16] not in tag


@pytest.mark.parametrize("rounds", [50, pytest.param(200, marks=pytest.mark.long)])
async def test_no_chain_of_accidents_makes_two_jobs_of_one_request(rounds, cloud, emulator, monkeypatch) -> None:
    monkeypatch.setattr("pai_dlc_mcp.server.workflows.create_once._LOOKS", (0, 0, 0))
    dice = random.Random(20260105)
    fates = ["ok", "lost_response", "early_close", "unavailable", "html_502", "throttling"]
    outcomes: dict[str, set[str]] = {fate: set() for fate in fates}
    for number in range(rounds):
        fate, request_id = dice.choice(fates), f"request-{number}"
        emulator.faults.clear()
        if fate != "ok":
            emulator.faults.add(Fault("CreateJob", fate))
        try:
            outcomes[fate].add((await send(cloud, body(f"job-{number}"), request_id)).status)
        except CloudError as error:
            outcomes[fate].add(error.kind)
        if dice.random() < 0.5:  # the caller tries again, as it is told to
            outcomes[fate].add((await send(cloud, body(f"job-{number}"), request_id)).status)
        assert len(jobs_of(emulator, request_id)) <= 1
    assert outcomes == {
        "ok": {"created", "existing"},
        "lost_response": {"recovered", "existing"},
        "early_close": {"unknown"},
        "unavailable": {"unknown"},
        "html_502": {"unknown"},
        "throttling": {"throttled", "created"},
    }


async def test_a_state_that_goes_while_the_create_is_out_hides_no_job_and_makes_no_second(
    connect: Any, emulator: Any, tmp_path: Any
) -> None:
    """The journal, the ledger of the limits and the list of whom to tell: what was made is said all the same."""
    state = tmp_path / "state"
    notify = {"notify": "http://127.0.0.1:1/hook", "notify_hosts": "127.0.0.1"}
    agent = connect(state=state, limits="jobs_an_hour=9", **notify)
    emulator.faults.add(Fault("CreateJob", "delay", seconds=0.5))

    async def go() -> None:
        while "CreateJob" not in emulator.requests.actions():
            await anyio.sleep(0.01)
        state.chmod(0o755)

    made: dict[str, Any] = {}
    async with anyio.create_task_group() as group:
        group.start_soon(go)
        made = await agent.facts("create_job", **agent.JOB)
    state.chmod(0o700)
    again = await agent.facts("create_job", **agent.JOB, client_request_id=made["client_request_id"])
    assert (made["status"], again["status"], again["job_id"]) == ("created", "recovered", made["job_id"])
    assert emulator.requests.actions().count("CreateJob") == 1


@pytest.mark.parametrize("account", [True, False])
async def test_what_an_emulator_made_is_no_job_of_the_account_or_of_another(
    account: bool, connect: Any, emulator: Any, tmp_path: Any
) -> None:
    """A create tried on an emulator first, and then, with the same state, where it is meant to go."""
    tried = connect(state=tmp_path / "state", limits="jobs_an_hour=1,ask_from=1")
    create = {**tried.JOB, "client_request_id": "once-and-only-once"}
    await tried.facts("create_job", **create)
    with embedded.start(clock=Clock(START, speed=0)) as other:
        meant = connect(
            state=tmp_path / "state", limits="jobs_an_hour=1,ask_from=1", endpoint=other.endpoint, emulator=not account
        )
        made = await meant.facts("create_job", **create)
        assert made["status"] == "created"
        assert made["job_id"] in other.account.jobs
