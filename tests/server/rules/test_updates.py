"""How many pods an update takes away, from the very specs that will be sent."""

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.rules.updates import changes, removed_pods


def job(*counts: int, running: int = 0) -> Job:
    specs = [{"Type": "Worker", "PodCount": count} for count in counts]
    pods = [{"PodId": f"dlc-worker-{n}", "Status": "Running"} for n in range(running)]
    return Job.of({"JobId": "dlc", "JobSpecs": specs, "Pods": pods})


@pytest.mark.parametrize(
    ("now", "running", "sent", "removed"),
    [
        ((4,), 4, (2,), 2),
        ((4,), 4, (4,), 0),
        ((4,), 4, (6,), 0),
        ((4, 1), 5, (2, 2), 2),  # one role twice: one spec shrinks although another grows
        ((4, 1), 5, (2, 1), 2),
        ((2,), 5, (2,), 3),  # an elastic job runs more than its specs say
        ((2,), 5, (4,), 1),
        ((2, 2), 0, (0, 0), 4),
    ],
)
def test_pods_that_go_are_counted_by_spec_and_by_what_runs(now, running, sent, removed) -> None:
    assert removed_pods(job(*now, running=running), [{"PodCount": count} for count in sent]) == removed


def test_a_visibility_that_the_job_has_already_is_not_sent() -> None:
    private = Job.of({"JobId": "dlc1", "Accessibility": "PRIVATE"})
    assert changes(private, None, "PUBLIC", None, None) == {"Accessibility": "PUBLIC"}
    assert changes(private, None, "PRIVATE", "words", None) == {"Description": "words"}
