"""update_job and stop_job, through a real client. Who is asked, and when, is in test_gate_paths.py."""

from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.faults import Fault

RUNNING, WAITING, PUBLIC, FINISHED = (
    "dlc4stillrunning",
    "dlc5waitinginq05",
    "dlc7colleague007",
    "dlc1succeeded001",
)
TOOLS = ("update_job", "stop_job", "get_job")


@pytest.fixture
def agent(connect: Any) -> Any:
    """Building only the tools these tests call saves most of their time."""
    return connect(allow_tools=TOOLS)


@pytest.fixture
def agreeing(connect: Any) -> Any:
    """An agent whose user says yes to everything."""

    async def yes(*_: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"confirm": True})

    return connect(allow_tools=TOOLS, elicitation_callback=yes)


def sent(emulator: Any, action: str) -> list[Any]:
    return [request.sent() for request in emulator.requests if request.action == action]


async def test_a_priority_is_waited_for_until_the_service_shows_it(agent, emulator) -> None:
    started = emulator.clock.now()
    found = await agent.facts("update_job", job_id=WAITING, priority=7)
    assert (found["status"], found["applied"], found.get("pending")) == ("applied", ["Priority"], None)
    assert sent(emulator, "UpdateJob") == [{"Priority": 7}]
    assert (await agent.facts("get_job", job_id=WAITING))["priority"] == 7
    assert 5 < (emulator.clock.now() - started).total_seconds() < 60  # what the emulator takes to show it


async def test_a_priority_that_never_shows_is_pending_within_what_hosts_wait(agent, emulator, monkeypatch) -> None:
    monkeypatch.setattr(emulator.account.jobs[WAITING].__class__, "priority", lambda *_: 1)
    started = emulator.clock.now()
    found = await agent.facts("update_job", job_id=WAITING, priority=7)
    assert (found["status"], found["applied"], found["pending"]) == ("pending", [], ["Priority"])
    assert "get_job" in found["next"]
    assert 40 < (emulator.clock.now() - started).total_seconds() <= 46


async def test_a_description_is_applied_at_once(agent, emulator) -> None:
    found = await agent.facts("update_job", job_id=RUNNING, description="the second try")
    assert (found["status"], found["applied"], found["job_status"]) == ("applied", ["Description"], "Running")
    assert "next" not in found
    assert sent(emulator, "UpdateJob") == [{"Description": "the second try"}]


@pytest.mark.parametrize("text", ['{"lr": 0.1}', "[1, 2]", "null", "true", "12", '"quoted"'])
async def test_a_description_that_looks_like_json_is_sent_as_it_is(agent, emulator, text) -> None:
    await agent.facts("update_job", job_id=RUNNING, description=text)
    assert sent(emulator, "UpdateJob") == [{"Description": text}]


async def test_what_shows_and_what_does_not_yet_are_told_apart(agent, emulator, monkeypatch) -> None:
    monkeypatch.setattr(emulator.account.jobs[WAITING].__class__, "priority", lambda *_: 1)
    found = await agent.facts("update_job", job_id=WAITING, priority=7, description="sooner")
    assert (found["status"], found["applied"], found["pending"]) == ("pending", ["Description"], ["Priority"])


@pytest.mark.parametrize(
    ("job", "changes", "code", "said"),
    [
        (RUNNING, {"priority": 7}, "PriorityNotApplicable", "is Running: its priority can change only in Creating"),
        (FINISHED, {"priority": 7}, "PriorityNotApplicable", "is pay-as-you-go"),
        (RUNNING, {"display_name": "better"}, "NameNotApplicable", "A job cannot be renamed"),
        (PUBLIC, {"accessibility": "PRIVATE"}, "AccessibilityNotApplicable", "cannot be made PRIVATE again"),
        (RUNNING, {"job_specs": [{"type": "Worker", "pod_count": 1}]}, "SpecsNotApplicable", "is not elastic"),
        (RUNNING, {}, "NothingToChange", "nothing to change"),
        (PUBLIC, {"accessibility": "PUBLIC"}, "NothingToChange", "nothing to change"),
        (RUNNING, {"priority": 0}, "InvalidArgument", "priority"),
        (RUNNING, {"name": "better"}, "InvalidArgument", "unknown field 'name'"),
    ],
)
async def test_what_the_service_would_ignore_is_refused_with_the_reason(
    agent, emulator, job, changes, code, said
) -> None:
    error = await agent.error("update_job", job_id=job, **changes)
    assert said in error
    assert f"code: {code}" in error
    assert "fix: " in error
    assert sent(emulator, "UpdateJob") == []


async def test_making_a_job_public_asks_first(agent, agreeing, emulator) -> None:
    asked = await agent.facts("update_job", job_id=RUNNING, accessibility="PUBLIC")
    assert asked["status"] == "confirmation_required"
    assert "it cannot be made private again" in asked["question"]
    assert sent(emulator, "UpdateJob") == []
    found = await agreeing.facts("update_job", job_id=RUNNING, accessibility="PUBLIC")
    assert (found["status"], found["applied"]) == ("applied", ["Accessibility"])
    assert sent(emulator, "UpdateJob") == [{"Accessibility": "PUBLIC"}]


async def test_a_token_to_make_a_job_public_does_not_stop_it(agent, emulator) -> None:
    asked = await agent.facts("update_job", job_id=RUNNING, accessibility="PUBLIC")
    found = await agent.facts("stop_job", job_id=RUNNING, confirmation_token=asked["confirmation_token"])
    assert found["reason"] == "The confirmation token was issued for another call."
    assert sent(emulator, "StopJob") == []


async def test_taking_pods_from_an_elastic_job_asks_first_and_sends_whole_specs(agent, agreeing, emulator) -> None:
    emulator.account.jobs[RUNNING].body["ElasticSpec"] = {"EnableElasticTraining": True}
    fewer = {"job_id": RUNNING, "job_specs": [{"type": "Worker", "pod_count": 1}]}
    asked = await agent.facts("update_job", **fewer)
    assert "The change removes 1 pod." in asked["question"]
    assert sent(emulator, "UpdateJob") == []
    await agreeing.facts("update_job", **fewer)
    ((spec,),) = [body["JobSpecs"] for body in sent(emulator, "UpdateJob")]
    assert (spec["Type"], spec["PodCount"], spec["ResourceConfig"]["GPU"]) == ("Worker", 1, "8")


async def test_adding_pods_asks_nobody(agent, emulator) -> None:
    emulator.account.jobs[RUNNING].body["ElasticSpec"] = {"EnableElasticTraining": True}
    more = [{"type": "Worker", "pod_count": 3}]
    assert (await agent.facts("update_job", job_id=RUNNING, job_specs=more))["status"] in ("applied", "pending")
    assert len(sent(emulator, "UpdateJob")) == 1


async def test_an_unknown_role_is_answered_with_the_jobs_own(agent, emulator) -> None:
    emulator.account.jobs[RUNNING].body["ElasticSpec"] = {"EnableElasticTraining": True}
    error = await agent.error("update_job", job_id=RUNNING, job_specs=[{"type": "worker", "pod_count": 3}])
    assert "fix: Its roles: Worker." in error
    assert sent(emulator, "UpdateJob") == []


async def test_a_stop_reports_what_was_observed_afterwards(agreeing, emulator) -> None:
    found = await agreeing.facts("stop_job", job_id=RUNNING)
    assert {key: found[key] for key in ("job_id", "workspace_id", "status", "job_status")} == {
        "job_id": RUNNING,
        "workspace_id": "123456",
        "status": "stopped",
        "job_status": "Stopped",
    }
    assert "next" not in found
    emulator.clock.advance(15)
    assert (await agreeing.facts("get_job", job_id=RUNNING))["status"] == "Stopped"


async def test_a_waiting_job_is_stopped_too(agreeing, emulator) -> None:
    assert (await agreeing.facts("stop_job", job_id=WAITING))["status"] == "stopped"
    assert len(sent(emulator, "StopJob")) == 1


@pytest.mark.parametrize(
    ("tool", "changes", "action", "status"),
    [
        ("stop_job", {}, "StopJob", "stopped"),
        ("update_job", {"description": "x"}, "UpdateJob", "applied"),
    ],
)
async def test_a_change_whose_answer_was_lost_is_looked_up_and_not_sent_again(
    agreeing, emulator, tool, changes, action, status
) -> None:
    emulator.faults.add(Fault(action, "lost_response"))
    found = await agreeing.facts(tool, job_id=RUNNING, **changes)
    assert found["status"] == status
    assert len(sent(emulator, action)) == 1


@pytest.mark.parametrize(
    ("tool", "changes", "action"), [("stop_job", {}, "StopJob"), ("update_job", {"description": "x"}, "UpdateJob")]
)
async def test_a_missing_permission_is_named(agreeing, emulator, tool, changes, action) -> None:
    emulator.faults.add(Fault(action, "no_permission"))
    error = await agreeing.error(tool, job_id=RUNNING, **changes)
    assert f"paidlc:{action} or pai:{action}" in error
    assert len(sent(emulator, action)) == 1


async def test_a_job_that_neither_runs_nor_queues_is_not_stopped_and_nobody_is_asked(connect, emulator) -> None:
    agent = connect()
    job = await agent.job()
    emulator.clock.advance(1)
    found = await agent.facts("stop_job", job_id=job)
    assert (found["status"], found["job_status"]) == ("not_executed", "Creating")
    assert "only a Running or Queuing job can be stopped" in found["reason"]
    assert "confirmation_token" not in found
    assert len(sent(emulator, "StopJob")) == 0


async def test_a_job_that_holds_resources_is_stopped_only_where_the_operator_lets_its_user_be_asked(
    connect, emulator
) -> None:
    job = await connect().job()
    emulator.clock.advance(60)
    denied = await connect().facts("stop_job", job_id=job)
    assert (denied["status"], denied["job_status"]) == ("not_executed", "EnvPreparing")
    assert "stop_preparing is denied unless the operator sets PAI_DLC_EFFECTS" in denied["reason"]
    assert job in denied["console"]
    assert "confirmation_token" not in denied
    agent = connect(effects="stop_preparing=confirm")
    asked = await agent.facts("stop_job", job_id=job)
    assert "this one holds resources and is neither" in asked["question"]
    assert len(sent(emulator, "StopJob")) == 0
    done = await agent.facts("stop_job", job_id=job, confirmation_token=asked["confirmation_token"])
    assert (done["status"], len(sent(emulator, "StopJob"))) == ("stopped", 1)
