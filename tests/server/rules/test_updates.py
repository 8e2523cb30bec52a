"""How many pods an update takes away, from the very specs that will be sent."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.updates import PodsChange, changes, removed_pods, shows


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


ELASTIC = {"EnableElasticTraining": True}
SPECS = [{"Type": "Worker", "PodCount": 2, "Image": "i"}, {"Type": "Master", "PodCount": 1}]


def quota_job(**more: Any) -> Job:
    return Job.of({"JobId": "dlc1", "ResourceId": "quota1", "Status": "Queuing", "JobSpecs": SPECS, **more})


def test_each_change_is_sent_in_the_apis_names_with_whole_specs() -> None:
    more = quota_job(ElasticSpec=ELASTIC, Accessibility="PRIVATE")
    four = [PodsChange(type="Worker", pod_count=4)]
    assert changes(more, 0, "PUBLIC", "", four) == {
        "Priority": 0,
        "Accessibility": "PUBLIC",
        "Description": "",
        "JobSpecs": [{"Type": "Worker", "PodCount": 4, "Image": "i"}, {"Type": "Master", "PodCount": 1}],
    }
    scaled = quota_job(JobSpecs=[{"Type": "Worker", "PodCount": 2, "AutoScalingSpec": {"ScalingStrategy": "a"}}])
    assert list(changes(scaled, None, None, None, four)) == ["JobSpecs"]


@pytest.mark.parametrize(
    ("job", "arguments", "code", "said"),
    [
        (quota_job(ResourceId=""), (1, None, None, None), "PriorityNotApplicable", "is pay-as-you-go"),
        (quota_job(Status="Running"), (1, None, None, None), "PriorityNotApplicable",
         "is Running: its priority can change only in Creating, Queuing, EnvPreparing."),
        (quota_job(Accessibility="PUBLIC"), (None, "PRIVATE", None, None), "AccessibilityNotApplicable", "is PUBLIC"),
        (quota_job(), (None, None, None, [PodsChange(type="Worker", pod_count=1)]), "SpecsNotApplicable", "elastic"),
        (quota_job(ElasticSpec=ELASTIC),
         (None, None, None, [PodsChange(type="PS", pod_count=1), PodsChange(type="Chief", pod_count=1)]), "NoSuchRole",
         "has no role Chief, PS."),
        (quota_job(Accessibility="PRIVATE"), (None, "PRIVATE", None, []), "NothingToChange", "nothing to change"),
    ],
)  # fmt: skip
def test_what_the_service_would_ignore_is_refused(job: Job, arguments: Any, code: str, said: str) -> None:
    with pytest.raises(Failure) as refused:
        changes(job, *arguments)
    assert refused.value.code == code
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "there"),
    [
        ("Priority", 3, True),
        ("Priority", 4, False),
        ("Accessibility", "PUBLIC", True),
        ("Accessibility", "PRIVATE", False),
        ("Description", "words", True),
        ("Description", "", False),
        ("JobSpecs", SPECS, True),
        ("JobSpecs", [{**SPECS[0], "PodCount": 4}, SPECS[1]], False),
        ("JobSpecs", SPECS[:1], False),
    ],
)
def test_a_change_is_there_when_the_job_shows_it(name: str, value: Any, there: bool) -> None:
    assert shows(quota_job(Priority=3, Accessibility="PUBLIC", Description="words"), name, value) is there
