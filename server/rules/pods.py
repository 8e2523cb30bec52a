"""Finds a pod of a job by id, and orders pods by importance."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.errors import Failure

_LEADERS = ("master", "chief", "head", "launcher")
_NAMED = 10  # pods that an error names


def pod_of(job: Job, pod_id: str) -> Pod:
    """The pod with this id. Raises Failure that names the job's pods, the important ones first."""
    if pod := next((pod for pod in job.pods if pod.pod_id == pod_id), None):
        return pod
    names = ", ".join(pod.pod_id for pod in by_importance(job)[:_NAMED]) or "none yet"
    raise Failure(f"Job {job.job_id} has no pod {pod_id}.", fix=f"Its pods: {names}.", code="NoSuchPod")


def first_pod(job: Job) -> Pod:
    """The leading pod: running before others, master before workers, lower index first. Raises Failure for a job
    without pods."""
    if not job.pods:
        raise Failure(
            f"Job {job.job_id} is {job.status} and has no pods yet.",
            fix="Look at get_job_events for what it waits for, and again when it is Running.",
            code="NoPods",
        )

    def order(pod: Pod) -> tuple[bool, bool, str, int]:
        role, _, number = pod.pod_id.rpartition("-")
        leads = pod.role.lower() in _LEADERS
        return (pod.status != "Running", not leads, role, int(number) if number.isdecimal() else 0)

    return min(job.pods, key=order)


def by_importance(job: Job) -> Sequence[Pod]:
    """Failed pods by end time, then the master, then the others."""
    late = datetime.max.replace(tzinfo=UTC)

    def order(pod: Pod) -> tuple[bool, datetime, bool]:
        failed = pod.status == "Failed"
        return (not failed, (pod.finished or late) if failed else late, pod.role.lower() not in _LEADERS)

    return sorted(job.pods, key=order)


def node_rank(job: Job, pod: Pod) -> int | None:
    """The node rank. A PyTorchJob of four `Worker` pods runs as master-0 and worker-0 to worker-2; worker-1 has rank 2.
    None for other roles."""
    leaders = sum(other.role.lower() in _LEADERS for other in job.pods)
    number = pod.pod_id.rpartition("-")[2]
    role = pod.role.lower()
    if not number.isdecimal() or role not in (*_LEADERS, "worker"):
        return None
    return int(number) + (leaders if role == "worker" else 0)
