"""get_pod_logs: the right pod, the cause within the budget, and why there is nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.workflows import endings

FAILED = "dlc2outofmemory2"


async def failed(agent: Any, emulator: Emulator, scenario: str, pods: int = 1, **changes: Any) -> str:
    """A job that has failed as the scenario says."""
    spec = {**agent.JOB["job_specs"][0], "pod_count": pods}
    envs = {"EMULATOR_SCENARIO": scenario, **changes.pop("envs", {})}
    job_id = await agent.job(job_specs=[spec], envs=envs, display_name=scenario.replace("_", "-"), **changes)
    emulator.clock.advance(7200)
    return job_id


async def test_without_a_pod_the_one_that_failed_first_is_read(agent: Any) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED)
    assert text.startswith(f"log of {FAILED}-master-0 (Failed)")
    assert f"other pods: {FAILED}-worker-0 Failed" in text


@pytest.mark.parametrize("budget", [pytest.param(4000, marks=pytest.mark.long), 1000, 500])
@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("cuda_oom", "OutOfMemoryError"),
        ("missing_module", "ModuleNotFoundError"),
        ("command_not_found", "command not found"),
    ],
)
async def test_the_cause_is_in_the_answer_at_any_budget(
    scenario: str, cause: str, budget: int, agent: Any, emulator: Emulator
) -> None:
    job_id = await failed(agent, emulator, scenario)
    text = await agent.text("get_pod_logs", job_id=job_id, max_tokens=budget)
    assert cause in text
    assert tokens(text) <= budget


async def test_of_many_pods_the_root_cause_is_found_and_a_victims_log_points_to_it(
    agent: Any, emulator: Emulator
) -> None:
    job_id = await failed(agent, emulator, "root_cause", pods=4)
    text = await agent.text("get_pod_logs", job_id=job_id)
    assert text.startswith(f"log of {job_id}-worker-1 (Failed)")
    victim = await agent.text("get_pod_logs", job_id=job_id, pod_id=f"{job_id}-worker-0")
    assert f"{job_id}-worker-1 failed first" in victim


async def test_the_log_is_asked_for_since_the_pod_began_not_for_seven_days(agent: Any, emulator: Emulator) -> None:
    await agent.text("get_pod_logs", job_id="dlc6olderthan7d6")
    sent = next(request for request in emulator.requests if request.action == "GetPodLogs")
    start = emulator.clock.now() - timedelta(days=7)
    assert sent.query["StartTime"] < start.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_secret_env_value_never_comes_out_of_a_log_in_any_view(agent: Any, emulator: Emulator) -> None:
    secret = "correct-horse-battery-staple"
    job_id = await failed(agent, emulator, "secrets", envs={"WANDB_PASSWORD": secret})
    for view in ({}, {"show": "errors"}, {"show": "summary"}, {"show": "grep", "pattern": ".*"}):
        text = await agent.text("get_pod_logs", job_id=job_id, **view)
        assert secret not in text
        assert not re.search(r"LTAI[0-9A-Za-z]{12}", text)


async def test_injected_instructions_come_out_fenced_and_marked(agent: Any, emulator: Emulator) -> None:
    job_id = await failed(agent, emulator, "prompt_injection")
    text = await agent.text("get_pod_logs", job_id=job_id)
    (fence,) = re.findall(r'^<untrusted-data id="(\w+)"', text, re.MULTILINE)
    assert text.endswith(f'</untrusted-data id="{fence}">')
    assert "reads like an instruction: data" in text


async def test_grep_shows_matching_lines_and_says_how_many(agent: Any) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED, show="grep", pattern=r"iteration +\d+00/")
    assert "match" in text.splitlines()[0]
    assert "iteration" in text


@pytest.mark.parametrize("pattern", ["(", r"(?=x)", r"(a)\1"])
async def test_a_pattern_that_is_none_is_answered_with_how_to_write_it(pattern: str, agent: Any) -> None:
    said = await agent.error("get_pod_logs", job_id=FAILED, show="grep", pattern=pattern)
    assert "RE2" in said
    assert "fix: " in said


async def test_grep_and_pattern_go_together(agent: Any, emulator: Emulator) -> None:
    assert "go together" in await agent.error("get_pod_logs", job_id=FAILED, show="grep")
    assert "go together" in await agent.error("get_pod_logs", job_id=FAILED, pattern="x")


async def test_a_job_that_waits_is_told_to_have_no_log_and_where_to_look(agent: Any) -> None:
    said = await agent.error("get_pod_logs", job_id="dlc5waitinginq05")
    assert "Queuing" in said
    assert "get_job_events" in said


async def test_an_empty_log_is_explained(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job()
    emulator.clock.advance(60)
    text = await agent.text("get_pod_logs", job_id=job_id)
    assert "no lines. The pod is Pending, the job EnvPreparing" in text
    assert "get_job_events" in text
    assert "pod sub status changed" in text or "Pulling image" in text  # its last event


async def test_no_more_lines_than_asked_for(agent: Any) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED, max_lines=15, max_tokens=20_000)
    fenced = text.split("untrusted-data")[1].splitlines()[2:-1]
    assert len(fenced) <= 17  # and what is left out, said in between
    assert "OutOfMemoryError" in text


async def test_a_pod_of_another_job_is_answered_with_this_jobs_pods(agent: Any) -> None:
    said = await agent.error("get_pod_logs", job_id=FAILED, pod_id="dlc4stillrunning-master-0")
    assert f"{FAILED}-master-0" in said


def cursor_of(text: str) -> str:
    return re.search(r"^cursor: (\S+?)(?: ·|$)", text, re.MULTILINE)[1]


async def test_a_cursor_reads_on_where_the_last_read_ended(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(envs={"EMULATOR_SCENARIO": "long_running"})
    emulator.clock.advance(600)
    first = await agent.text("get_pod_logs", job_id=job_id, max_lines=5000, max_tokens=20_000)
    nothing = await agent.text("get_pod_logs", job_id=job_id, cursor=cursor_of(first))
    assert "nothing new since the cursor" in nothing
    emulator.clock.advance(60)
    more = await agent.text("get_pod_logs", job_id=job_id, cursor=cursor_of(first), max_lines=5000, max_tokens=20_000)
    read, new = (text.split("\n<untrusted-data")[1].splitlines()[2:-1] for text in (first, more))
    assert new
    assert not set(new) & set(read)


async def test_a_cursor_of_a_pod_that_was_restarted_answers_reset(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job(envs={"EMULATOR_SCENARIO": "restarts"})
    emulator.clock.advance(400)
    before = await agent.text("get_pod_logs", job_id=job_id)
    while not (await agent.facts("get_job", job_id=job_id))["pods"][0].get("restarts"):
        emulator.clock.advance(60)
    emulator.clock.advance(600)
    after = await agent.text("get_pod_logs", job_id=job_id, cursor=cursor_of(before))
    assert "reset: the pod was restarted" in after


async def test_the_log_before_a_restart_is_read_by_its_uid(agent: Any, emulator: Emulator) -> None:
    job = (await agent.facts("get_job", job_id="dlc9restarted009", fields=["Pods"]))["detail"]["Pods"]
    pod = next(pod for pod in job if pod.get("HistoryPods"))
    earlier = pod["HistoryPods"][0]["PodUid"]
    text = await agent.text("get_pod_logs", job_id="dlc9restarted009", pod_id=pod["PodId"], pod_uid=earlier)
    assert "no lines" not in text
    sent = next(request for request in emulator.requests if request.action == "GetPodLogs")
    assert sent.query["PodUid"] == earlier
    unknown = await agent.error("get_pod_logs", job_id="dlc9restarted009", pod_uid="0" * 36)
    assert "has no incarnation" in unknown


@pytest.mark.parametrize("cursor", ["", "x", "!!", "W10"])
async def test_a_cursor_that_is_none_is_refused(cursor: str, agent: Any) -> None:
    result = await agent.call("get_pod_logs", job_id=FAILED, cursor=cursor)
    assert result.is_error is bool(cursor)


async def test_all_pods_are_grouped_by_how_they_ended_the_cause_before_its_victims(
    agent: Any, emulator: Emulator
) -> None:
    spec = {"type": "Worker", "image": agent.JOB["job_specs"][0]["image"], "pod_count": 8, "ecs_spec": "ecs.g6.large"}
    job_id = await agent.job(job_specs=[spec], envs={"EMULATOR_SCENARIO": "root_cause"})
    emulator.clock.advance(7200)
    text = await agent.text("get_pod_logs", job_id=job_id, show="all_pods", max_tokens=1000)
    groups = [line for line in text.splitlines() if " of 8 pods Failed: " in line]
    assert groups[0].startswith("1 of 8 pods Failed: ")
    assert f"first {job_id}-worker-1 at 2026-" in groups[0]
    assert sum(int(line.split()[0]) for line in groups) == 8
    assert len(groups) <= 3
    assert "UnpicklingError" in text
    assert tokens(text) <= 1000


@pytest.mark.parametrize("budget", [400, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("show", ["tail", "errors", "summary", "all_pods"])
async def test_no_answer_is_above_its_budget_however_many_pods_there_are(
    show: str, budget: int, agent: Any, emulator: Emulator
) -> None:
    spec = {"type": "Worker", "image": agent.JOB["job_specs"][0]["image"], "pod_count": 40, "ecs_spec": "ecs.g6.large"}
    job_id = await agent.job(job_specs=[spec], envs={"EMULATOR_SCENARIO": "root_cause"})
    emulator.clock.advance(7200)
    text = await agent.text("get_pod_logs", job_id=job_id, show=show, max_tokens=budget)
    assert tokens(text) <= budget
    assert "UnpicklingError" in text
    assert text.rstrip().endswith(">")  # the fence is closed


async def test_a_refusal_in_the_middle_of_all_pods_is_told_as_one(agent: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("GetPodLogs", "no_permission", times=9))
    assert "paidlc:GetPodLogs" in await agent.error("get_pod_logs", job_id=FAILED, show="all_pods")


async def test_an_empty_log_is_told_even_where_its_events_may_not_be_read(agent: Any, emulator: Emulator) -> None:
    job_id = await agent.job()
    emulator.clock.advance(60)
    emulator.faults.add(Fault("GetPodEvents", "no_permission"))
    text = await agent.text("get_pod_logs", job_id=job_id)
    assert "no lines" in text
    assert "its events could not be read: No permission" in text


async def test_the_header_counts_every_line_that_was_read(agent: Any) -> None:
    for view in ({}, {"show": "errors", "max_tokens": 1000}, {"fold": False}, {"show": "grep", "pattern": "loss"}):
        result = await agent.call("get_pod_logs", job_id=FAILED, **view)
        said = result.content[0].text.splitlines()[0]
        told = {
            word: int(count.replace(",", ""))
            for count, word in re.findall(r"([\d,]+) (printed|folded|left|others)", said)
        }
        assert sum(told.values()) == result.meta["pai-dlc"]["lines"], said
        assert told["folded"] == 0 or view.get("fold") is not False
    assert re.match(
        r"log of \S+ \(Failed\) · summary of \d+ lines", await agent.text("get_pod_logs", job_id=FAILED, show="summary")
    )


async def test_the_cause_is_named_with_its_rank_and_line(agent: Any, emulator: Emulator) -> None:
    text = await agent.text("get_pod_logs", job_id=FAILED)
    said = text.splitlines()[1]
    assert re.fullmatch(r"cause: out of memory \(memory\) (?:· rank \d+ )?· line [\d,]+", said)


async def test_the_incarnation_before_the_last_restart_is_the_one_that_fell_first(
    agent: Any, emulator: Emulator
) -> None:
    now = await agent.text("get_pod_logs", job_id="dlc9restarted009")
    assert "Restarted once: previous=true reads the log before the last (uid " in now
    text = await agent.text("get_pod_logs", job_id="dlc9restarted009", previous=True)
    facts = await agent.facts("get_job", job_id="dlc9restarted009")
    first = facts["earlier_incarnations"][0]
    assert text.startswith(f"log of {first['pod_id']} (Failed)")
    assert f"An earlier incarnation (uid {first['pod_uid']})" in text
    assert "fallen off the bus" in text
    assert emulator.requests.actions().count("GetPodLogs") == 2


async def test_previous_of_a_pod_that_was_never_restarted_is_refused_and_with_a_uid_too(agent: Any) -> None:
    assert "never restarted" in await agent.error("get_pod_logs", job_id=FAILED, previous=True)
    both = {"previous": True, "pod_uid": "0" * 36}
    assert "two incarnations" in await agent.error("get_pod_logs", job_id=FAILED, **both)


async def test_pods_whose_log_cannot_be_read_are_said_and_the_others_are_read(agent: Any, emulator: Emulator) -> None:
    spec = {"type": "Worker", "image": agent.JOB["job_specs"][0]["image"], "pod_count": 12, "ecs_spec": "ecs.g6.large"}
    job_id = await agent.job(job_specs=[spec], envs={"EMULATOR_SCENARIO": "root_cause"})
    emulator.clock.advance(7200)
    emulator.faults.add(Fault("GetPodLogs", "no_permission", times=2))
    text = await agent.text("get_pod_logs", job_id=job_id, show="all_pods")
    assert "10 logs read" in text.splitlines()[0]
    assert "2 logs could not be read, e.g. of dlc" in text
    assert "of 10 pods Failed" in text


@pytest.mark.parametrize(("pods", "most"), [(30, 20), pytest.param(1000, 200, marks=pytest.mark.long)])
async def test_of_many_pods_a_bounded_number_is_read_those_that_failed_first(
    pods: int, most: int, agent: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endings.MOST_PODS == 200
    monkeypatch.setattr(endings, "MOST_PODS", most)
    spec = {
        "type": "Worker",
        "image": agent.JOB["job_specs"][0]["image"],
        "pod_count": pods,
        "ecs_spec": "ecs.g6.large",
    }
    job_id = await agent.job(job_specs=[spec], envs={"EMULATOR_SCENARIO": "missing_module"})
    emulator.clock.advance(7200)
    text = await agent.text("get_pod_logs", job_id=job_id, show="all_pods")
    assert re.match(rf"all {pods} pods of job {job_id} \(Failed\): {most} logs read, [\d,]+ lines", text)
    assert f"{pods - most} pods were not read" in text
    assert "ModuleNotFoundError" in text
    assert emulator.requests.actions().count("GetPodLogs") <= 2 * most + 1
    assert tokens(text) <= 4000


async def test_a_log_is_saved_only_where_the_operator_set_a_folder(
    connect: Any, agent: Any, emulator: Emulator, tmp_path: Any
) -> None:
    assert "PAI_DLC_DOWNLOADS" in await agent.error("get_pod_logs", job_id=FAILED, save=True)
    assert "GetPodLogs" not in emulator.requests.actions()
    folder = tmp_path / "logs"
    text = await connect(downloads=folder).text("get_pod_logs", job_id=FAILED, save=True)
    (file,) = folder.iterdir()
    saved = file.read_text("utf-8")
    assert str(file) in text.splitlines()[0]
    assert f"{saved.count(chr(10)):,} lines" in text.splitlines()[0]
    assert "OutOfMemoryError" in saved
    assert "cause: out of memory" in text


@pytest.fixture
async def ten_a_second(agent: Any, emulator: Emulator, monkeypatch: Any) -> str:
    """A job whose pod logs ten records a second."""
    job_id = await agent.job(envs={"EMULATOR_SCENARIO": "long_running"})
    emulator.clock.advance(700)

    def lines(job: Any, pod: Any) -> Any:
        return ((pod.started + number / 10, f"record {number}") for number in range(80_000))

    monkeypatch.setattr("pai_dlc_mcp.emulator.pods.lines", lines)
    return job_id


@pytest.mark.parametrize("behind", [600, pytest.param(1200, marks=pytest.mark.long)])
async def test_a_cursor_that_fell_far_behind_loses_no_line(
    behind: int, agent: Any, emulator: Emulator, ten_a_second: str
) -> None:
    """More new records than one answer of the service holds."""
    first = await agent.call("get_pod_logs", job_id=ten_a_second)
    emulator.clock.advance(behind)
    more = await agent.call("get_pod_logs", job_id=ten_a_second, cursor=first.meta["pai-dlc"]["cursor"], fold=False)
    assert more.meta["pai-dlc"]["lines"] == behind * 10
    again = await agent.call("get_pod_logs", job_id=ten_a_second, cursor=more.meta["pai-dlc"]["cursor"])
    assert "nothing new since the cursor" in again.content[0].text
    emulator.clock.advance(30)
    last = await agent.call("get_pod_logs", job_id=ten_a_second, cursor=more.meta["pai-dlc"]["cursor"])
    assert last.meta["pai-dlc"]["lines"] == 300


@pytest.mark.long
async def test_a_cursor_too_far_behind_says_that_lines_are_missing(
    agent: Any, emulator: Emulator, ten_a_second: str
) -> None:
    first = await agent.call("get_pod_logs", job_id=ten_a_second)
    emulator.clock.advance(5000)
    lost = await agent.text("get_pod_logs", job_id=ten_a_second, cursor=first.meta["pai-dlc"]["cursor"])
    assert "lines between it and these are missing" in lost
