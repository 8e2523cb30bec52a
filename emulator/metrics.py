"""GetJobMetrics, and GetMetrics (CloudMonitor)."""

import json
import re
from datetime import datetime, timedelta
from math import ceil, inf
from zlib import crc32

from pai_dlc_mcp.emulator import errors, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.pods import Pod
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import OWNER_ID, REGION, Account

BUSY = {
    "GpuCoreUsage": 96.0,
    "GpuMemoryUsage": 82.0,
    "CpuCoreUsage": 41.0,
    "MemoryUsage": 37.0,
    "NetworkInputRate": 2.1e8,
    "NetworkOutputRate": 2.0e8,
    "DiskReadRate": 3.4e7,
    "DiskWriteRate": 1.2e6,
}
"""Values of a computing pod: usages in percent, rates in bytes a second."""

HELD = ("GpuMemoryUsage", "MemoryUsage")
"""Values of a hanging pod."""

CLOUD_MONITOR = {
    "JOB_GPU_ACCELERATOR_DUTTY_UTIL": "GpuCoreUsage",
    "CARD_GPU_DRAM_ACTIVE_UTIL": "GpuMemoryUsage",
    "JOB_CPU_UTIL": "CpuCoreUsage",
    "JOB_MEMORY_UTIL": "MemoryUsage",
}
MAX_POINTS = 50_000
UNITS = {"s": 1, "m": 60, "h": 3600, "": 60}


def get_job_metrics(account: Account, request: Request) -> Json:
    """By default the last hour in steps of five minutes. Time is in milliseconds since 1970."""
    job = account.job(request.ids["JobId"], "GetJobMetrics")
    kind = request.text("MetricType")
    if kind not in BUSY:
        raise errors.invalid(f"MetricType {kind!r} is invalid.")
    step = re.fullmatch(r"([1-9]\d{0,6})([smh]?)", request.text("TimeStep", "5"))
    if not step:
        raise errors.invalid("TimeStep is invalid.")
    since, until = window(account, request)
    seconds = int(step[1]) * UNITS[step[2]]
    present = [lives[-1] for lives in pods.incarnations(job, account.now()).values()]
    refuse_excess(job, present, since, until, seconds)
    found = [
        {
            "PodId": pod.pod_id,
            "Metrics": [
                {"Time": time, "Value": value} for time, value in points(job, pod, kind, since, until, seconds)
            ],
        }
        for pod in present
        if pod.rank >= 0 and (pod.gpus or not kind.startswith("Gpu"))
    ]
    return {"JobId": job.job_id, "PodMetrics": [pod for pod in found if pod["Metrics"]]}


def window(account: Account, request: Request) -> tuple[datetime, datetime]:
    now = account.now()
    until = min(request.time("EndTime", now), now)
    return request.time("StartTime", until - timedelta(hours=1)), until


def refuse_excess(job: Job, present: list[Pod], since: datetime, until: datetime, step: int) -> None:
    """Raises ServiceError if the response would have too many points; the job's running time counts, not the window."""
    start = max(since, job.created).timestamp()
    if max(until.timestamp() - start, 0) / step * max(len(present), 1) > MAX_POINTS:
        raise errors.invalid(f"TimeStep is too small for the window: more than {MAX_POINTS} points.")


def points(job: Job, pod: Pod, kind: str, since: datetime, until: datetime, step: int) -> list[tuple[int, float]]:
    """(milliseconds since 1970, value) at whole steps while the pod ran."""
    if pod.started == inf:
        return []
    began = job.created.timestamp() + pod.started
    ended = job.created.timestamp() + pod.finished
    first = int(-(-max(since.timestamp(), began) // step)) * step
    last = min(int(until.timestamp()) + 1, ended)
    return [
        (time * 1000, value(job, pod, kind, time, time - began)) for time in range(first, max(first, ceil(last)), step)
    ]


def value(job: Job, pod: Pod, kind: str, time: int, running: float) -> float:
    idle = running >= job.scenario.idle_after and kind not in HELD
    noise = crc32(f"{pod.uid}/{kind}/{time}".encode()) / 2**32 * 0.06 - 0.03
    return 0.0 if idle else round(BUSY[kind] * (1 + noise), 1)


def get_metrics(account: Account, request: Request) -> Json:
    """CloudMonitor's response: Success can be false in a 200, and DataPoints is a JSON string."""
    period = request.number("Period", 60)
    kind = CLOUD_MONITOR.get(request.text("MetricName"), "")
    length = request.number("Length", MAX_POINTS)
    since, until = window(account, request)
    dimensions = dimension(request)
    job_id = request.text("JobId", dimensions.get("jobId", ""))
    answer: Json = {"Period": str(period), "NextToken": "", "DataPoints": "[]"}
    if not kind or request.text("Namespace") != "acs_pai_dlc":
        return {
            **answer,
            "Code": "ResourceNotFound",
            "Success": False,
            "Message": "The metric does not exist.",
        }
    job = account.job(job_id, "GetMetrics")
    present = [lives[-1] for lives in pods.incarnations(job, account.now()).values()]
    present = [pod for pod in present if dimensions.get("pod") in (None, "", pod.pod_id)]
    refuse_excess(job, present, since, until, period)
    labels = {
        "jobId": job.job_id,
        "userId": OWNER_ID,
        "regionId": REGION,
        "workspaceId": job.body["WorkspaceId"],
    }
    series: dict[int, list[float]] = {}
    for pod in present:
        if pod.rank >= 0:
            for time, figure in points(job, pod, kind, since, until, period):
                series.setdefault(time, []).append(figure)
    data = [
        {"timestamp": time, **labels, "Value": round(sum(figures) / len(figures), 1)}
        for time, figures in sorted(series.items())
    ]
    return {**answer, "Code": "200", "Success": True, "Message": "", "DataPoints": json.dumps(data[-length:])}


def dimension(request: Request) -> Json:
    """The first object in Dimensions, a JSON array; it can have the key `pod`."""
    given = request.json("Dimensions")
    if given is None:
        return {}
    first = given[0] if isinstance(given, list) and given else {} if given == [] else None  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(first, dict) or not all(isinstance(value, str) for value in first.values()):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        raise errors.invalid("Dimensions is not a JSON array of objects of strings.")
    return first  # pyright: ignore[reportUnknownVariableType]
