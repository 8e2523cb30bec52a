"""What holds a job in its queue, in words."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.quotas import Diagnosis
from pai_dlc_mcp.server.rules.queueing import blocked_by, demand, never_skipped, strategy
from pai_dlc_mcp.server.rules.resources import Resources

ASKED = Resources(128, 1536, 16000)


def found(*, placement: dict[str, Any] | None = None, **limits: Any) -> list[str]:
    body = {"ResourceDiagnosis": limits, **({"SchedulingDiagnosis": placement} if placement else {})}
    return list(blocked_by(Diagnosis.model_validate(body), ASKED))


def failed(**more: Any) -> dict[str, Any]:
    return {"Status": "Failed", **more}


def test_a_limit_is_named_with_its_figures_and_the_gap() -> None:
    limit = failed(ExceedResources=["GPU", "Memory"], Used={"GPU": "128", "Memory": "4272Gi"},
                   Limit={"GPU": "144", "Memory": "20000Gi"})  # fmt: skip
    assert found(SelfQuotaLimit=limit) == [
        "limit of the quota: GPU 128 of 144 used, 128 asked, 112 short; "
        "Memory 4272Gi of 20000Gi used, 16000 GiB asked, 272 GiB short"
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SelfQuotaLimit", "limit of the quota"),
        ("AncestorQuotaLimit", "limit of a quota above it"),
        ("UserLimit", "limit of its user"),
        ("QueueStrategyLimit", "strategy: jobs ahead of it wait too"),
        ("SomethingNew", "SomethingNew"),
    ],
)
def test_each_limit_has_its_words_and_a_passed_one_none(name: str, said: str) -> None:
    assert found(**{name: failed()}) == [said]
    assert found(**{name: {"Status": "Succeeded"}})[0].startswith("nothing: quota, user limit and nodes have room")


def test_jobs_ahead_are_named_up_to_ten() -> None:
    (said,) = found(QueueStrategyLimit=failed(WorkloadIds=[f"dlc{n}" for n in range(12)]))
    assert said.endswith("dlc8, dlc9, and 2 more")


def test_nodes_are_counted_by_why_they_do_not_fit() -> None:
    placement = failed(TaskNum=16, SchedulableNum=2, UnschedulableNodes=[{"Reason": "OutOfGPU", "Nodes": ["a", "b"]}])
    assert found(placement=placement) == ["nodes: 2 of 16 pods have room", "OutOfGPU: 2 nodes"]


def test_what_a_job_asks_for_is_added_over_its_roles_and_pods() -> None:
    specs = [
        {"PodCount": 2, "ResourceConfig": {"GPU": "8", "CPU": "96", "Memory": "1000Gi"}},
        {"PodCount": 1, "ResourceConfig": {"CPU": "4"}},
    ]
    assert demand(Job.of({"JobSpecs": specs})) == Resources(16, 196, 2000)


@pytest.mark.parametrize(
    ("name", "words", "held_by_5", "held_by_7"),
    [
        ("PaiStrategyIntelligent", "never skipped", False, True),
        ("PaiStrategyFIFO", "holds all behind it", True, True),
        ("PaiStrategyRoundRobin", "is skipped", False, False),
        ("PaiStrategyBalance", "may be skipped", False, False),
        ("PaiStrategyNew", "PaiStrategyNew", False, False),
    ],
)
def test_a_strategy_is_told_in_words(name: str, words: str, held_by_5: bool, held_by_7: bool) -> None:
    told = strategy(name)
    assert told
    assert told.startswith(name)
    assert words in told
    assert (never_skipped(name, 5), never_skipped(name, 7)) == (held_by_5, held_by_7)
    assert strategy(None) is None


@pytest.mark.parametrize(
    ("used", "said"),
    [
        ("15", "GPU 15 of 144 used"),  # 128 fit, and more
        ("16", "GPU 16 of 144 used"),  # just
        ("17", "GPU 17 of 144 used, 128 asked, 1 short"),
        (None, "GPU"),
    ],
)
def test_the_gap_is_told_where_there_is_one(used: str | None, said: str) -> None:
    limit = failed(ExceedResources=["GPU"], Limit={"GPU": "144"}, Used={"GPU": used} if used else {})
    assert found(UserLimit=limit) == [f"limit of its user: {said}"]


def test_a_limit_of_another_kind_is_told_without_a_gap() -> None:
    limit = failed(ExceedResources=["Pods"], Limit={"Pods": "4"}, Used={"Pods": "4"}, WorkloadIds=["dlc1"])
    assert found(UserLimit=limit) == ["limit of its user: Pods 4 of 4 used; dlc1"]


def test_ten_jobs_ahead_are_all_named() -> None:
    (said,) = found(QueueStrategyLimit=failed(WorkloadIds=[f"dlc{n}" for n in range(10)]))
    assert said.endswith("dlc8, dlc9")


def test_under_the_intelligent_strategy_priority_7_is_the_first_that_is_never_skipped() -> None:
    assert [never_skipped("PaiStrategyIntelligent", priority) for priority in (6, 7)] == [False, True]
    assert not never_skipped(None, 9)
