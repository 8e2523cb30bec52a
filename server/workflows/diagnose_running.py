"""Diagnoses a job that is running or ended without failing: progress, speed, hang, reasons of restarts."""

from datetime import timedelta
from statistics import fmean

from pai_dlc_mcp.server.budget.cause import PodLog
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.insight import health, progress
from pai_dlc_mcp.server.insight.kinds import ERROR
from pai_dlc_mcp.server.insight.progress import Progress
from pai_dlc_mcp.server.insight.timeline import took
from pai_dlc_mcp.server.rules.pods import by_importance, node_rank
from pai_dlc_mcp.server.workflows.diagnose_sanity import sanity_facts
from pai_dlc_mcp.server.workflows.evidence import Evidence, Report, quote, quote_end, short

_WINDOWS = (5, 10, 30)  # minutes before now, each searched for log lines, since log lines have no time of their own
_SILENT = 600.0  # seconds of silence after which GPU use is read


async def running(evidence: Evidence) -> Report:
    """The report of a job that is Running, Restarting, or kept after its end."""
    report = Report("healthy", "it runs")
    pod = _speaker(evidence.job)
    if pod is None or pod.started is None:
        return Report("starting", "no pod has started yet")
    log = await evidence.log(pod, failed=False)
    made = progress.read(log.lines) if log else None
    _trained(report, made)
    if made and evidence.job.status == "Running":
        report.verdict = "it trains"
    if evidence.job.status in ("Running", "Restarting"):
        await _alive(evidence, report, pod, log, made)
    _worse(report, made)
    _errors(report, pod, log)
    await sanity_facts(evidence, report)
    return report


async def ended_well(evidence: Evidence) -> Report:
    """The report of a Succeeded job: its progress, and its restarts."""
    report = Report("none", "it succeeded")
    if pod := _speaker(evidence.job):
        log = await evidence.log(pod, failed=False)
        _trained(report, progress.read(log.lines) if log else None)
    await sanity_facts(evidence, report)
    return report


def _speaker(job: Job) -> Pod | None:
    """The pod that logs progress: node rank 0, else any pod."""
    return next((pod for pod in job.pods if node_rank(job, pod) == 0), (*by_importance(job), None)[0])


def _trained(report: Report, made: Progress | None) -> None:
    report.facts.append(f"progress: {progress.told(made)}" if made else "progress: no known progress format in its log")
    if made:
        losses = made.losses
        report.meta["progress"] = {
            "step": made.step,
            "total": made.total,
            "loss": losses[-1] if losses else None,
            "seconds_a_step": round(fmean(made.times[-5:]), 4) if made.times else None,
        }


async def _alive(evidence: Evidence, report: Report, pod: Pod, log: PodLog | None, made: Progress | None) -> None:
    silent = await evidence.silence(pod, _WINDOWS)
    use = None
    if silent >= _SILENT:
        use = await evidence.gpu_percent(evidence.now - timedelta(seconds=silent))
    ran = (evidence.now - (pod.started or evidence.now)).total_seconds()
    lines = [line for line in log.lines if line.strip()] if log else []
    found = health.hang(silent, ran, lines, stands=bool(made and made.stands), gpu_percent=use)
    said = f"none for {took(silent)} or more" if silent else "within the last 5 min"
    report.facts.append(
        f"log lines of {short(pod.pod_id)}: {said}" + (f"; GPU use {use:.0f} %" if use is not None else "")
    )
    report.meta |= {"silent_s": round(silent), "gpu_percent": use}
    if found:
        report.category, report.verdict = "hang", found.what
        report.meta["pod_id"] = pod.pod_id
        report.quoted += quote_end(pod, log.lines if log else [])


def _worse(report: Report, made: Progress | None) -> None:
    """Adds NaN losses and slow steps as findings, unless the job hangs."""
    if made is None or report.category == "hang":
        return
    if made.broken:
        report.category, report.verdict = "progress", f"the loss is {made.broken.loss}"
        report.meta["line"] = made.broken.line
    elif factor := made.slower:
        report.category, report.verdict = "progress", f"steps take {factor:.1f} times as long as before"


def _errors(report: Report, pod: Pod, log: PodLog | None) -> None:
    """Adds an error after which the log has no further lines."""
    if log and (found := log.found) and found.level <= ERROR and report.category in ("healthy", "hang"):
        report.facts.append(f"an error stands in its log: {found.kind}, line {found.line:,}")
        report.quoted += quote(pod, found)
        report.meta |= {"line": found.line, "rank": found.rank}
