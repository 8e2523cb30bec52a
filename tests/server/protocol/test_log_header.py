"""What is said above a log; whole answers stand in tests/goldens."""

from pai_dlc_mcp.server.budget.cursor import Cursor, Page
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.protocol.log_header import notes


def job_of(**pod: object) -> Job:
    """A job of one pod."""
    one = {"PodId": "dlc1k2j3h4g5f6d7-worker-2", "PodUid": "bbbb0000", "Status": "Failed", **pod}
    return Job.of({"JobId": "dlc1k2j3h4g5f6d7", "Status": "Failed", "Pods": [one]})


JOB = job_of()
POD = JOB.pods[0]
PLACE = Cursor("", "", 0, "")


def test_what_a_cursor_could_not_promise_is_said() -> None:
    said = {
        name: "\n".join(notes(JOB, POD, POD, Page(["x"], PLACE, **{name: True}), 0))
        for name in ("reset", "gap", "unsure")
    }
    assert said["reset"].startswith("reset: the pod was restarted")
    assert "were not found" in said["gap"] or "place was not found" in said["gap"]
    assert "may have been read before" in said["unsure"]
    assert "\n".join(notes(JOB, POD, POD, Page(["x"], PLACE), 0)) == ""


def test_a_restarted_pods_log_says_that_there_is_an_earlier_one_and_an_earlier_one_that_it_is() -> None:
    past = {
        "PodId": "dlc1k2j3h4g5f6d7-worker-2",
        "PodUid": "aaaa0000",
        "Status": "Failed",
        "GmtFinishTime": "2026-01-05T01:39:22Z",
    }
    job = job_of(Status="Running", HistoryPods=[past])
    now = job.pods[0]
    before = now.history[0]
    (said,) = notes(job, now, now, Page(["x"], PLACE), 0)
    assert said == (
        "Restarted once: previous=true reads the log before the last (uid aaaa0000, Failed at 2026-01-05T01:39:22Z)."
    )
    (said,) = notes(job, now, before, Page(["x"], PLACE), 0)
    assert said.startswith("An earlier incarnation (uid aaaa0000), Failed at 2026-01-05T01:39:22Z")
