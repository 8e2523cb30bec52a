"""A pod before and after its restarts."""

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.incarnations import earlier, exit_code, exits, first_to_fall, of_uid, previous


def life(
    pod_id: str, uid: str, minute: int, status: str = "Failed", history: tuple[dict[str, object], ...] = ()
) -> dict[str, object]:
    """One incarnation that lived for a minute."""
    return {
        "PodId": pod_id,
        "PodUid": uid,
        "Status": status,
        "GmtCreateTime": f"2026-01-05T02:{minute:02d}:00Z",
        "GmtFinishTime": f"2026-01-05T02:{minute + 1:02d}:00Z",
        "HistoryPods": list(history),
    }


def job_of(*pods: dict[str, object]) -> Job:
    return Job.of({"JobId": "dlc1", "Pods": list(pods)})


MASTER = life("dlc1-master-0", "m3", 30, "Running", (life("dlc1-master-0", "m1", 1), life("dlc1-master-0", "m2", 20)))
WORKER = life("dlc1-worker-0", "w2", 30, "Running", (life("dlc1-worker-0", "w1", 19),))
JOB = job_of(MASTER, WORKER, life("dlc1-worker-1", "x1", 1, "Running"))


def test_the_latest_incarnation_is_the_previous_one_however_they_are_listed() -> None:
    pod = JOB.pods[0]
    assert [one.uid for one in earlier(pod)] == ["m2", "m1"]
    assert previous(pod).uid == "m2"
    turned = job_of({**MASTER, "HistoryPods": list(reversed(MASTER["HistoryPods"]))}).pods[0]  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert previous(turned).uid == "m2"


def test_of_restarted_pods_the_one_that_failed_first_led_to_it() -> None:
    first = first_to_fall(JOB)
    assert first
    assert first.pod_id == "dlc1-worker-0"
    stopped = {**WORKER, "HistoryPods": [life("dlc1-worker-0", "w1", 19, "Succeeded")]}
    again = first_to_fall(job_of(MASTER, stopped))
    assert again
    assert again.pod_id == "dlc1-master-0"
    assert first_to_fall(job_of(life("dlc1-worker-1", "x1", 1))) is None


def test_an_incarnation_that_never_was_is_refused_with_those_there_were() -> None:
    assert of_uid(JOB.pods[0], "m1").uid == "m1"
    assert of_uid(JOB.pods[0], "m3") is JOB.pods[0]
    with pytest.raises(Failure, match="no incarnation zz") as refused:
        of_uid(JOB.pods[0], "zz")
    assert refused.value.fix == "Its uids, the newest first: m3, m2, m1."
    with pytest.raises(Failure, match="never restarted"):
        previous(JOB.pods[2])


EVENTS = [
    "2026-01-05 10:19:58 Created pod: dlc1-worker-0",
    "2026-01-05 10:20:02 Pod: t1234567890.dlc1-worker-0 exited with code 137",
    "2026-01-05 10:20:40 Pod: t1234567890.dlc1-worker-0 exited with code 1",
    "2026-01-05 10:20:00 Pod: t1234567890.dlc1-master-0 exited with code 143",
]


@pytest.mark.parametrize(
    ("pod_id", "finished", "code"),
    [
        ("dlc1-worker-0", "2026-01-05T02:20:00Z", 137),
        ("dlc1-worker-0", "2026-01-05T02:20:39Z", 1),
        ("dlc1-worker-0", "2026-01-05T02:19:02Z", 137),
        ("dlc1-worker-0", "2026-01-05T02:19:01Z", None),
        ("dlc1-worker-1", "2026-01-05T02:20:00Z", None),
        ("dlc1-worker-0", None, None),
    ],
)
def test_an_exit_code_is_of_the_event_nearest_to_the_end_within_a_minute(
    pod_id: str, finished: str | None, code: int | None
) -> None:
    pod = Pod.model_validate({"PodId": pod_id, "GmtFinishTime": finished})
    assert exit_code(exits(EVENTS), pod_id, pod) == code
