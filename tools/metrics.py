"""Metrics: what a job's pods use, by pod, as a few numbers and a short series each."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from pai_dlc_mcp.server.budget.fence import inline
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, FreshJob
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import FACTS_TOKENS, Facts, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of
from pai_dlc_mcp.tools.params import JobId, Moment, PodId, Region

tools = Toolset("core")
monitor = Toolset("dashboards")

MetricType = Literal[
    "GpuCoreUsage", "GpuMemoryUsage", "CpuCoreUsage", "MemoryUsage",
    "NetworkInputRate", "NetworkOutputRate", "DiskReadRate", "DiskWriteRate",
]  # fmt: skip
Period = Literal[15, 60, 900, 3600]

_LONGEST = timedelta(hours=24)  # looked back when no start is given
# Up to this long, a value this often: at most about 300 a pod.
_STEPS: Sequence[tuple[timedelta, str, Period]] = (
    (timedelta(hours=2), "1m", 60),
    (timedelta(hours=24), "5m", 900),
    (timedelta.max, "1h", 3600),
)
_RATES = ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s"))
_POINTS = (20, 10, 5, 3)  # of a series, as many as the budget has room for
_ROWS_TOKENS = FACTS_TOKENS - 250
_PODS_ASKED = 50  # of CloudMonitor at once: each is 150 bytes of the request's address


class SeriesRow(Row):
    """`means` are of equal parts of the time, oldest first; `-` where there is no value."""

    of: str
    min: float
    mean: float
    max: float
    last: float
    means: str


class MetricsReply(Facts):
    """`start` and `end` are of the values there are; `empty` says why there may be none."""

    job_id: str | None = None
    metric: str | None = None
    unit: str | None = None
    start: str | None = None
    end: str | None = None
    step: str | None = None
    total: int
    empty: str | None = None
    series: list[SeriesRow]


class Window(NamedTuple):
    """What to ask for; no `until` is now, no `since` the service's last hour."""

    since: datetime | None
    until: datetime | None
    span: timedelta


@tools.read("Get a job's metrics")
async def get_job_metrics(
    job_id: JobId,
    metric: Annotated[MetricType, Field(description="Usage in %, rates a second.")],
    job: FreshJob,
    cloud: Cloud,
    start_time: Moment | None = None,
    end_time: Moment | None = None,
    time_step: Annotated[Literal["1m", "5m", "15m", "1h"] | None, Field(description="Else by the window.")] = None,
    region: Region = None,
) -> MetricsReply:
    """Get one metric by pod, lowest first: min, mean, max, last, and means over time. By default of the job's run, at
    most its last 24 h. Idle GPUs in a Running job point to a hang or slow input."""
    window = _window(job, start_time, end_time)
    step = time_step or next(step for most, step, _ in _STEPS if window.span <= most)
    found = await cloud.metrics.job(job_id, metric, since=window.since, until=window.until, time_step=step)
    factor, unit = _unit(found) if metric.endswith("Rate") else (1.0, "%")
    empty = None if found else _why_empty(job, metric, asked=bool(start_time or end_time))
    return _told(found, factor, step=step, job_id=job_id, metric=metric, unit=unit, empty=empty)


@monitor.read("Get a CloudMonitor metric")
async def get_metrics(
    job_id: JobId,
    metric_name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_.]+$",
            description="e.g. JOB_GPU_ACCELERATOR_DUTTY_UTIL, CARD_GPU_DRAM_ACTIVE_UTIL",
        ),
    ],
    job: FreshJob,
    cloud: Cloud,
    pod_id: PodId | None = None,
    start_time: Moment | None = None,
    end_time: Moment | None = None,
    period: Annotated[Period | None, Field(description="Seconds between values; else by the window.")] = None,
    region: Region = None,
) -> MetricsReply:
    """Get a metric of CloudMonitor (acs_pai_dlc) for a job, a pod or by card: for jobs on a quota, of which
    get_job_metrics has no values."""
    window = _window(job, start_time, end_time)
    every = period or next(period for most, _, period in _STEPS if window.span <= most)
    found = await cloud.metrics.cloud_monitor(
        job_id,
        metric_name,
        _dimensions(cloud, job, metric_name, pod_id),
        since=window.since,
        until=window.until,
        period=every,
    )
    empty = None if found else _why_empty(job, None, asked=bool(start_time or end_time))
    return _told(found, 1.0, step=f"{every}s", job_id=job_id, metric=metric_name, empty=empty)


def _window(job: Job, start: datetime | None, end: datetime | None) -> Window:
    """From when the job ran, or was created, to its end. A live job's clock is its Duration, which counts from its
    creation: the service's time, whatever this machine's says. Without it, the service's last hour."""
    begun = job.running_since or job.created
    seen = end or job.finished
    if seen is None and job.created and job.duration:
        seen = job.created + timedelta(seconds=job.duration)
    since = start
    if since is None and begun and seen:
        since = max(begun, seen - _LONGEST)
    if since and seen and since > seen:
        raise Failure(
            f"Nothing lies between {to_utc(since)} and {to_utc(seen)}: the window ends before it starts.",
            fix=f"Job {job.job_id} ran from {to_utc(begun) or 'no time'} to {to_utc(job.finished) or 'now'}.",
            code="InvalidArgument",
        )
    return Window(since, end or job.finished, seen - since if since and seen else timedelta(hours=1))


def _dimensions(cloud: CloudInRegion, job: Job, metric_name: str, pod_id: str | None) -> list[dict[str, str]]:
    """CloudMonitor answers for dimensions it is given: the job's, and for a card's metric those of each pod."""
    of_job = {
        "jobId": job.job_id,
        "regionId": cloud.region,
        "userId": job.user_id,
        "workspaceId": job.workspace_id,
    }
    if pod_id:
        return [{**of_job, "pod": pod_of(job, pod_id).pod_id}]
    if metric_name.startswith("CARD_") and job.pods:
        return [{**of_job, "pod": pod.pod_id} for pod in by_importance(job)[:_PODS_ASKED]]
    return [of_job]


def _why_empty(job: Job, metric: MetricType | None, *, asked: bool) -> str:
    """The likeliest reason for no values at all; `metric` is None for CloudMonitor's."""
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


def _told(found: Sequence[Series], factor: float, **about: str | None) -> MetricsReply:
    """The series as rows, lowest mean first, with as many means each as there is room for; then as many rows."""
    times = sorted({time for series in found for time, _ in series.points})
    rows: list[SeriesRow] = []
    for most in _POINTS:
        rows = sorted((_row(series, times, most, factor) for series in found), key=lambda row: row.mean)
        if _cost(rows) <= _ROWS_TOKENS:
            break
    while _cost(rows) > _ROWS_TOKENS:
        rows.pop()
    left_out = f"the {len(rows)} with the lowest mean, of {len(found)}" if len(rows) < len(found) else None
    return MetricsReply(
        **about,
        start=_clock(times[0]) if times else None,
        end=_clock(times[-1]) if times else None,
        total=len(found),
        series=rows,
        note=left_out,
    )


def _cost(rows: Sequence[SeriesRow]) -> int:
    return sum(tokens(row.model_dump_json()) for row in rows)


def _row(series: Series, times: Sequence[int], most: int, factor: float) -> SeriesRow:
    values = [value / factor for _, value in series.points]
    return SeriesRow(
        of=inline(series.of, 120),
        min=_rounded(min(values)),
        mean=_rounded(sum(values) / len(values)),
        max=_rounded(max(values)),
        last=_rounded(values[-1]),
        means=_thinned(series, times, most, factor),
    )


def _thinned(series: Series, times: Sequence[int], most: int, factor: float) -> str:
    """`96 97 - 12`. The parts are of all times there are, so that those of two pods are of the same time."""
    parts: list[list[float]] = [[] for _ in range(min(most, len(times)))]
    part_of = {time: position * len(parts) // len(times) for position, time in enumerate(times)}
    for time, value in series.points:
        parts[part_of[time]].append(value / factor)
    means = [sum(part) / len(part) if part else None for part in parts]
    return " ".join("-" if mean is None else f"{mean:.0f}" if mean >= 10 else f"{mean:.2g}" for mean in means)


def _unit(found: Sequence[Series]) -> tuple[float, str]:
    """Rates come in bytes a second; the unit in which the largest is a small number."""
    largest = max((value for series in found for _, value in series.points), default=0.0)
    return next(((factor, unit) for factor, unit in _RATES if largest >= factor), (1.0, "B/s"))


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _clock(milliseconds: int) -> str | None:
    return to_utc(datetime.fromtimestamp(milliseconds / 1000, UTC))
