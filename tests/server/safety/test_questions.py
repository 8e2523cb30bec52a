"""What a question says of what would be done, and what changes the state that a yes is bound to."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.tensorboards import Tensorboard
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.questions import Unanswered
from pai_dlc_mcp.server.safety.types import Preview

REGION = "cn-hangzhou"
BODY: dict[str, Any] = {
    "JobId": "dlc1",
    "DisplayName": "resnet",
    "Status": "Running",
    "UserId": "u",
    "WorkspaceId": "1",
    "GmtModifiedTime": "2026-01-05T01:00:00Z",
    "GmtRunningTime": "2026-01-05T00:30:00Z",
    "RequestGPU": 8,
    "JobSpecs": [{"Type": "Worker", "PodCount": 2}],
    "Pods": [{"PodId": "dlc1-worker-0", "PodUid": "a", "Status": "Running"}],
}


def job(**changes: Any) -> Job:
    return Job.of({**BODY, **changes})


ONE: dict[str, Any] = {"JobSpecs": [{"Type": "Worker", "PodCount": 1}], "RequestGPU": 1}
ENDED = {"Status": "Failed", "GmtFinishTime": "2026-01-05T02:00:00Z"}
RUNS = 'Job dlc1 ("resnet") is currently Running.'
SIZE = " It has 2 pods with 8 GPUs in all, running since 2026-01-05T00:30:00Z."
UNSEEN = "was sent at 2026-01-05T01:00:00+00:00 and not answered, and no job shows it."
LOST = Unanswered("id-1", "a <b>", "1", "2026-01-05T01:00:00+00:00")


@pytest.mark.parametrize(
    ("preview", "effects", "facts"),
    [
        (
            questions.stop(job(), REGION),
            ("stop_running",),
            f"{RUNS}{SIZE}",
        ),
        (
            questions.stop(job(Status="Queuing", GmtRunningTime="", **ONE), REGION),
            ("stop_queued",),
            'Job dlc1 ("resnet") is currently Queuing. It has 1 pod with 1 GPU in all.',
        ),
        (
            questions.stop_preparing(job(Status="EnvPreparing", GmtRunningTime="", RequestGPU=0), REGION),
            ("stop_preparing",),
            'Job dlc1 ("resnet") is currently EnvPreparing. It has 2 pods.',
        ),
        (
            questions.delete(job(**ENDED), REGION),
            ("delete",),
            'Job dlc1 ("resnet") is currently Failed. It had 2 pods with 8 GPUs in all, which ran from '
            "2026-01-05T00:30:00Z to 2026-01-05T02:00:00Z.",
        ),
        (
            questions.delete(job(Status="Stopped", RequestGPU=0.5), REGION),
            ("delete",),
            'Job dlc1 ("resnet") is currently Stopped. It had 2 pods with 0.5 GPUs in all, which ran from '
            "2026-01-05T00:30:00Z.",
        ),
        (
            questions.stop_many([job(JobId="dlc2"), job(Status="Queuing", RequestGPU=None, JobSpecs=[])], REGION),
            ("stop_many", "stop_running", "stop_queued"),
            '2 jobs: dlc2 ("resnet") Running, 2 pods with 8 GPUs in all; dlc1 ("resnet") Queuing, 0 pods. 2 pods and '
            "8 GPUs would be freed.",
        ),
        (
            questions.create_again([LOST, LOST._replace(request_id="id-2", name="b")], REGION),
            ("create_again",),
            f'CreateJob of "a ‹b›" in workspace 1 (request id-1) {UNSEEN} '
            f'CreateJob of "b" in workspace 1 (request id-2) {UNSEEN}',
        ),
        (
            questions.spend(["a", "b"], "2 pods, 2 GPUs", ["one", "two"], REGION, "{}"),
            ("spend",),
            "Creating a, b (2 pods, 2 GPUs). one; two.",
        ),
        (
            questions.update(job(Accessibility=None), REGION, public=True, removed=1),
            ("shrink", "make_public"),
            f"{RUNS}{SIZE} The change removes 1 pod. It is PRIVATE in workspace 1.",
        ),
        (
            questions.update(job(), REGION, public=False, removed=2),
            ("shrink",),
            f"{RUNS}{SIZE} The change removes 2 pods.",
        ),
        (
            questions.share_terminal(job(), REGION, "dlc1-worker-0", True),
            ("share_terminal",),
            f"{RUNS} A web terminal of pod dlc1-worker-0: a link that works once for anyone, valid for 30 s.",
        ),
        (
            questions.share_terminal(job(), REGION, "dlc1-worker-0", False),
            ("share_terminal",),
            f"{RUNS} A web terminal of pod dlc1-worker-0: a link, valid for 30 s.",
        ),
        (
            questions.share_token("job", "dlc1", REGION, 3600, "that runs", "s"),
            ("share_token",),
            "A sharing token for job dlc1 that runs, valid for 3,600 s.",
        ),
        (
            questions.share_token("job", "dlc1", REGION, 60, "", "s"),
            ("share_token",),
            "A sharing token for job dlc1, valid for 60 s.",
        ),
        (
            questions.send_signal(job(), REGION, "SIGUSR1", ["Worker", "Master"]),
            ("send_signal",),
            f"{RUNS}{SIZE} SIGUSR1 goes to Worker, Master.",
        ),
        (
            questions.send_signal(job(), REGION, "SIGKILL", []),
            ("send_signal", "stop_running"),
            f"{RUNS}{SIZE} SIGKILL goes to all its pods.",
        ),
    ],
)
def test_a_question_tells_the_facts(preview: Preview, effects: tuple[str, ...], facts: str) -> None:
    assert (preview.effects, preview.facts) == (effects, facts)


def test_an_update_that_takes_nothing_away_and_shows_nothing_asks_nothing() -> None:
    assert questions.update(job(), REGION, public=False, removed=0) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"JobId": "dlc2"},
        {"Status": "Queuing"},
        {"GmtModifiedTime": "2026-01-05T01:00:01Z"},
        {"UserId": "v"},
        {"GmtRunningTime": "2026-01-05T00:30:01Z"},
        {"Pods": []},
        {"Pods": [{"PodId": "dlc1-worker-0", "PodUid": "b", "Status": "Running"}]},
        {"Pods": [{"PodId": "dlc1-worker-0", "PodUid": "a", "Status": "Failed"}]},
    ],
)
def test_a_yes_to_a_job_is_to_the_job_as_it_was_shown(changes: dict[str, Any]) -> None:
    assert questions.state_of(job(**changes)) != questions.state_of(job())


def test_the_order_of_pods_and_jobs_is_no_other_state() -> None:
    pods = [*BODY["Pods"], {"PodId": "dlc1-worker-1"}]
    assert questions.state_of(job(Pods=pods)) == questions.state_of(job(Pods=pods[::-1]))
    two = [job(), job(JobId="dlc2")]
    assert questions.stop_many(two, REGION).state == questions.stop_many(two[::-1], REGION).state
    assert questions.stop_many(two[::-1], REGION).ids == ("dlc1", "dlc2")


def token(seconds: int, state: str) -> Preview:
    return questions.share_token("job", "dlc1", REGION, seconds, "", state)


def signal(name: str, *to: str) -> Preview:
    return questions.send_signal(job(), REGION, name, to)


BOARD = Tensorboard.model_validate(
    {"TensorboardId": "tb1", "Status": "Running", "GmtModifyTime": "2026-01-05T01:00:00Z"}
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (questions.share_terminal(job(), REGION, "p", True), questions.share_terminal(job(), REGION, "p", False)),
        (
            questions.share_token("job", "d", REGION, 60, "", "s"),
            questions.share_token("job", "d", REGION, 61, "", "s"),
        ),
        (
            questions.share_token("job", "d", REGION, 60, "", "s"),
            questions.share_token("job", "d", REGION, 60, "", "t"),
        ),
        (signal("SIGINT"), signal("SIGTERM")),
        (
            questions.send_signal(job(), REGION, "SIGINT", []),
            questions.send_signal(job(), REGION, "SIGINT", ["Worker"]),
        ),
        (questions.share_url(BOARD, REGION, 60), questions.share_url(BOARD, REGION, 61)),
        (questions.create_again([LOST], REGION), questions.create_again([LOST._replace(sent="later")], REGION)),
        (questions.create_again([LOST], REGION), questions.create_again([LOST, LOST], REGION)),
        (questions.spend(["a"], "", [], REGION, "{}"), questions.spend(["a"], "", [], REGION, "[]")),
        (questions.sweep("d", "f", REGION, "k"), questions.sweep("d", "f", REGION, "l")),
    ],
)
def test_each_part_of_what_is_asked_is_part_of_the_state(one: Preview, other: Preview) -> None:
    assert one.state != other.state


def test_receivers_in_another_order_are_the_same() -> None:
    assert signal("SIGINT", "Worker", "Master").state == signal("SIGINT", "Master", "Worker").state


def test_two_reasons_are_one_question_with_the_effects_of_both() -> None:
    first, second = questions.create_again([LOST], REGION), questions.spend(["a"], "1 pod", ["near"], REGION, "{}")
    both = questions.both(first, second)
    assert (both.effects, both.facts) == (("create_again", "spend"), f"{first.facts} {second.facts}")
    assert both.state not in (first.state, second.state)
    assert questions.both(first, None) is first
