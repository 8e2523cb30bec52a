"""Metrics of a job's pods: statistics and a short series of means."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pai_dlc_mcp.server.budget.fence import inline
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion, FreshJob
from pai_dlc_mcp.server.insight import chart as charts
from pai_dlc_mcp.server.protocol.reply import FACTS_TOKENS, Pictured, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import series as rules
from pai_dlc_mcp.server.rules.pods import by_importance, pod_of
from pai_dlc_mcp.server.rules.series import Unit, unit_of
from pai_dlc_mcp.server.workflows.charts import of_losses, of_metrics, read_losses
from pai_dlc_mcp.server.workflows.side_by_side import side_by_side
from pai_dlc_mcp.tools.params import JobId, Moment, PodId, Region

tools = Toolset("core")
monitor = Toolset("dashboards")

MetricType = Literal[
    "GpuCoreUsage", "GpuMemoryUsage", "CpuCoreUsage", "MemoryUsage",
    "NetworkInputRate", "NetworkOutputRate", "DiskReadRate", "DiskWriteRate",
]  # fmt: skip


def _several(value: object) -> object:
    """A single metric may be given without a list."""
    return value.replace(" ", "").split(",") if isinstance(value, str) else value


_POINTS = (20, 10, 5, 3)  # means of a series; the largest number that fits
_REST_TOKENS = 250  # tokens of the facts beside the series
_PODS_ASKED = 50  # pods in one request to CloudMonitor: each adds 150 bytes to the URL
_OUTLIERS, _PODS_EACH = 5, 8  # outliers named for a metric; rows for each of several metrics


class SeriesRow(Row):
    """`means` are over equal parts of the time, oldest first; `-` for a part without values. `metric`, with its unit,
    is present only for several metrics."""

    metric: str | None = None
    of: str
    min: float
    mean: float
    max: float
    last: float
    means: str


class MetricsReply(Pictured):
    """`start` and `end`: time of the first and last value. Outliers: pods whose mean is far from the others'."""

    job_id: str | None = None
    metric: str | None = None
    unit: str | None = None
    start: str | None = None
    end: str | None = None
    step: str | None = None
    total: int
    empty: str | None = None
    outliers: list[str] | None = None
    loss: str | None = None
    series: list[SeriesRow]


@tools.read("Get a job's metrics")
async def get_job_metrics(
    job_id: JobId,
    job: FreshJob,
    cloud: Cloud,
    metric: Annotated[
        list[MetricType], BeforeValidator(_several), Field(min_length=1, description="Usage in %, rates a second.")
    ] = ["GpuCoreUsage"],  # noqa: B006 - never mutated
    last: Annotated[str | None, Field(pattern=rules.LAST, description="e.g. 1h")] = None,
    start_time: Moment | None = None,
    end_time: Moment | None = None,
    time_step: Annotated[Literal["1m", "5m", "15m", "1h"] | None, Field(description="Else by the window.")] = None,
    chart: Annotated[Literal["metric", "loss"] | None, Field(description="Adds a picture; loss: from the log.")] = None,
    region: Region = None,
) -> MetricsReply:
    """Get metrics by pod, lowest first: min, mean, max, last, means over time, and pods unlike the others. By default
    of the job's run, at most its last 24 h. Idle GPUs in a Running job point to a hang or slow input."""
    asked = rules.window(job, start_time, end_time, last)
    step = time_step or rules.step_of(asked.span)

    def look(kind: str) -> Awaitable[Sequence[Series]]:
        return cloud.metrics.job(job_id, kind, since=asked.since, until=asked.until, time_step=step)

    kinds: list[str] = list(dict.fromkeys(metric))
    found = dict(zip(kinds, await side_by_side(look, kinds), strict=True))
    narrowed = bool(start_time or end_time or last)
    empty = {kind: rules.why_empty(job, kind, asked=narrowed) for kind, series in found.items() if not series}
    reply = _told(found, {kind: unit_of(kind, series) for kind, series in found.items()}, empty, step, job)
    if not chart:
        return reply
    told = await read_losses(cloud, job) if chart == "loss" else None
    picture = await (of_losses(job, told) if told else of_metrics(job, found))
    missing = None if picture or not charts.available() else "no chart: there are no values"
    note = "; ".join(filter(None, [reply.note, missing or (None if picture else charts.HOW_TO_INSTALL)])) or None
    return reply.model_copy(update={"picture": picture, "note": note, "loss": told.summary if told else None})


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
    period: Annotated[rules.Period | None, Field(description="Seconds between values; else by the window.")] = None,
    region: Region = None,
) -> MetricsReply:
    """Get a metric of CloudMonitor (acs_pai_dlc) for a job, a pod or by card: for jobs on a quota, of which
    get_job_metrics has no values."""
    asked = rules.window(job, start_time, end_time)
    every = period or rules.period_of(asked.span)
    found = await cloud.metrics.cloud_monitor(
        job_id,
        metric_name,
        _dimensions(cloud, job, metric_name, pod_id),
        since=asked.since,
        until=asked.until,
        period=every,
    )
    empty = {} if found else {metric_name: rules.why_empty(job, None, asked=bool(start_time or end_time))}
    return _told({metric_name: found}, {metric_name: Unit(1.0, "")}, empty, f"{every}s", job)


def _dimensions(cloud: CloudInRegion, job: Job, metric_name: str, pod_id: str | None) -> list[dict[str, str]]:
    """The dimensions for CloudMonitor: the job's, or for a metric of cards those of each pod."""
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


def _told(
    found: Mapping[str, Sequence[Series]], units: Mapping[str, Unit], empty: Mapping[str, str], step: str, job: Job
) -> MetricsReply:
    """The series as rows, lowest mean first. As many means as fit, then as many rows."""
    several = len(found) > 1
    total = sum(map(len, found.values()))
    apart = [said for kind, series in found.items() for said in _apart(kind, series, units[kind], job)]
    rows = _within(FACTS_TOKENS - _REST_TOKENS - tokens(" ".join(apart)), found, units)
    times = rules.times_of([series for each in found.values() for series in each])
    unit = None if several else next(iter(units.values())).name or None
    return MetricsReply(
        job_id=job.job_id,
        metric=", ".join(found),
        unit=unit,
        start=rules.clock(times[0]) if times else None,
        end=rules.clock(times[-1]) if times else None,
        step=step,
        total=total,
        empty="; ".join(f"{kind}: {why}" if several else why for kind, why in empty.items()) or None,
        outliers=apart or None,
        series=rows,
        note=f"the {len(rows)} with the lowest mean, of {total}" if len(rows) < total else None,
    )


def _within(most_tokens: int, found: Mapping[str, Sequence[Series]], units: Mapping[str, Unit]) -> list[SeriesRow]:
    """Rows within the tokens. The number of means is reduced before the number of pods. With several metrics, the same
    few pods for each of them."""
    several, shown, groups = len(found) > 1, _PODS_EACH if len(found) > 1 else None, list[list[SeriesRow]]()
    for most in _POINTS:
        groups = [list(_rows(kind, series, units[kind], most, several))[:shown] for kind, series in found.items()]
        if sum(map(_cost, groups)) <= most_tokens:
            break
    while sum(map(_cost, groups)) > most_tokens:
        max(groups, key=len).pop()
    return [row for group in groups for row in group]


def _apart(kind: str, found: Sequence[Series], unit: Unit, job: Job) -> Sequence[str]:
    """`worker-3 GpuCoreUsage 12 %, median 96`."""
    apart, named = rules.outliers(found, unit.factor), f" {unit.name}" if unit.name else ""
    more = [f"and {len(apart) - _OUTLIERS} more of {kind}"] if len(apart) > _OUTLIERS else []
    return [
        f"{inline(rules.short(series.of, job.job_id), 120)} {kind} {mean:.3g}{named}, median {middle:.3g}"
        for series, mean, middle in apart[:_OUTLIERS]
    ] + more


def _cost(rows: Sequence[SeriesRow]) -> int:
    return sum(tokens(row.model_dump_json(exclude_none=True)) for row in rows)


def _rows(kind: str, found: Sequence[Series], unit: Unit, most: int, several: bool) -> Sequence[SeriesRow]:
    times, factor = rules.times_of(found), unit.factor

    def row(series: Series) -> SeriesRow:
        values = [value / factor for _, value in series.points]
        return SeriesRow(
            metric=f"{kind} {unit.name}" if several else None,
            of=inline(series.of, 120),
            min=rules.rounded(min(values)),
            mean=rules.rounded(rules.mean(series) / factor),
            max=rules.rounded(max(values)),
            last=rules.rounded(values[-1]),
            means=rules.thinned(series, times, most, factor),
        )

    return sorted(map(row, found), key=lambda row: row.mean)
