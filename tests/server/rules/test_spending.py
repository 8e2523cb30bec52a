"""How a job of the account counts for the operator's limits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.prices import PriceTable
from pai_dlc_mcp.server.rules.spending import Figure, Spent, failures, figures, hours, of_job
from pai_dlc_mcp.server.spend_limits import SpendLimits

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEGAN, ENDED = "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    ("job", "hours"),
    [
        ({"Status": "Succeeded", "GmtRunningTime": BEGAN, "GmtFinishTime": ENDED}, 1.0),
        ({"Status": "Stopped", "GmtFinishTime": ENDED}, 0.0),  # it never ran
        ({"Status": "Running", "GmtRunningTime": BEGAN, "JobMaxRunningTimeMinutes": 60}, 4.0),  # over its limit
        ({"Status": "Running", "GmtRunningTime": BEGAN, "JobMaxRunningTimeMinutes": 360}, 6.0),
        ({"Status": "Running", "GmtRunningTime": BEGAN}, 24.0),
    ],
)
def test_an_ended_job_counts_for_what_it_ran_and_a_live_one_for_the_most_it_may(
    job: dict[str, Any], hours: float
) -> None:
    assert of_job(JobSummary.model_validate(job), None, "cn-hangzhou", NOW).hours == hours


def spent(hours_ago: float, *, ended: float | None = None, **changes: Any) -> Spent:
    """A job of one GPU for an hour at 3 an hour, created and ended so many hours ago."""
    one: dict[str, Any] = {"failed": False, "gpus": 1.0, "hours": 1.0, "hourly": 3.0, **changes}
    over = None if ended is None else NOW - timedelta(hours=ended)
    return Spent(created=NOW - timedelta(hours=hours_ago), ended=over, **one)


LIMITS = SpendLimits(gpu_hours_a_day=100, gpus_at_once=16, jobs_an_hour=20, failures_in_a_row=3, amount_a_day=50)


def told(limits: SpendLimits, before: list[Spent], wanted: list[Spent]) -> list[str]:
    return [str(figure) for figure in figures(limits, before, wanted, NOW)]


def test_each_limit_counts_its_own_jobs() -> None:
    before = [
        spent(0.5, gpus=8.0, hours=2 / 3),  # live
        spent(30, gpus=2.0, hours=5.0),  # live since yesterday
        spent(26, ended=24),  # ended a day ago: only its creation would count
        spent(25, ended=23, gpus=4.0, hours=2.0),
        spent(1, ended=0.5, gpus=4.0, hours=0.5),
    ]
    wanted = [spent(0, gpus=8.0, hours=1.0), spent(0, gpus=1.0, hours=1 / 7)]
    assert told(LIMITS, before, wanted) == [
        "gpu_hours_a_day: 25.33 of 100 GPU-hours in 24 h, would be 33.48",
        "gpus_at_once: 10 of 16 GPUs at once, would be 19",
        "jobs_an_hour: 1 of 20 jobs in an hour, would be 3",
        "failures_in_a_row: 0 of 3 failures in a row, would be 1",
        "amount_a_day: 24.5 of 50 spent in 24 h, would be 27.93",
    ]
    assert told(SpendLimits(gpus_at_once=16), before, []) == ["gpus_at_once: 10 of 16 GPUs at once"]
    assert told(SpendLimits(failures_in_a_row=3), before, []) == ["failures_in_a_row: 0 of 3 failures in a row"]


def test_failures_count_back_from_the_last_end_to_the_first_that_did_not_fail() -> None:
    ends = [(1, True), (3, False), (2, True), (4, True)]
    jobs = [spent(9, ended=ended, failed=failed) for ended, failed in ends]
    assert failures([*jobs, spent(9, failed=True)], NOW) == 2
    assert failures([spent(30, ended=24, failed=True)], NOW) == 0
    assert failures([], NOW) == 0


def test_a_limit_refuses_what_is_over_it_and_asks_above_a_part_of_it() -> None:
    at, over = Figure("gpus_at_once", 16, 8, 16), Figure("gpus_at_once", 16, 8, 17)
    assert (at.refuses, over.refuses) == (False, True)
    assert (at.asks(1.0), at.asks(0.9)) == (False, True)


@pytest.mark.parametrize(("minutes", "counted"), [(None, 24.0), (0, 24.0), (90, 1.5), (1440, 24.0), (9999, 24.0)])
def test_a_job_counts_for_at_most_a_day(minutes: int | None, counted: float) -> None:
    assert hours(minutes) == counted


def test_what_a_job_costs_is_the_price_of_all_its_pods_and_0_where_none_is_known() -> None:
    prices = PriceTable.model_validate({"regions": {"cn-hangzhou": {"ecs.t4": 10}}})
    specs = [{"EcsSpec": "ecs.t4", "PodCount": 3}, {"EcsSpec": "ecs.new"}, {"Type": "Worker"}]
    job = JobSummary.model_validate({"Status": "Failed", "GmtModifiedTime": ENDED, "JobSpecs": specs, "RequestGPU": 3})
    assert of_job(job, prices, "cn-hangzhou", NOW) == Spent(NOW, NOW - timedelta(hours=3), True, 3.0, 0.0, 30.0)
    assert of_job(job, None, "cn-hangzhou", NOW).hourly == 0
    ran = {"Status": "Stopped", "GmtRunningTime": "2026-01-03T08:00:00Z", "GmtFinishTime": ENDED}
    assert of_job(JobSummary.model_validate(ran), None, "cn-hangzhou", NOW).hours == 24
