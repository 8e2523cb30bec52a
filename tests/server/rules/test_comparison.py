"""What two runs are told apart by."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.insight.progress import Point, Progress
from pai_dlc_mcp.server.rules.comparison import Run, figures, not_comparable

NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)
SPEC = {"Type": "Worker", "PodCount": 2, "EcsSpec": "ecs.t4"}
ENDED = {
    "Status": "Failed",
    "ReasonCode": "JobFailed",
    "JobType": "PyTorchJob",
    "JobSpecs": [SPEC],
    "RestartTimes": "1/3",
    "StatusHistory": [
        {"Status": "Creating", "StartTime": "2026-01-05T01:00:00Z", "EndTime": "2026-01-05T01:00:10Z"},
        {"Status": "Queuing", "StartTime": "2026-01-05T01:00:10Z", "EndTime": "2026-01-05T01:05:10Z"},
        {"Status": "EnvPreparing", "StartTime": "2026-01-05T01:05:10Z", "EndTime": "2026-01-05T01:06:10Z"},
        {"Status": "Running", "StartTime": "2026-01-05T01:06:10Z", "EndTime": "2026-01-05T01:16:10Z"},
        {"Status": "Restarting", "StartTime": "2026-01-05T01:16:10Z", "EndTime": "2026-01-05T01:16:50Z"},
        {"Status": "Running", "StartTime": "2026-01-05T01:16:50Z", "EndTime": "2026-01-05T01:26:50Z"},
    ],
}
LIVE = {
    "Status": "Running",
    "JobType": "TFJob",
    "JobSpecs": [{**SPEC, "PodCount": 4}],
    "StatusHistory": [
        {"Status": "SanityChecking", "StartTime": "2026-01-05T01:00:00Z", "EndTime": "2026-01-05T01:02:00Z"},
        {"Status": "Running", "StartTime": "2026-01-05T02:00:00Z"},
        {"Status": "Running"},
    ],
    "Settings": {"EnableSanityCheck": True},
}


def point(step: int, loss: float, total: int | None = None, seconds: float | None = None) -> Point:
    return Point(line=step, step=step, total=total, epoch=None, loss=loss, seconds=seconds)


def run(job: dict[str, Any], *points: Point, gpu: float | None = None) -> Run:
    return Run(Job.of(job), Progress(points) if points else None, gpu, NOW)


A = run(ENDED, point(1, 9.5, 1000, 2.0), point(500, 0.25, 1000, 4.0), point(1000, 0.5, 1000, 3.0), gpu=87.6)
B = run(LIVE, point(1, 8.0), point(1200, float("nan")))


def test_each_figure_is_told_of_both() -> None:
    assert [tuple(figure) for figure in figures(A, B)] == [
        ("status", "Failed", "Running"),
        ("reason", "JobFailed", "-"),
        ("resources", "2 x ecs.t4", "4 x ecs.t4"),
        ("queued", "5 min 10 s", "-"),
        ("prepared", "1 min", "2 min"),
        ("ran", "20 min", "1 h"),
        ("restarting", "40 s", "-"),
        ("restarts", "1/3", "-"),
        ("step", "1,000 of 1,000", "1,200"),
        ("step time", "3 s", "-"),
        ("first loss", "9.5", "8"),
        ("least loss", "0.25", "8"),
        ("last loss", "0.5", "8"),
        ("GPU use", "88 %", "-"),
    ]


def test_what_neither_has_is_no_figure() -> None:
    assert [tuple(figure) for figure in figures(run({"Status": "Queuing"}), run({"Status": "Stopped"}))] == [
        ("status", "Queuing", "Stopped")
    ]


def test_each_figure_that_says_less_than_it_seems_to_is_named_with_the_reason() -> None:
    assert list(not_comparable(A, B)) == [
        "outcome and run time: b is still Running",
        "step time and loss: another framework (PyTorchJob, TFJob)",
        "step time and queue time: other resources (2 x ecs.t4; 4 x ecs.t4)",
        "loss: that of b is no number from step 1200 on",
        "GPU use: the service has no figures of b",
        "last loss: a is at step 1,000, b at step 1,200",
        "preparation: one of them checked its GPUs first",
    ]
    assert list(not_comparable(run(ENDED), A)) == [
        "step time and loss: no known progress format in the log of a, or it has none",
        "GPU use: the service has no figures of a",
    ]
    assert list(not_comparable(A, A)) == []


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [(None, "0/3", None), ("0/3", "1/3", ("-", "1/3")), ("2/3", None, ("2/3", "-"))],
)
def test_restarts_are_told_of_who_had_any(a: str | None, b: str | None, told: tuple[str, str] | None) -> None:
    one, other = (run({"Status": "Succeeded", "RestartTimes": times}) for times in (a, b))
    found = {figure.what: (figure.a, figure.b) for figure in figures(one, other)}
    assert found.get("restarts") == told
