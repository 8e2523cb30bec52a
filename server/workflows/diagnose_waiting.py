"""Diagnoses a job that does not run yet (what it waits for) or was stopped (by whom). Facts without advice."""

from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.insight import categories
from pai_dlc_mcp.server.insight.health import trouble
from pai_dlc_mcp.server.insight.timeline import clock, took
from pai_dlc_mcp.server.rules import queueing
from pai_dlc_mcp.server.rules.pods import by_importance
from pai_dlc_mcp.server.workflows.diagnose_sanity import sanity_facts
from pai_dlc_mcp.server.workflows.evidence import Evidence, Report

_LAST = 3  # events quoted, the last ones


async def waiting(evidence: Evidence) -> Report:
    """The report of a job whose status is between Creating and SanityChecking."""
    job = evidence.job
    if job.status == "Queuing" and job.resource_id:
        return await _queued(evidence)
    report = Report("starting", f"it is {job.status}")
    _demand(evidence, report)
    pod = by_importance(job)[0] if job.pods else None
    events = await evidence.events(None) + (await evidence.events(pod) if pod else [])
    if stuck := trouble([event.text for event in events]):
        verdict = categories.of_event(stuck.last)
        times = f"{stuck.times} time{'s' * (stuck.times > 1)}"
        report.category, report.verdict = verdict.category if verdict else "unknown", f"{stuck.what}, {times} so far"
        report.meta |= {"times": stuck.times, "pod_id": pod.pod_id if pod else None}
        if pod:
            report.facts.append(f"pod: {pod.pod_id}" + (f" on {pod.node}" if pod.node else ""))
    report.quoted += ["last events:", *(f"  {event.clock} {inert(event.text[:240])}" for event in events[-_LAST:])]
    if stuck and stuck.last not in [event.text for event in events[-_LAST:]]:
        report.quoted.append(f"  last of them: {inert(stuck.last[:240])}")
    await sanity_facts(evidence, report)
    return report


async def _queued(evidence: Evidence) -> Report:
    job, quotas = evidence.job, evidence.cloud.quotas
    quota = job.resource_id or ""
    report = Report("queue", f"it waits in the queue of {quota}")
    _demand(evidence, report)
    place = await evidence.attempt("place in the queue", quotas.workload(quota, job.job_id))
    if place:
        since = f", queued since {clock(place.enqueued)}" if place.enqueued else ""
        report.facts.append(f"place: {place.position or '?'}, priority {place.priority or '?'}{since}")
        report.meta |= {"position": place.position, "code": place.code}
        if told := queueing.strategy(place.strategy):
            report.facts.append(f"strategy: {told}")
        if said := ": ".join(filter(None, (place.code, place.reason))):
            report.quoted.append(f"the quota says: {inert(said[:300])}")
    try:
        diagnosis = await quotas.diagnosis(quota, job.job_id)
    except CloudError as error:
        report.facts.append(f"the quota's diagnosis was refused: HTTP {error.http_status or '?'} {error.code}")
        return report
    report.facts += [f"held by {line}" for line in queueing.blocked_by(diagnosis, queueing.demand(job))]
    return report


def _demand(evidence: Evidence, report: Report) -> None:
    job = evidence.job
    asked = ", ".join(f"{spec.type} {spec.pod_count} x {spec.compute}" for spec in job.specs)
    waited = took((evidence.now - job.created).total_seconds()) if job.created else "?"
    report.facts.append(f"demand: {asked}; waiting {waited} since it was created")


async def stopped(evidence: Evidence) -> Report:
    """The report of a job stopped by a person or by a time limit."""
    job = evidence.job
    reason = f"{job.reason_code or ''} {job.reason_message or ''}"
    if "maximum running time" in reason or "time limit" in reason.lower():
        verdict = "its time limit stopped it"
    elif "StoppedByUser" in reason or "stopped by user" in reason.lower():
        verdict = "a person stopped it"
    else:
        verdict = "it was stopped; the service does not say by whom"
    report = Report("none", verdict)
    if job.reason:
        report.quoted.append(f"reason: {inert(evidence.redactor.text(job.reason))}")
    return report
