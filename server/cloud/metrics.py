"""Metrics of a job: GetJobMetrics (by pod) and GetMetrics (from CloudMonitor)."""

import json
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import Field

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.errors import CloudError, code_in, request_id_in, said
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.cloud.times import to_utc

NAMESPACE = "acs_pai_dlc"
_PAGES = 10  # pages of CloudMonitor, 1,000 points each by default
_VALUES = ("Value", "value", "Average", "Maximum", "Minimum")  # fields with a point's value, the first present is used
_NOT_PLACES = {*_VALUES, "timestamp", "jobId", "userId", "regionId", "workspaceId"}


class Series(NamedTuple):
    """The values of one pod, or of one set of CloudMonitor dimensions. Points are (milliseconds since 1970, value)."""

    of: str
    points: Sequence[tuple[int, float]]


class Point(CloudModel):
    """One value of GetJobMetrics. `time`: milliseconds since 1970."""

    time: int | None = Field(default=None, alias="Time")
    value: float | None = Field(default=None, alias="Value")


class PodMetrics(CloudModel):
    """The values of one pod in GetJobMetrics."""

    pod_id: str = Field(default="", alias="PodId")
    points: tuple[Point, ...] = Field(default=(), alias="Metrics")


class Metrics(Regional):
    """Operations on metrics in one region. Without a start the service looks back one hour."""

    async def job(
        self, job_id: str, metric: str, *, since: datetime | None, until: datetime | None, time_step: str
    ) -> Sequence[Series]:
        """GetJobMetrics, `time_step` such as 1m. Pods without a value are left out. API reference: only pay-as-you-go
        jobs have values here, others report to CloudMonitor."""
        params = {"MetricType": metric, "StartTime": to_utc(since), "EndTime": to_utc(until), "TimeStep": time_step}
        return by_pod(await self.api.read("pai-dlc", "GetJobMetrics", job_id, params=params))

    async def cloud_monitor(
        self,
        job_id: str,
        metric_name: str,
        dimensions: Sequence[dict[str, str]],
        *,
        since: datetime | None,
        until: datetime | None,
        period: int,
    ) -> Sequence[Series]:
        """GetMetrics, by measured object; `period` in seconds. Raises CloudError, also for a 200 with Success=false."""
        params: dict[str, Any] = {
            "JobId": job_id,
            "Namespace": NAMESPACE,
            "MetricName": metric_name,
            "Dimensions": json.dumps(dimensions, separators=(",", ":")),
            "StartTime": to_utc(since),
            "EndTime": to_utc(until),
            "Period": str(period),
        }

        def ask(token: str | None) -> Awaitable[dict[str, Any]]:
            return self.api.read("pai-dlc", "GetMetrics", params={**params, "NextToken": token})

        return by_place(point for body in await pages(ask) for point in points_of(body, metric_name))


async def pages(ask: Callable[[str | None], Awaitable[dict[str, Any]]]) -> Sequence[dict[str, Any]]:
    """The bodies of all pages. `ask` takes the token of the page, None for the first."""
    bodies: list[dict[str, Any]] = []
    token: str | None = None
    while len(bodies) < _PAGES:
        bodies.append(await ask(token))
        token = bodies[-1].get("NextToken") or None
        if token is None:
            break
    return bodies


def points_of(body: dict[str, Any], metric_name: str) -> Sequence[dict[str, Any]]:
    """The points of CloudMonitor, which are a JSON string in the body."""
    code, request_id = code_in(body.get("Code")) or "CloudMonitor", request_id_in(body.get("RequestId"))
    if str(body.get("Success")).lower() == "false":
        raise CloudError(
            f"CloudMonitor refused {metric_name}: {said(body.get('Message')) or code}.",
            fix=f"Check the name against CloudMonitor's metrics of {NAMESPACE}, or use get_job_metrics.",
            code=code,
            kind="invalid",
            http_status=200,
            request_id=request_id,
        )
    try:
        return [as_object(point) for point in as_list(json.loads(body.get("DataPoints") or "[]"))]
    except (TypeError, ValueError):
        raise CloudError(
            f"CloudMonitor's points of {metric_name} are not JSON.",
            fix="Try again later, or use get_job_metrics.",
            code="InvalidAnswer",
            kind="invalid_answer",
            request_id=request_id,
        ) from None


def by_pod(body: dict[str, Any]) -> Sequence[Series]:
    """The pods in a response of GetJobMetrics that have a value."""
    pods = map(PodMetrics.model_validate, as_list(body.get("PodMetrics")))
    return _series((pod.pod_id, point.time, point.value) for pod in pods for point in pod.points)


def by_place(points: Iterable[dict[str, Any]]) -> Sequence[Series]:
    """CloudMonitor's points by the dimensions in which they differ within the job."""
    return _series((_place(point), point.get("timestamp"), _value(point)) for point in points)


def _place(point: dict[str, Any]) -> str:
    return ", ".join(f"{word(key)}={word(str(point[key]))}" for key in sorted(point.keys() - _NOT_PLACES)) or "job"


def _value(point: dict[str, Any]) -> object:
    return next((point[key] for key in _VALUES if key in point), None)


def _series(points: Iterable[tuple[str, object, object]]) -> Sequence[Series]:
    """Groups (name, time, value) by name, oldest first. Values that are not numbers are left out."""
    found: dict[str, list[tuple[int, float]]] = {}
    for of, time, value in points:
        if isinstance(time, int) and isinstance(value, int | float) and math.isfinite(value):
            found.setdefault(of, []).append((time, float(value)))
    return [Series(of, sorted(values)) for of, values in found.items()]
