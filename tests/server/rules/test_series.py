"""Pods unlike the others, and windows on the job's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.series import (
    clock,
    outliers,
    period_of,
    rounded,
    short,
    step_of,
    thinned,
    times_of,
    unit_of,
    why_empty,
    window,
)

CREATED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def pods(*means: float) -> list[Series]:
    return [Series(f"worker-{n}", [(0, mean - 1), (60_000, mean + 1)]) for n, mean in enumerate(means)]


@pytest.mark.parametrize(
    ("means", "apart"),
    [
        ((96, 95, 97, 12), ["worker-3"]),
        ((96, 0, 97, 12, 95, 96), ["worker-1", "worker-3"]),
        ((96, 95, 97, 94), []),
        ((96, 12), []),  # of two, neither is the odd one
        ((50, 60, 70, 80, 90), []),  # they scatter
        ((0, 0, 0, 0), []),
        ((0, 0, 0, 90), ["worker-3"]),
        ((96.0, 96.0, 96.0, 95.9), []),  # far from others that do not scatter, and yet little
        ((), []),
    ],
)
def test_a_pod_is_an_outlier_when_it_is_far_from_others_that_are_alike(means: Any, apart: list[str]) -> None:
    assert [series.of for series, _, _ in outliers(pods(*means), 1.0)] == apart


def test_figures_of_an_outlier_are_in_the_unit_of_the_answer() -> None:
    ((_, mean, middle),) = outliers(pods(2e8, 2e8, 2e8, 1e7), 1e6)
    assert (mean, middle) == (10, 200)


def test_rates_have_the_unit_in_which_the_largest_is_small_and_usages_are_percentages() -> None:
    assert [unit_of("DiskReadRate", pods(top)).name for top in (2e9, 2e6, 2e3, 20)] == ["GB/s", "MB/s", "kB/s", "B/s"]
    assert unit_of("GpuCoreUsage", pods(2e9)).name == "%"
    assert unit_of("DiskReadRate", []).name == "B/s"


def job(**changes: Any) -> Job:
    body = {"JobId": "dlc1", "GmtCreateTime": "2026-01-05T01:00:00Z", "GmtRunningTime": "2026-01-05T01:10:00Z"}
    return Job.of({**body, "Duration": 7200, **changes})


def test_a_window_ends_where_the_jobs_clock_stands_and_last_counts_back_from_there() -> None:
    live = window(job(), None, None)
    assert live == (CREATED + timedelta(minutes=10), None, timedelta(minutes=110))
    assert window(job(), None, None, "30m").since == CREATED + timedelta(minutes=90)
    over = job(GmtFinishTime="2026-01-05T02:00:00Z")
    assert window(over, None, None, "1h") == (CREATED, CREATED + timedelta(hours=1), timedelta(hours=1))
    until = CREATED + timedelta(minutes=40)
    assert window(job(), None, until, "10m").since == CREATED + timedelta(minutes=30)
    assert window(job(Duration=0, GmtRunningTime=""), None, None, "1h") == (None, None, timedelta(hours=1))


def test_a_window_in_which_nothing_can_lie_is_refused() -> None:
    with pytest.raises(Failure, match="ends before it starts"):
        window(job(GmtFinishTime="2026-01-05T02:00:00Z"), CREATED + timedelta(hours=3), None)


def test_means_of_two_pods_are_of_the_same_times() -> None:
    late = Series("b", [(2, 10.0), (3, 20.0)])
    assert thinned(late, [0, 1, 2, 3], 4, 1.0) == "- - 10 20"
    assert thinned(late, [0, 1, 2, 3], 2, 1.0) == "- 15"


def test_a_pods_short_name_leaves_out_its_job() -> None:
    assert (short("dlc1-worker-3", "dlc1"), short("gpu=0", "dlc1")) == ("worker-3", "gpu=0")


@pytest.mark.parametrize(
    ("hours", "step", "period"), [(0.5, "1m", 60), (2, "1m", 60), (2.1, "5m", 900), (24, "5m", 900), (25, "1h", 3600)]
)
def test_the_longer_the_window_the_fewer_values(hours: float, step: str, period: int) -> None:
    span = timedelta(hours=hours)
    assert (step_of(span), period_of(span)) == (step, period)


RAN: dict[str, Any] = {"RequestGPU": 8}


@pytest.mark.parametrize(
    ("changes", "metric", "asked", "said"),
    [
        ({"GmtRunningTime": "", "Status": "Queuing"}, "GpuCoreUsage", True, "The job is Queuing and has not run"),
        ({"RequestGPU": 0}, "GpuCoreUsage", True, "The job asked for no GPU"),
        ({}, "CpuCoreUsage", True, "No values in this window; the job ran from 2026-01-05T01:10:00Z to now."),
        (RAN, "GpuCoreUsage", True, "No values in this window"),
        ({**RAN, "ResourceId": "quota1"}, "GpuCoreUsage", False, "For jobs on a quota"),
        ({**RAN, "ResourceId": "quota1"}, None, False, "The service has no values"),
        (RAN, "GpuCoreUsage", False, "The service has no values"),
    ],
)  # fmt: skip
def test_why_there_are_no_values(changes: dict[str, Any], metric: str | None, asked: bool, said: str) -> None:
    assert why_empty(job(**changes), metric, asked=asked).startswith(said)


def test_a_window_begins_at_most_a_day_back_and_of_two_starts_one_is_refused() -> None:
    long = window(job(Duration=3 * 86_400), None, None)
    assert (long.since, long.span) == (CREATED + timedelta(days=2), timedelta(days=1))
    start = CREATED + timedelta(hours=1)
    assert window(job(), start, None) == (start, None, timedelta(hours=1))
    assert window(job(GmtRunningTime="", Duration=60), None, None).since == CREATED
    assert window(job(), CREATED + timedelta(hours=2), None).span == timedelta(0)
    with pytest.raises(Failure, match="last and start_time exclude each other"):
        window(job(), start, None, "1h")
    with pytest.raises(Failure) as refused:
        window(job(GmtFinishTime="2026-01-05T02:00:00Z"), CREATED + timedelta(hours=3), None)
    assert refused.value.fix == "Job dlc1 ran from 2026-01-05T01:10:00Z to 2026-01-05T02:00:00Z."


def test_a_small_mean_has_two_digits_and_one_from_10_on_none() -> None:
    assert thinned(Series("a", [(0, 9.96), (1, 10.0), (2, 0.123), (3, 0.0)]), [0, 1, 2, 3], 4, 1.0) == "10 10 0.12 0"
    assert thinned(Series("a", [(0, 2e6), (1, 4e6)]), [0, 1], 1, 1e6) == "3"


def test_a_unit_begins_at_its_own_size() -> None:
    assert [unit_of("DiskReadRate", [Series("a", [(0, top)])]).name for top in (1e9, 1e6, 1e3)] == [
        "GB/s",
        "MB/s",
        "kB/s",
    ]


def test_the_farthest_of_the_outliers_stands_first_with_its_mean() -> None:
    ((far, mean, middle), (near, _, _)) = outliers(pods(100, 100, 100, 100, 50, 10), 1.0)
    assert (far.of, mean, middle, near.of) == ("worker-5", 10, 100, "worker-4")


def test_times_are_each_told_once_in_order_and_on_the_clock() -> None:
    assert times_of([Series("a", [(2, 1.0), (1, 1.0)]), Series("b", [(2, 1.0), (3, 1.0)])]) == [1, 2, 3]
    assert clock(1_767_578_400_000) == "2026-01-05T02:00:00Z"
    assert rounded(1234.567) == 1235
