"""Why a job does not run yet, in one line: its place in the queue of its quota, or its repeated events."""

from pai_dlc_mcp.server.budget.events import timeline
from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.insight.health import trouble
from pai_dlc_mcp.server.rules.pods import by_importance

WAITING = frozenset({"Creating", "Queuing", "Bidding", "EnvPreparing", "SanityChecking"})
_EVENTS = 100


async def why_waiting(cloud: CloudInRegion, job: Job) -> str | None:
    """The reason; None if no source has one. Raises CloudError."""
    if job.status == "Queuing" and job.resource_id:
        place = await cloud.quotas.workload(job.resource_id, job.job_id)
        if place is None or not place.waiting:
            return None
        return (
            f"queued in {job.resource_id}, place {place.position or '?'}: {place.reason or place.code or 'no reason'}"
        )
    sources = {"job": await cloud.events.job(job.job_id, since=job.created, max_events=_EVENTS)}
    if job.pods:
        pod = by_importance(job)[0]
        found = await cloud.events.pod(job.job_id, pod.pod_id, since=job.created, max_events=_EVENTS)
        sources[pod.pod_id] = found
    events, _ = timeline(sources, of_call())
    if stuck := trouble([event.text for event in events]):
        return str(stuck)
    return None
