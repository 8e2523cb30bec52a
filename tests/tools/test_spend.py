"""The operator's spend limits, as an agent meets them: asked near one, refused above it, also after a restart."""

from typing import Any

import anyio
import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.spending import Spent
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.workflows.create_once import REQUEST_TAG
from pai_dlc_mcp.server.workflows.permit import UnaskedSender
from pai_dlc_mcp.server.workflows.spend import Limited

IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"


def creates(emulator: Any) -> int:
    return emulator.requests.actions().count("CreateJob")


@pytest.mark.parametrize("state", ["folder", pytest.param("memory", marks=pytest.mark.long)])
async def test_forty_creates_of_a_looping_agent_stop_at_the_limit_also_after_a_restart(
    connect, emulator, tmp_path, state
) -> None:
    where = {"state": tmp_path / "state" if state == "folder" else "memory"}
    limits = "jobs_an_hour=10,ask_from=1"

    def agent() -> Any:
        return connect(allow_tools=("create_job",), limits=limits, **where)

    first, second = agent(), agent()
    said: list[str] = []
    for number in range(40):
        server = first if number < 7 else second
        result = await server.call("create_job", **{**server.JOB, "display_name": f"loop-{number}"})
        said += [result.content[0].text] if result.is_error else []
    assert creates(emulator) == 10
    assert len(said) == 30
    assert "jobs_an_hour: 10 of 10 jobs in an hour, would be 11" in said[0]
    emulator.clock.advance(3601)
    await first.job(display_name="later")
    assert creates(emulator) == 11


async def test_near_a_limit_the_user_is_asked_and_a_yes_creates_it(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job", "clone_job"), toolsets="runs", limits="gpus_at_once=4", confirm="token")
    first = await agent.job(display_name="a")
    await agent.job(display_name="b")
    await agent.job(display_name="c")
    asked = await agent.facts("create_job", **{**agent.JOB, "display_name": "d"})
    assert asked["status"] == "confirmation_required"
    assert "gpus_at_once: 3 of 4 GPUs at once, would be 4" in asked["question"]
    assert creates(emulator) == 3
    cloned = await agent.facts("clone_job", job_id=first)
    assert cloned["status"] == "confirmation_required"
    other = {**agent.JOB, "display_name": "e", "confirmation_token": asked["confirmation_token"]}
    assert (await agent.facts("create_job", **other))["status"] == "confirmation_required"  # a yes to another job
    token = asked["confirmation_token"]
    made = await agent.facts("create_job", **{**agent.JOB, "display_name": "d", "confirmation_token": token})
    assert made["status"] == "created"
    error = await agent.error("create_job", **{**agent.JOB, "display_name": "f"})
    assert "4 of 4 GPUs at once, would be 5" in error
    assert "would be 5" in await agent.error("clone_job", job_id=first)
    assert creates(emulator) == 4


async def test_a_dry_run_says_it_and_asks_nobody(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), limits="gpus_at_once=1")
    await agent.call("create_job", **agent.JOB)
    told = await agent.facts("create_job", **agent.JOB, dry_run=True)
    assert told["status"] == "checked"
    assert any("spend limit gpus_at_once" in warning for warning in told["warnings"])
    assert creates(emulator) == 0


async def test_gpu_hours_count_the_most_a_job_may_run_and_then_what_it_ran(connect, emulator) -> None:
    limits = "gpu_hours_a_day=25,ask_from=1"
    agent = connect(allow_tools=("create_job",), limits=limits)
    await agent.job(display_name="unbounded")  # counts for 24
    error = await agent.error("create_job", **agent.JOB | {"display_name": "two", "job_max_running_time_minutes": 120})
    assert "gpu_hours_a_day: 24 of 25 GPU-hours in 24 h, would be 26" in error
    emulator.clock.advance(4000)  # it has ended
    await agent.job(display_name="two", job_max_running_time_minutes=120)
    assert creates(emulator) == 2


async def test_what_is_deleted_untagged_or_not_seen_yet_counts(connect, emulator, tmp_path) -> None:
    agent = connect(allow_tools=("create_job",), limits="jobs_an_hour=3,ask_from=1")
    made = [await agent.job(display_name=f"j{number}") for number in range(3)]
    del emulator.account.jobs[made[0]]
    emulator.account.jobs[made[1]].body["Settings"]["Tags"].clear()
    assert "3 of 3 jobs in an hour" in await agent.error("create_job", **agent.JOB | {"display_name": "j4"})


async def test_creates_at_the_same_time_do_not_pass_the_limit_together(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), limits="jobs_an_hour=3,ask_from=1")

    async def create(number: int) -> None:
        await agent.call("create_job", **agent.JOB | {"display_name": f"at-once-{number}"})

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(create, number)
    assert creates(emulator) <= 3


async def test_failures_in_a_row_stop_creates_until_one_does_not_fail(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), limits="failures_in_a_row=2,ask_from=1")
    for number in range(2):
        await agent.job(display_name=f"bad-{number}", envs={"EMULATOR_SCENARIO": "missing_module"})
        emulator.clock.advance(3000)
    error = await agent.error("create_job", **agent.JOB | {"display_name": "third"})
    assert "failures_in_a_row: 2 of 2" in error
    assert "diagnose_job" in error
    emulator.clock.advance(24 * 3600)
    await agent.job(display_name="third")


async def test_an_amount_needs_prices_and_holds(connect, settings_for, emulator, tmp_path) -> None:
    with pytest.raises(ValueError, match="amount_a_day needs prices"):
        settings_for(limits="amount_a_day=10")
    prices = tmp_path / "prices.toml"
    prices.write_text('[cn-hangzhou]\n"ecs.gn6i-c4g1.xlarge" = 10\n')
    agent = connect(allow_tools=("create_job",), limits="amount_a_day=25,ask_from=1", prices=prices)
    await agent.job(display_name="a", job_max_running_time_minutes=120)
    error = await agent.error("create_job", **agent.JOB | {"display_name": "b", "job_max_running_time_minutes": 60})
    assert "amount_a_day: 20 of 25 spent in 24 h, would be 30" in error
    other = [{**agent.JOB["job_specs"][0], "ecs_spec": "ecs.gn7e-c16g1.4xlarge"}]
    error = await agent.error("create_job", **agent.JOB | {"display_name": "c", "job_specs": other})
    assert "the price of ecs.gn7e-c16g1.4xlarge in cn-hangzhou is not known" in error
    three = [{**agent.JOB["job_specs"][0], "pod_count": 3}]
    job = agent.JOB | {"display_name": "d", "job_specs": three, "job_max_running_time_minutes": 60}
    assert "20 of 25 spent in 24 h, would be 50" in await agent.error("create_job", **job)


async def test_a_create_that_was_certainly_not_made_does_not_count_and_one_that_may_have_been_does(
    connect, emulator
) -> None:
    agent = connect(allow_tools=("create_job",), limits="jobs_an_hour=1,ask_from=1")
    emulator.faults.add(Fault("CreateJob", "no_permission"))
    await agent.error("create_job", **agent.JOB)
    emulator.faults.add(Fault("CreateJob", "early_close"))
    said = await agent.call("create_job", **agent.JOB | {"display_name": "second"})
    assert "1 of 1" not in said.content[0].text
    error = await agent.error("create_job", **agent.JOB | {"display_name": "third"})
    assert "jobs_an_hour: 1 of 1 jobs in an hour, would be 2" in error
    looked = [request.query for request in emulator.requests if request.action == "ListJobs"]
    wanted = {"ShowOwn": "True", "StartTime": "2025-12-06T02:00:00Z", "SortBy": "GmtCreateTime", "Order": "desc"}
    assert any(wanted.items() <= query.items() for query in looked), looked


async def test_check_setup_shows_what_is_left(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job", "check_setup"), limits="gpus_at_once=4,jobs_an_hour=9")
    await agent.job()
    told = await agent.facts("check_setup")
    assert told["spend_limits"] == ["gpus_at_once: 1 of 4 GPUs at once", "jobs_an_hour: 1 of 9 jobs in an hour"]
    assert "spend_limits" not in await connect(allow_tools=("check_setup",)).facts("check_setup")


@pytest.mark.parametrize("wrong", ["gpus", "gpus_at_once", "gpus_at_once=0", "gpus_at_once=nan", "gpus_at_one=4"])
def test_a_limit_that_limits_nothing_is_no_setting(settings_for, wrong) -> None:
    with pytest.raises(ValueError, match=r"gpus|limits"):
        settings_for(limits=wrong)


async def test_a_refused_create_gives_its_place_back(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), limits="jobs_an_hour=1,ask_from=1")
    await agent.error("create_job", **agent.JOB | {"envs": {"EMULATOR_SCENARIO": "no-such-thing"}})
    await agent.job()
    assert creates(emulator) == 2


async def test_an_equal_request_id_of_another_caller_is_another_place_in_the_limits(connect, emulator) -> None:
    """Two callers over HTTP whose creates pass the look ahead at the same time, and whose jobs no list shows yet."""
    app = connect(limits="gpus_at_once=1,ask_from=1").server.app
    cloud = CloudInRegion(app, endpoints.resolve_region(None, app.settings))
    emulator.faults.add(Fault("CreateJob", "late_visibility", times=None, seconds=600))
    wanted = Spent(created=cloud.clock.now(), ended=None, failed=False, gpus=1, hours=1, hourly=0)
    body = {"WorkspaceId": "123456", "DisplayName": "n", "JobType": "PyTorchJob", "UserCommand": "x"}
    body["JobSpecs"] = [{"Type": "Worker", "PodCount": 1, "Image": IMAGE, "EcsSpec": "ecs.gn6i-c4g1.xlarge"}]
    write = cloud.jobs.create({**body, "Settings": {"Tags": {REQUEST_TAG: "of-both"}}})
    await Limited(cloud, UnaskedSender(app, Caller("alice")), wanted, asked=False).send(write)
    with pytest.raises(Failure, match="gpus_at_once: 1 of 1"):
        await Limited(cloud, UnaskedSender(app, Caller("bob")), wanted, asked=False).send(write)
    assert creates(emulator) == 1


async def test_a_create_given_up_while_the_limits_are_looked_at_gives_its_place_back(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), limits="jobs_an_hour=1,ask_from=1")
    store = agent.server.app.store

    async def give_up_once_entered(scope: anyio.CancelScope) -> None:
        while not store.keys("spend"):
            await anyio.sleep(0.01)
        scope.cancel()

    emulator.faults.add(Fault("ListJobs", "delay", times=None, seconds=0.3))
    async with anyio.create_task_group() as group:
        group.start_soon(give_up_once_entered, group.cancel_scope)
        await agent.call("create_job", **agent.JOB)
    with anyio.fail_after(5):
        while store.keys("spend"):
            await anyio.sleep(0.01)
    emulator.faults.clear()
    await agent.job(display_name="another")  # of an equal one it is not known that it never went out
    assert creates(emulator) == 1


async def test_a_line_that_says_no_request_counts_and_one_that_is_none_stops_creates(connect, emulator) -> None:
    agent = connect(allow_tools=("create_job",), limits="jobs_an_hour=1,ask_from=1")
    line = {"job_id": "", "region": "cn-hangzhou", "at": emulator.clock.now().timestamp(), "gpus": 1, "hours": 1}
    store = agent.server.app.store
    store.put("spend", "of-the-first-version", {**line, "hourly": 0}, 3600)
    assert "1 of 1 jobs in an hour" in await agent.error("create_job", **agent.JOB)
    store.take("spend", "of-the-first-version")
    store.put("spend", "none", {}, 3600)
    await agent.error("create_job", **agent.JOB)
    assert creates(emulator) == 0
    store.take("spend", "none")
    await agent.job()
