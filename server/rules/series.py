"""Metrics of pods in a few numbers: time window, units, means over time, outlier pods."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Literal, NamedTuple

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.errors import Failure

LAST = r"^[1-9]\d{0,3}[mhd]$"
_LONGEST = timedelta(hours=24)  # longest window if no start is given
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_RATES = ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s"))
_FEWEST = 3  # least number of pods for outliers
_APART = 0.15  # of the median, or for percentages 15 points
_SPREADS = 5  # median absolute deviations


Period = Literal[15, 60, 900, 3600]  # seconds between two values of CloudMonitor

# The interval of values up to this length of window: at most about 300 values for each pod.
_STEPS: Sequence[tuple[timedelta, str, Period]] = (
    (timedelta(hours=2), "1m", 60),
    (timedelta(hours=24), "5m", 900),
    (timedelta.max, "1h", 3600),
)


class Window(NamedTuple):
    """The window to request. `until` None: now. `since` None: the service's default, the last hour."""

    since: datetime | None
    until: datetime | None
    span: timedelta


def window(job: Job, start: datetime | None, end: datetime | None, last: str | None = None) -> Window:
    """The window of a job: from its start (or creation) to its end, at most 24 hours. `last`, such as `1h`: only that
    time before the end.

    The present time of a live job is its creation plus Duration, by the service's clock; without Duration the window is
    the service's last hour. Raises Failure for an empty window.
    """
    begun = job.running_since or job.created
    seen = end or job.finished
    if seen is None and job.created and job.duration:
        seen = job.created + timedelta(seconds=job.duration)
    since = start
    if last and seen:
        if start:
            raise Failure("last and start_time exclude each other.", fix="Pass one of them.", code="InvalidArgument")
        since = seen - timedelta(**{_UNITS[last[-1]]: int(last[:-1])})
    elif since is None and begun and seen:
        since = max(begun, seen - _LONGEST)
    if since and seen and since > seen:
        raise Failure(
            f"Nothing lies between {to_utc(since)} and {to_utc(seen)}: the window ends before it starts.",
            fix=f"Job {job.job_id} ran from {to_utc(begun) or 'no time'} to {to_utc(job.finished) or 'now'}.",
            code="InvalidArgument",
        )
    return Window(since, end or job.finished, seen - since if since and seen else timedelta(hours=1))


def step_of(span: timedelta) -> str:
    """TimeStep of GetJobMetrics for a window of this length."""
    return next(step for most, step, _ in _STEPS if span <= most)


def period_of(span: timedelta) -> Period:
    """Period of GetMetrics for a window of this length."""
    return next(period for most, _, period in _STEPS if span <= most)


def why_empty(job: Job, metric: str | None, *, asked: bool) -> str:
    """The likely reason why there are no values. `metric` None: CloudMonitor."""
    if not job.running_since:
        return f"The job is {job.status} and has not run: there are values once its pods do. See get_job_events."
    if metric and metric.startswith("Gpu") and not job.gpus:
        return "The job asked for no GPU: use CpuCoreUsage or MemoryUsage."
    if asked:
        ran = f"{to_utc(job.running_since)} to {to_utc(job.finished) or 'now'}"
        return f"No values in this window; the job ran from {ran}."
    if metric and job.resource_id:
        return "For jobs on a quota the service reports to CloudMonitor: use get_metrics (toolset dashboards)."
    return "The service has no values of this job: the first come after minutes, and they are kept for a limited time."


class Unit(NamedTuple):
    factor: float
    name: str


def unit_of(metric: str, found: Sequence[Series]) -> Unit:
    """The unit in which the largest value is a small number. Usages are percentages; rates are in bytes a second."""
    if not metric.endswith("Rate"):
        return Unit(1.0, "%")
    largest = max((value for series in found for _, value in series.points), default=0.0)
    return next((Unit(*rate) for rate in _RATES if largest >= rate[0]), Unit(*_RATES[-1]))


def times_of(found: Sequence[Series]) -> Sequence[int]:
    return sorted({time for series in found for time, _ in series.points})


def mean(series: Series) -> float:
    return sum(value for _, value in series.points) / len(series.points)


def thinned(series: Series, times: Sequence[int], most: int, factor: float) -> str:
    """`96 97 - 12`: means over parts of the time. The parts are made of `times`, so that those of several pods
    match."""
    parts: list[list[float]] = [[] for _ in range(min(most, len(times)))]
    part_of = {time: position * len(parts) // len(times) for position, time in enumerate(times)}
    for time, value in series.points:
        parts[part_of[time]].append(value / factor)
    means = [sum(part) / len(part) if part else None for part in parts]
    return " ".join("-" if each is None else f"{each:.0f}" if each >= 10 else f"{each:.2g}" for each in means)


def outliers(found: Sequence[Series], factor: float) -> Sequence[tuple[Series, float, float]]:
    """The series whose mean differs from the others': (series, its mean, the median of all), largest difference first.
    The difference must exceed both the spread of the others and a fixed minimum."""
    if len(found) < _FEWEST:
        return []
    means = {series.of: mean(series) / factor for series in found}
    middle = median(means.values())
    spread = median(abs(each - middle) for each in means.values())
    far = max(_SPREADS * spread, _APART * abs(middle), 1e-9)
    apart = [(series, means[series.of], middle) for series in found if abs(means[series.of] - middle) > far]
    return sorted(apart, key=lambda each: -abs(each[1] - each[2]))


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def clock(milliseconds: int) -> str | None:
    return to_utc(datetime.fromtimestamp(milliseconds / 1000, UTC))


def short(of: str, job_id: str) -> str:
    """`worker-3` for `dlc…-worker-3`."""
    return re.sub(rf"^{re.escape(job_id)}-", "", of)
