"""The data of the job page as JSON. Diagnosis, its reads and metrics are those of the tools."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pai_dlc_mcp.server.budget.cause import Found, PodLog
from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.budget.select import cut_line
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.cloud.sanity import Phase
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.insight import progress
from pai_dlc_mcp.server.insight.errors import sign
from pai_dlc_mcp.server.insight.progress import Point
from pai_dlc_mcp.server.rules import series as rules
from pai_dlc_mcp.server.rules.pods import by_importance
from pai_dlc_mcp.server.workflows.diagnosis import diagnose, spans_of
from pai_dlc_mcp.server.workflows.evidence import Evidence, Report, short
from pai_dlc_mcp.server.workflows.why_waiting import WAITING
from pai_dlc_mcp.tools.jobs.read import console, specs_of
from pai_dlc_mcp.tools.sanity import check_row

_PODS = 200
_VALUES = 1200  # values of use for all pods; the limit of a result
_POINTS = 120  # points of a curve
_BEFORE, _AFTER, _LAST = 18, 6, 30  # log lines before and after the cause, and at the end
_LAST_ALONE = 48  # at the end of a log without a cause
_LINE = 340  # characters of a line
_TEXT = 600  # characters of a reason or a description
_SANITY = 6  # checks
_RESTARTS = 8
_WAITS, _RUNS = 5, 10  # seconds until the page's next request

View = dict[str, Any]


class Kept(Evidence):
    """Evidence that keeps what a diagnosis read, so that the page reads nothing twice."""

    def __init__(self, cloud: CloudInRegion, job: Job) -> None:
        super().__init__(cloud, job)
        self.logs: dict[str, tuple[Pod, PodLog]] = {}
        self._checks: Sequence[Sequence[Phase]] | None = None

    async def log(self, pod: Pod, *, failed: bool) -> PodLog | None:
        if found := await super().log(pod, failed=failed):
            self.logs[pod.pod_id] = (pod, found)
        return found

    async def sanity(self) -> Sequence[Sequence[Phase]]:
        if self._checks is None:
            self._checks = await super().sanity()
        return self._checks


async def of(cloud: CloudInRegion, job: Job) -> View:
    """The page's data. What could not be read is named in `unseen`."""
    evidence = Kept(cloud, job)
    report = await diagnose(cloud, job, evidence)
    checks = await evidence.sanity()
    pods = await _pods(evidence, report)
    told = next(
        (evidence.logs[key] for key in (report.meta.get("pod_id"), *evidence.logs) if key in evidence.logs), None
    )
    return {
        "now": to_utc(evidence.now),
        "again_s": None if job.terminal else _WAITS if job.status in WAITING else _RUNS,
        "job": _job(cloud, job, evidence),
        "verdict": {"category": report.category, "text": report.verdict, "facts": _facts(report)},
        "spans": [[span.status, to_utc(span.start), to_utc(span.end)] for span in spans_of(job)],
        "pods": pods,
        "progress": _progress(*told) if told else None,
        "log": _log(*told, report) if told else None,
        "sanity": [check_row(phases).model_dump(mode="json", exclude_none=True) for phases in checks[:_SANITY]],
        "restarts": _restarts(evidence),
        "unseen": evidence.unseen,
    }


def _facts(report: Report) -> list[str]:
    """Facts of the report, without those that the page draws and advice for agents."""
    return [fact for fact in report.facts if not fact.startswith(("timeline: ", "next: ", "not looked at: "))]


def _job(cloud: CloudInRegion, job: Job, evidence: Evidence) -> View:
    hidden = evidence.redactor.text
    return {
        "job_id": job.job_id,
        "name": hidden(job.display_name)[:120],
        "status": job.status,
        "sub_status": job.sub_status if job.sub_status != job.status else None,
        "type": job.job_type,
        "specs": specs_of(job.specs),
        "gpus": job.gpus,
        "workspace_id": job.workspace_id,
        "resource_id": job.resource_id,
        "priority": job.priority,
        "reason": hidden(job.reason)[:_TEXT] if job.reason and job.status != "Succeeded" else None,
        "created": to_utc(job.created),
        "finished": to_utc(job.finished),
        "over": job.terminal,
        "console": console(cloud.region, job),
        "region": cloud.region,
        "emulator": cloud.settings.emulator,
    }


async def _pods(evidence: Kept, report: Report) -> View:
    """The pods and their use: of GPUs, or for pods without GPUs of CPUs."""
    job, metric = evidence.job, "GpuCoreUsage" if evidence.job.gpus else "CpuCoreUsage"
    found: Sequence[Series] = []
    if job.running_since:
        asked = rules.window(job, None, None)
        read = evidence.cloud.metrics.job(
            job.job_id, metric, since=asked.since, until=asked.until, time_step=rules.step_of(asked.span)
        )
        found = await evidence.attempt(metric, read) or []
    use, times = {series.of: series for series in found}, rules.times_of(found)
    shown = by_importance(job)[:_PODS]
    most = max(4, min(60, _VALUES // max(1, len(shown))))
    rows = [_pod(job, pod, use.get(pod.pod_id), times, most, report) for pod in sorted(shown, key=_in_order)]
    common = _common(rows)
    return {
        "total": len(job.pods) or job.pods_asked,
        "metric": metric,
        "start": to_utc(_at(times[0])) if times else None,
        "end": to_utc(_at(times[-1])) if times else None,
        "empty": None if found or not job.pods else rules.why_empty(job, metric, asked=False),
        "common": common,
        "rows": [{name: value for name, value in row.items() if value != common[name]} for row in rows],
    }


def _common(rows: Sequence[View]) -> View:
    """The most frequent value of each field, so that a row has only the fields that differ."""
    return {name: Counter(row[name] for row in rows).most_common(1)[0][0] for name in rows[0]} if rows else {}


def _at(milliseconds: int) -> datetime:
    return datetime.fromisoformat(rules.clock(milliseconds) or "")


def _in_order(pod: Pod) -> tuple[bool, str, int]:
    """The master, then each role by index."""
    role, _, number = pod.pod_id.rpartition("-")
    return (pod.role.lower() == "worker", role, int(number) if number.isdecimal() else 0)


def _pod(job: Job, pod: Pod, used: Series | None, times: Sequence[int], most: int, report: Report) -> View:
    named = (spec for spec in job.specs if spec.type.lower() == pod.role.lower())
    spec = next(named, job.specs[0] if len(job.specs) == 1 else None)  # one Worker of the first is the master
    return {
        "pod": short(pod.pod_id),
        "status": pod.status,
        "sub_status": pod.sub_status if pod.sub_status not in (None, "Normal") else None,
        "node": pod.node,
        "started": to_utc(pod.started),
        "finished": to_utc(pod.finished),
        "restarts": len(pod.history) or None,
        "gpus": spec.resources.gpu if spec and spec.resources else None,
        "first": (pod.status == "Failed" and pod.pod_id == report.meta.get("pod_id")) or None,
        "use": rules.thinned(used, times, most, 1.0) if used else None,
        "now": round(used.points[-1][1], 1) if used else None,
    }


def _progress(pod: Pod, log: PodLog) -> View | None:
    made = progress.read(log.lines)
    if made is None:
        return None
    steps = not made.restarts and all(point.step is not None for point in made.points)
    parts = _parts(made.points, _POINTS)
    return {
        "pod": short(pod.pod_id),
        "text": progress.told(made),
        "step": made.step,
        "total": made.total,
        "eta_s": round(made.eta) if made.eta is not None and not made.broken else None,
        "x": "step" if steps else "line",
        "points": [_point(part, steps=steps) for part in parts],
    }


def _point(part: Sequence[Point], *, steps: bool) -> list[float | None]:
    """(x, mean loss, mean seconds for a step) of some progress lines."""
    last = part[-1]
    losses = [point.loss for point in part if point.loss is not None and abs(point.loss) < float("inf")]
    seconds = [point.seconds for point in part if point.seconds]
    return [last.step if steps else last.line, _mean(losses), _mean(seconds)]


def _mean(values: Sequence[float]) -> float | None:
    return rules.rounded(sum(values) / len(values)) if values else None


def _parts(points: Sequence[Point], most: int) -> list[Sequence[Point]]:
    """At most `most` equal parts, none empty."""
    count = min(most, len(points))
    return [points[part * len(points) // count : (part + 1) * len(points) // count] for part in range(count)]


def _log(pod: Pod, log: PodLog, report: Report) -> View:
    """The end of the log and the lines around the cause as [number, text], in order."""
    cause = _cause(log.found, report)
    total = len(log.lines)
    around = range(max(1, cause - _BEFORE), min(total, cause + _AFTER) + 1) if cause else range(0)
    last = _LAST if cause else _LAST_ALONE
    shown = sorted({*around, *range(max(1, total - last + 1), total + 1)})
    lines = [log.lines[number - 1] for number in shown]
    texts = [inert(cut_line(line, _LINE, sign(line))) for line in lines]
    return {
        "pod": short(pod.pod_id),
        "total": total,
        "cause": cause,
        "lines": [list(pair) for pair in zip(shown, texts, strict=True)],
    }


def _cause(found: Found | None, report: Report) -> int | None:
    """The line number in the diagnosis."""
    return found.line if found and not found.silent and found.line == report.meta.get("line") else None


def _restarts(evidence: Evidence) -> list[View]:
    """Latest first."""
    records = [record for record in evidence.job.restart_record if record.at or record.errors][-_RESTARTS:]
    told = [(record, record.errors[0] if record.errors else None) for record in reversed(records)]
    return [
        {
            "at": to_utc(record.at),
            "pod": short(error.pod_id) if error else None,
            "node": error.node if error else None,
            "text": evidence.redactor.text(f"{error.code} {error.message}".strip() if error else record.reason)[:200],
        }
        for record, error in told
    ]
