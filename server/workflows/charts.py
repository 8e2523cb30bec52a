"""Draws charts of a job's metrics or losses in a worker thread. Returns None if matplotlib is not installed."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

import anyio.to_thread

from pai_dlc_mcp.server.budget.clean import clean_text
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.insight import chart
from pai_dlc_mcp.server.insight.chart import Line, Panel
from pai_dlc_mcp.server.insight.loss import losses, smooth
from pai_dlc_mcp.server.rules import series as rules
from pai_dlc_mcp.server.rules.pods import first_pod

_MOST_PANELS = 4
_NAMED = 5  # outlier pods drawn in a colour
_SMOOTH = 40  # losses for each running mean


async def of_metrics(job: Job, found: Mapping[str, Sequence[Series]]) -> bytes | None:
    """A panel for each metric that has values. None where there is nothing to draw, or nothing to draw with."""
    panels = [panel(job, metric, series) for metric, series in found.items() if series][:_MOST_PANELS]
    if not panels or not chart.available():
        return None
    return await anyio.to_thread.run_sync(chart.png, f"job {job.job_id}", panels)


class Losses:
    """The losses in the log of one pod, by step."""

    def __init__(self, pod_id: str, points: Sequence[tuple[int, float]]) -> None:
        self.pod_id, self.points = pod_id, points
        self.finite = [loss for _, loss in points if math.isfinite(loss)]

    @property
    def summary(self) -> str:
        """`400 losses of …-master-0, step 1 to 800: first 10.2, least 1.31, last 1.33; 2 not finite`."""
        if not self.finite:
            return f"no finite loss in the log of {self.pod_id}"
        steps = f"step {self.points[0][0]} to {self.points[-1][0]}"
        bad = len(self.points) - len(self.finite)
        values = f"first {self.finite[0]:.4g}, least {min(self.finite):.4g}, last {self.finite[-1]:.4g}"
        return f"{len(self.points)} losses of {self.pod_id}, {steps}: {values}" + (f"; {bad} not finite" if bad else "")


async def read_losses(cloud: CloudInRegion, job: Job) -> Losses:
    """Read the losses in the log of the leading pod (rank 0). Raises Failure if the log has none."""
    pod = first_pod(job)
    log = await cloud.logs.pod(job.job_id, pod.pod_id, since=pod.created or job.created)
    points = await anyio.to_thread.run_sync(_losses, log.records)
    if not points:
        raise Failure(
            f"No line of the log of {pod.pod_id} tells a loss in a form that is known here.",
            fix="Look at the log with get_pod_logs.",
            code="NoLoss",
        )
    return Losses(pod.pod_id, points)


async def of_losses(job: Job, told: Losses) -> bytes | None:
    """PNG of the losses; None if matplotlib is missing."""
    if not told.finite or not chart.available():
        return None
    return await anyio.to_thread.run_sync(chart.png, f"job {job.job_id}", [loss_panel(job, told)])


def loss_panel(job: Job, told: Losses) -> Panel:
    """The losses, and of many a mean of the last ones."""
    lines = [Line("loss", told.points), Line(f"mean of {_SMOOTH}", smooth(told.points, _SMOOTH))]
    title = told.summary.replace(told.pod_id, rules.short(told.pod_id, job.job_id))
    return Panel(title, "loss", lines if len(told.points) > _SMOOTH else lines[:1], x="step")


def _losses(records: Sequence[str]) -> Sequence[tuple[int, float]]:
    return losses(line for record in records for line in clean_text(record).splitlines())


def panel(job: Job, metric: str, found: Sequence[Series]) -> Panel:
    """A line for each pod; of many, those unlike the others and the median have a colour."""
    unit = rules.unit_of(metric, found)
    apart = {series.of for series, _, _ in rules.outliers(found, unit.factor)[:_NAMED]}
    lines = [
        Line(
            of_call().text(rules.short(series.of, job.job_id)),  # door.py cannot redact an image
            [(time / 1000, value / unit.factor) for time, value in series.points],
            series.of in apart,
        )
        for series in sorted(found, key=lambda series: series.of)
    ]
    if len(lines) > chart.FEW:
        lines.append(Line(f"median of {len(found)}", _median(found, unit.factor), loud=True))
    return Panel(f"{metric} by pod", unit.name, lines, most=100 if unit.name == "%" else None, least=0)


def _median(found: Sequence[Series], factor: float) -> Sequence[tuple[float, float]]:
    at: dict[int, list[float]] = {}
    for series in found:
        for time, value in series.points:
            at.setdefault(time, []).append(value / factor)
    return [(time / 1000, median(values)) for time, values in sorted(at.items())]
