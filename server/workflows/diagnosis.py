"""Diagnoses a job by its status, with few requests."""

from collections.abc import Awaitable, Callable

from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.cloud.jobs import Job, Restart
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.insight import categories, health
from pai_dlc_mcp.server.insight.timeline import Span, clock, story
from pai_dlc_mcp.server.workflows.diagnose_failure import failure
from pai_dlc_mcp.server.workflows.diagnose_running import ended_well, running
from pai_dlc_mcp.server.workflows.diagnose_waiting import stopped, waiting
from pai_dlc_mcp.server.workflows.evidence import Evidence, Report, short

_RESTARTS = 3  # the last restarts that a report lists
_HARDWARE = ("unknown", "platform", "network", "hang")  # categories that a faulty node can cause
_ROUTES: dict[str, Callable[[Evidence], Awaitable[Report]]] = {
    "Creating": waiting,
    "Queuing": waiting,
    "Bidding": waiting,
    "EnvPreparing": waiting,
    "SanityChecking": waiting,
    "Failed": failure,
    "FailedReserving": failure,
    "Stopped": stopped,
    "Stopping": stopped,
    "Succeeded": ended_well,
    "SucceededReserving": ended_well,
}


async def diagnose(cloud: CloudInRegion, job: Job, evidence: Evidence | None = None) -> Report:
    """The report for the job's status, with the history before it and what was not read after it. Pass `evidence` to
    keep what was read."""
    evidence = evidence or Evidence(cloud, job)
    report = await _ROUTES.get(job.status, running)(evidence)
    report.facts.insert(0, f"timeline: {story(spans_of(job), evidence.now)}")
    _restarts(evidence, report)
    pods = {pod.pod_id for pod in job.pods if pod.role.lower() != "aimaster"}
    if evidence.pods_read and (unread := pods - evidence.pods_read):
        evidence.unseen.append(f"logs of {len(unread)} of {len(pods)} pods")
    if report.category in _HARDWARE and job.resource_id and not job.settings.sanity_check:
        evidence.unseen.append("hardware: the job has no sanity check")
    if evidence.unseen:
        report.facts.append(f"not looked at: {'; '.join(evidence.unseen)}")
    if told := categories.next_step(report.category):
        report.facts.append(f"next: {told}")
    return report


def spans_of(job: Job) -> list[Span]:
    """The statuses that the job was in, oldest first."""
    return [Span(span.status, span.start, span.end) for span in job.history if span.status] or _guessed(job)


def _guessed(job: Job) -> list[Span]:
    """For old jobs without a history: the statuses as far as creation, start and end times tell."""
    found = [Span("Creating and queuing", job.created, job.running_since or job.finished)]
    if job.running_since:
        found.append(Span("Running", job.running_since, job.finished))
    return [*found, Span(job.status, job.finished, None)] if job.terminal else found


def _restarts(evidence: Evidence, report: Report) -> None:
    """Adds the number of restarts, their budget if there is one, and the reasons of the last ones."""
    job = evidence.job
    used = _used(job)
    settings = job.settings
    budget = health.restart_budget(used, aimaster=settings.aimaster, arguments=settings.aimaster_args)
    report.meta["restarts"] = used
    if budget:
        report.facts.append(f"restarts: {used} of {budget.limit}, {budget.verdict}")
        report.meta["restart_limit"] = budget.limit
        if used >= budget.limit and report.category != "none":
            report.verdict += "; its restarts are used up"
    elif used:
        report.facts.append(f"restarts: {used}")
    if used and report.category in ("healthy", "none", "starting"):
        report.verdict += f" after {used} restart{'s' * (used > 1)}{_cause(job)}"
    for restart in _recorded(job)[-_RESTARTS:]:
        for error in restart.errors[:1]:
            on = f" on {error.node}" if error.node else ""
            what = inert(evidence.redactor.text(f"{error.code} {error.message}".strip() or restart.reason)[:160])
            report.quoted.append(f"restarted {clock(restart.at)} for {short(error.pod_id)}{on}: {what}")


def _cause(job: Job) -> str:
    """` (a node is unhealthy)`: the reason of the last restart, if recorded."""
    errors = _recorded(job)[-1].errors if _recorded(job) else ()
    found = next(filter(None, (categories.of_event(f"{error.code} {error.message}") for error in errors)), None)
    return f" ({found.category}: {found.what})" if found else ""


def _recorded(job: Job) -> list[Restart]:
    """The restarts that took place; the official example has an empty record."""
    return [restart for restart in job.restart_record if restart.at or any(error.pod_id for error in restart.errors)]


def _used(job: Job) -> int:
    told = (job.restarts or "").partition("/")[0]
    counted = max((len(pod.history) for pod in job.pods), default=0)
    return max(int(told) if told.isdecimal() else 0, counted, len(_recorded(job)))
