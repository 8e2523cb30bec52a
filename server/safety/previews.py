"""What a risky call would do, in the words its user reads: facts and timestamps of a fresh GetJob, cleaned."""

from pai_dlc_mcp.server.budget.fence import inline
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.safety.confirmation import fingerprint
from pai_dlc_mcp.server.safety.gate import Preview

STOPPABLE = frozenset({"Running", "Queuing"})  # the skill: StopJob applies to these two
_NAME = 80  # characters


def stop(job: Job, region: str) -> Preview:
    """Stopping one running or queuing job."""
    effect = "stop_queued" if job.status == "Queuing" else "stop_running"
    facts = f'Job {job.job_id} ("{inline(job.display_name, _NAME)}") is currently {job.status}. {_size(job)}'
    return Preview(effect, (job.job_id,), region, facts, state_of(job))


def state_of(job: Job) -> str:
    """Changes when the job does in a way its user would want to know before saying yes."""
    pods = sorted((pod.pod_id, pod.uid, pod.status) for pod in job.pods)
    return fingerprint(job.job_id, job.status, job.modified, job.user_id, job.running_since, pods)


def _size(job: Job) -> str:
    gpus = f" with {job.gpus:g} GPUs in all" if job.gpus else ""
    started = f", running since {to_utc(job.running_since)}" if job.running_since else ""
    return f"It has {job.pods_asked} pod{'s' if job.pods_asked != 1 else ''}{gpus}{started}."
